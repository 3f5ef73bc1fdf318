import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {type Key, keyText} from '../../src/engine/documents/key.ts'
import {comparePlaces, type Place, placeOf} from '../../src/engine/documents/order.ts'
import {changeEvent, eventLine} from '../../src/engine/storage/line.ts'
import type {Change, Comparison, Range, Storage, Stored, Verdict, Write} from '../../src/engine/storage/storage.ts'
import {Random, readLog, replay, rounds, stored, temporaryDirectory} from '../support.ts'

/** What the suite cannot do through the interface. */
export interface Engine {
  /** Opens the database at this place, makes it when it is not there. */
  open(place: string): Promise<Storage>
  /** Forgets the changes up to this position. */
  prune(place: string, upTo: number): void
  /** Stores this text, or these bytes, as they are under a key that is a string, as another program would. */
  plant(place: string, table: string, key: string, text: string | Uint8Array): void
}

/** The suite that a storage engine must pass. */
export function storageContract(name: string, {open, prune, plant}: Engine): void {
  const soft = {durability: 'soft'} as const

  async function somewhere(): Promise<string> {
    return join(await temporaryDirectory(), 'test.db')
  }

  async function insert(storage: Storage, table: string, documents: Readonly<Record<string, string>>): Promise<void> {
    await storage.create(table)
    await storage.write(
      table,
      Object.entries(documents).map(([key, text]) => put(key, text)),
      soft,
    )
  }

  describe(`${name}: a database`, () => {
    test('has a name that stays when it is opened again, and that no other database has', async () => {
      const place = await somewhere()
      await using one = await open(place)
      await using again = await open(place)
      await using other = await open(await somewhere())
      expect(one.id).not.toBe('')
      expect(again.id).toBe(one.id)
      expect(other.id).not.toBe(one.id)
    })

    test('is opened by many at once', async () => {
      const place = await somewhere()
      const storages = await Promise.all(Array.from({length: 8}, () => open(place)))
      expect(new Set(storages.map(storage => storage.id)).size).toBe(1)
      for (const storage of storages) await storage[Symbol.asyncDispose]()
    })

    test('that is new has an empty log', async () => {
      await using storage = await open(await somewhere())
      expect(await storage.bounds()).toEqual({oldest: 1, newest: 0})
      expect(await storage.tables()).toEqual([])
      expect(await storage.changes({after: 0, limit: 10})).toEqual({changes: [], position: 0, drained: true})
      expect(await storage.lines({after: 0, limit: 10})).toMatchObject({count: 0, position: 0, drained: true})
    })

    test('keeps its documents and its log when it is closed', async () => {
      const place = await somewhere()
      {
        await using storage = await open(place)
        await insert(storage, 'users', {a: '{"id":"a"}'})
      }
      await using storage = await open(place)
      expect(await storage.get('users', ['a'])).toEqual(['{"id":"a"}'])
      expect(await storage.bounds()).toEqual({oldest: 1, newest: 1})
    })
  })

  describe(`${name}: tables`, () => {
    test('are listed by name, with their documents and their newest change', async () => {
      await using storage = await open(await somewhere())
      await insert(storage, 'users', {a: '1', b: '2'})
      await insert(storage, 'empty', {})
      await insert(storage, 'games', {a: '1'})
      await storage.write('users', [remove('a')], soft)
      expect(await storage.tables()).toEqual([
        {name: 'empty', kind: 'documents', documents: 0, seq: null, oldest: 1},
        {name: 'games', kind: 'documents', documents: 1, seq: 3, oldest: 1},
        {name: 'users', kind: 'documents', documents: 1, seq: 4, oldest: 1},
      ])
    })

    test('have no newest change when the log has forgotten it', async () => {
      const place = await somewhere()
      await using storage = await open(place)
      await insert(storage, 'users', {a: '1'})
      prune(place, 1)
      expect(await storage.tables()).toEqual([{name: 'users', kind: 'documents', documents: 1, seq: null, oldest: 2}])
    })

    test('are found by name, and not before they exist', async () => {
      await using storage = await open(await somewhere())
      expect(await storage.find('users')).toBeUndefined()
      await storage.create('users')
      expect(await storage.find('users')).toBe('users')
    })

    test('have a mark, which one that is made anew under the same name does not have', async () => {
      await using storage = await open(await somewhere())
      expect(await storage.mark('users')).toBeUndefined()
      await storage.create('users')
      const mark = await storage.mark('users')
      expect(mark).toBeDefined()
      await insert(storage, 'users', {a: '1'})
      await storage.create('users')
      expect(await storage.mark('users')).toEqual(mark)
      await storage.drop('users', soft)
      expect(await storage.mark('users')).toBeUndefined()
      const {newest} = await storage.bounds()
      await storage.create('users')
      await insert(storage, 'users', {a: '1'})
      const next = await storage.mark('users')
      expect(next?.id).not.toBe(mark?.id)
      expect([mark?.made, next?.made]).toEqual([0, newest])
    })

    test('may be created again, which changes nothing', async () => {
      await using storage = await open(await somewhere())
      await insert(storage, 'users', {a: '1'})
      await storage.create('users')
      expect(await storage.get('users', ['a'])).toEqual(['1'])
      expect(await storage.bounds()).toEqual({oldest: 1, newest: 1})
    })

    test('may be created by two at once', async () => {
      const place = await somewhere()
      await using one = await open(place)
      await using other = await open(place)
      await Promise.all([one.create('users'), other.create('users'), one.create('users')])
      expect((await other.tables()).map(table => table.name)).toEqual(['users'])
    })

    test.each(['users', 'a b', `it's "quoted"`, 'select', '1', 'größe', '🦆', 'a.b', '%_', 'x'.repeat(200)])(
      'may be called %j',
      async table => {
        await using storage = await open(await somewhere())
        await insert(storage, table, {a: '{"id":"a"}'})
        await storage.write(table, [store('a', '{"id":"a","n":1}'), remove('a')], soft)
        expect(await storage.find(table)).toBe(table)
        expect((await readLog(storage)).map(change => change.table)).toEqual([table, table, table])
        await storage.drop(table, soft)
        expect(await storage.tables()).toEqual([])
      },
    )

    test.each(['', '_litefeed_x', '_LITEFEED_x', 'sqlite_x', '-x', 'a\nb', 'a\0b', '\x7f', '\ud800'])(
      'cannot be called %j',
      async table => {
        await using storage = await open(await somewhere())
        await expect(storage.create(table)).rejects.toMatchObject({code: 'MISUSE'})
        expect(await storage.tables()).toEqual([])
      },
    )

    test('are dropped in one step, each document a removal at the end of the log', async () => {
      const place = await somewhere()
      await using storage = await open(place)
      await using other = await open(place)
      await insert(storage, 'users', {a: '1', b: '2'})
      expect(await storage.drop('users', soft)).toEqual({deleted: 2, position: 4})
      expect(await storage.find('users')).toBeUndefined()
      expect(await other.find('users')).toBeUndefined()
      const removals = (await storage.changes({after: 2, limit: 10})).changes
      expect(removals.map(({key, old_val, new_val}) => [key, old_val, new_val])).toEqual(
        expect.arrayContaining([
          ['"a"', '1', null],
          ['"b"', '2', null],
        ]),
      )
      expect(removals).toHaveLength(2)
    })

    test('may come back after they were dropped', async () => {
      await using storage = await open(await somewhere())
      await insert(storage, 'users', {a: '1'})
      await storage.drop('users', soft)
      await insert(storage, 'users', {a: '2'})
      expect(await storage.drop('users', soft)).toEqual({deleted: 1, position: 4})
      expect((await readLog(storage)).map(change => change.new_val)).toEqual(['1', null, '2', null])
    })

    test('that do not exist are refused by what needs one, by name', async () => {
      await using storage = await open(await somewhere())
      const refused = {code: 'NO_TABLE', message: expect.stringContaining('"users"')}
      await expect(storage.drop('users', soft)).rejects.toMatchObject(refused)
      await expect(storage.write('users', [], soft)).rejects.toMatchObject(refused)
      await expect(storage.write('users', [put('a', '1')], soft)).rejects.toMatchObject(refused)
      await expect(storage.write('users', [put('a', '1'), put('b', '1')], soft)).rejects.toMatchObject(refused)
      await expect(storage.get('users', ['a'])).rejects.toMatchObject(refused)
      await expect(storage.page('users', undefined, 10)).rejects.toMatchObject(refused)
      expect(await storage.bounds()).toEqual({oldest: 1, newest: 0})
    })
  })

  describe(`${name}: a write`, () => {
    const verdicts: {old: string | null; verdict: Verdict; left: string | null}[] = [
      {old: null, verdict: {kind: 'store', text: '2'}, left: '2'},
      {old: '1', verdict: {kind: 'store', text: '2'}, left: '2'},
      {old: null, verdict: {kind: 'remove'}, left: null},
      {old: '1', verdict: {kind: 'remove'}, left: null},
      {old: null, verdict: {kind: 'skipped'}, left: null},
      {old: '1', verdict: {kind: 'skipped'}, left: '1'},
      {old: '1', verdict: {kind: 'unchanged'}, left: '1'},
      {old: '1', verdict: {kind: 'moved'}, left: '1'},
      {old: '1', verdict: {kind: 'refused', reason: 'no'}, left: '1'},
      {old: null, verdict: {kind: 'refused', reason: 'no'}, left: null},
    ]
    test.each(verdicts)(
      'is decided by the old value: $old, $verdict.kind leaves $left',
      async ({old, verdict, left}) => {
        await using storage = await open(await somewhere())
        await insert(storage, 'users', old === null ? {} : {a: old})
        const {newest} = await storage.bounds()
        let saw: string | null | undefined
        const decide = (value: string | null) => {
          saw = value
          return verdict
        }
        const {outcomes, position} = await storage.write('users', [{key: 'a', decide}], soft)
        expect(saw).toBe(old)
        expect(outcomes).toEqual([{old, verdict}])
        expect(await storage.get('users', ['a'])).toEqual([left])
        expect(position).toBe(newest + (left === old ? 0 : 1))
        expect((await storage.bounds()).newest).toBe(position)
        const {changes} = await storage.changes({after: newest, limit: 10})
        expect(changes.map(({old_val, new_val}) => [old_val, new_val])).toEqual(left === old ? [] : [[old, left]])
      },
    )

    test('comes in the order it was given, and its outcomes too', async () => {
      await using storage = await open(await somewhere())
      await insert(storage, 'users', {})
      const {outcomes, position} = await storage.write(
        'users',
        [put('a', '1'), store('a', '2'), remove('a'), put('a', '3'), put('b', '4')],
        soft,
      )
      expect(outcomes.map(({old, verdict}) => [old, verdict.kind])).toEqual([
        [null, 'inserted'],
        ['1', 'store'],
        ['2', 'remove'],
        [null, 'inserted'],
        [null, 'inserted'],
      ])
      expect(position).toBe(5)
      expect((await readLog(storage)).map(({key, old_val, new_val}) => [key, old_val, new_val])).toEqual([
        ['"a"', null, '1'],
        ['"a"', '1', '2'],
        ['"a"', '2', null],
        ['"a"', null, '3'],
        ['"b"', null, '4'],
      ])
    })

    test('that inserts a key that is taken writes nothing, says what is there, and does not stop the others', async () => {
      await using storage = await open(await somewhere())
      await insert(storage, 'users', {b: '1'})
      const {outcomes, position} = await storage.write(
        'users',
        [put('a', '2'), put('b', '3'), put('c', '4'), put('c', '5')],
        soft,
      )
      expect(outcomes).toEqual([
        {old: null, verdict: {kind: 'inserted'}},
        {old: '1', verdict: {kind: 'taken'}},
        {old: null, verdict: {kind: 'inserted'}},
        {old: '4', verdict: {kind: 'taken'}},
      ])
      expect(position).toBe(3)
      expect(await storage.get('users', ['a', 'b', 'c'])).toEqual(['2', '1', '4'])
    })

    test('of many insertions is one of each, whatever was taken before', async () => {
      await using storage = await open(await somewhere())
      await insert(storage, 'users', {7: '0'})
      for (const start of [0, 300, 600]) {
        const writes = Array.from({length: 300}, (_, index) => put(String(start + index), '1'))
        const {outcomes} = await storage.write('users', writes, soft)
        expect(outcomes.filter(outcome => outcome.verdict.kind === 'taken')).toHaveLength(start === 0 ? 1 : 0)
      }
      expect((await storage.tables())[0]).toMatchObject({documents: 900, seq: 900})
    })

    test('of a document that the engine cannot hold is refused, and does not stop the others', async () => {
      await using storage = await open(await somewhere())
      await insert(storage, 'users', {c: '1'})
      const tooDeep = `${'['.repeat(3000)}${']'.repeat(3000)}`
      for (const writes of [
        [put('a', '2'), put('b', tooDeep)],
        [store('c', tooDeep), store('a', '3')],
      ]) {
        const {outcomes} = await storage.write('users', writes, soft)
        expect(outcomes.filter(({verdict}) => verdict.kind === 'refused')).toHaveLength(1)
      }
      expect(await storage.get('users', ['a', 'b', 'c'])).toEqual(['3', null, '1'])
    })

    test('that throws has not happened, and neither have the others', async () => {
      await using storage = await open(await somewhere())
      await insert(storage, 'users', {})
      const failing: Write = {
        key: 'b',
        decide: () => {
          throw new Error('undecided')
        },
      }
      await expect(storage.write('users', [store('a', '1'), failing], soft)).rejects.toThrow('undecided')
      expect(await storage.get('users', ['a'])).toEqual([null])
      expect(await storage.bounds()).toEqual({oldest: 1, newest: 0})
      await storage.write('users', [put('a', '1')], soft)
      expect(await storage.bounds()).toEqual({oldest: 1, newest: 1})
    })

    test.each(['hard', 'soft'] as const)('with %s durability is seen by the next reader', async durability => {
      const place = await somewhere()
      await using storage = await open(place)
      await using reader = await open(place)
      await storage.create('users')
      await storage.write('users', [put('a', '1')], {durability})
      expect(await reader.get('users', ['a'])).toEqual(['1'])
    })
  })

  describe(`${name}: keys`, () => {
    test.each(keyKinds)('%s is a key of its own, and has one text everywhere', async (text, key) => {
      await using storage = await open(await somewhere())
      await storage.create('users')
      const others = keyKinds.filter(([other]) => other !== text)
      const documents: [Key, string][] = [
        ...others.map(([, other]) => [other, '"other"'] as [Key, string]),
        [key, '"this"'],
      ]
      for (const [one, value] of documents) await storage.write('users', [{key: one, insert: value}], soft)
      expect(await storage.get('users', [key])).toEqual(['"this"'])
      const {changes} = await storage.changes({after: 0, limit: 100})
      expect(changes.at(-1)?.key).toBe(text)
      expect((await storage.changes({after: 0, limit: 100, keys: [key]})).changes.map(change => change.key)).toEqual([
        text,
      ])
      expect((await storage.page('users', undefined, 100)).documents).toContainEqual({key: text, text: '"this"'})
      expect((await storage.snapshot({keys: [key]})).documents).toEqual([{table: 'users', key: text, text: '"this"'}])
      expect((await storage.write('users', [{key, decide: () => ({kind: 'remove'})}], soft)).outcomes[0]?.old).toBe(
        '"this"',
      )
      expect((await storage.page('users', undefined, 100)).documents).toHaveLength(others.length)
    })
  })

  describe(`${name}: reading documents`, () => {
    test('by key comes in the order asked, null where there is none', async () => {
      await using storage = await open(await somewhere())
      await insert(storage, 'users', {a: '1', b: '2'})
      expect(await storage.get('users', ['b', 'x', 'a', 'b'])).toEqual(['2', null, '1', '2'])
      expect(await storage.get('users', [])).toEqual([])
    })

    test.each([1, 2, 7, 30, 31])('in pages of %i comes to all of them, in one order', async limit => {
      await using storage = await open(await somewhere())
      await storage.create('users')
      const keys = [
        ...Array.from({length: 15}, (_, index) => index * 3 - 7.5),
        ...Array.from({length: 15}, (_, index) => `k${index}`),
      ]
      await storage.write(
        'users',
        keys.map(key => ({key, insert: JSON.stringify(key)})),
        soft,
      )
      const whole = await storage.page('users', undefined, 1000)
      expect(whole.next).toBeUndefined()
      expect(whole.documents).toHaveLength(30)
      const paged = []
      for (let cursor: Parameters<Storage['page']>[1], first = true; first || cursor !== undefined; first = false) {
        const page = await storage.page('users', cursor, limit)
        expect(page.documents.length).toBeLessThanOrEqual(limit)
        paged.push(...page.documents)
        cursor = page.next
      }
      expect(paged).toEqual(whole.documents)
    })

    test('in pages, of which each says which keys it covers, and what of the log it has seen', async () => {
      await using storage = await open(await somewhere())
      await storage.create('users')
      const random = new Random()
      const keys: Key[] = ['', 'a', 'B', 'é', '😀', 'a\u0001', true, false, [], [1], [10], [2, 'x'], ['a', [true]]]
      for (let count = 0; count < 40; count++) keys.push(random.below(100) - 50, (random.below(1000) - 500) / 8)
      keys.push(2 ** 53, 9007199254740993n, 2n ** 62n, -(2n ** 63n), 1e300, -1e-300, 0.1, 1e19)
      const distinct = [...new Map(keys.map(key => [keyText(key), key])).values()]
      const written = await storage.write(
        'users',
        distinct.map(key => ({key, insert: '1'})),
        soft,
      )
      const whole = await storage.page('users', undefined, 1000)
      expect(whole.position).toBe(written.position)
      const order = whole.documents.map(({key}) => key)
      expect(order).toHaveLength(distinct.length)
      expect(order.every(whole.covers)).toBe(true)
      let cursor: Parameters<Storage['page']>[1]
      for (let end = 3; ; end += 3) {
        const page = await storage.page('users', cursor, 3)
        if (page.next === undefined) break
        expect(order.map(key => page.covers(key))).toEqual(order.map((_, index) => index < end))
        cursor = page.next
      }
      await storage.write('users', [store(1000, '2')], soft)
      expect((await storage.page('users', undefined, 3)).position).toBe(written.position + 1)
    })

    test('in pages without what does not fulfil a condition, of which each says what it has passed over', async () => {
      await using storage = await open(await somewhere())
      await storage.create('users')
      const count = 50_000
      const writes = Array.from({length: count}, (_, key) => put(key, `{"n":${key}}`))
      const {position} = await storage.write('users', writes, soft)
      for (const wanted of [[17, 300, 49_000], [count - 1], []]) {
        const found: Stored[] = []
        let cursor: Parameters<Storage['page']>[1]
        do {
          const page = await storage.page('users', cursor, 500, [
            {path: ['n'], op: '>=', value: wanted[0] ?? count},
            {path: ['n'], op: '<=', value: wanted.at(-1) ?? 0},
          ])
          found.push(...page.documents)
          expect(page.documents.length).toBeLessThanOrEqual(500)
          expect(page.position).toBe(position)
          // It covers at least what it shows, and the next one begins behind what it covers.
          for (const {key} of page.documents) expect(page.covers(key)).toBe(true)
          expect(page.covers(String(count))).toBe(page.next === undefined)
          cursor = page.next
        } while (cursor !== undefined)
        const keys = found.map(({key}) => Number(key))
        expect(keys).toEqual([...new Set(keys)].sort((one, other) => one - other))
        for (const key of wanted) expect(keys).toContain(key)
      }
    })

    test('in the order of a field are those that have it, as comparePlaces sorts them, in both directions', async () => {
      await using storage = await open(await somewhere())
      await storage.create('users')
      const random = new Random()
      const values = [
        '1',
        '2',
        '2.0',
        '"a"',
        '"b"',
        'null',
        'true',
        '[1]',
        '{"x":1}',
        '9007199254740993',
        '9007199254740992',
      ]
      const documents = Array.from({length: 60}, (_, key) =>
        put(key % 2 ? key : `k${key}`, `{"a":{"b":${random.pick(values)}}}`),
      )
      const {position} = await storage.write('users', [...documents, put('none', '{"a":1}'), put('empty', '{}')], soft)
      const all = (await storage.page('users', undefined, 1000)).documents
      for (const descending of [false, true]) {
        const order = {path: ['a', 'b'], descending}
        const expected = all
          .map(stored => ({stored, place: placeOf(order, stored.key, stored.text)}))
          .filter((one): one is {stored: Stored; place: Place} => one.place !== undefined)
          .sort((one, other) => comparePlaces(order, one.place, other.place))
          .map(({stored}) => stored)
        expect(expected).toHaveLength(60)
        const found: Stored[] = []
        for (let last = false; !last; ) {
          const page = await storage.ordered('users', order, found.at(-1), 7)
          expect(page.position).toBeGreaterThanOrEqual(position)
          found.push(...page.documents)
          last = page.last
        }
        expect(found).toEqual(expected)
        // What to go on after need not be there.
        const gone = expected[10] as Stored
        await storage.write('users', [remove(JSON.parse(gone.key))], soft)
        expect((await storage.ordered('users', order, gone, 7)).documents[0]).toEqual(expected[11])
        await storage.write('users', [put(JSON.parse(gone.key), gone.text)], soft)
      }
    })

    test('of an empty table is one page of nothing', async () => {
      await using storage = await open(await somewhere())
      await storage.create('users')
      const page = await storage.page('users', undefined, 10)
      expect(page.documents).toEqual([])
      expect(page.next).toBeUndefined()
    })

    test('in pages, while others write, shows what was there all the time exactly once', async () => {
      const place = await somewhere()
      const random = new Random()
      await using storage = await open(place)
      await using writer = await open(place)
      await storage.create('users')
      await storage.write(
        'users',
        Array.from({length: 200}, (_, index) => put(`k${1000 + 2 * index}`, '"before"')),
        soft,
      )
      const seen = new Map<string, string>()
      const written = new Map<string, string>()
      let page = await storage.page('users', undefined, 9)
      for (;;) {
        for (const {key, text} of page.documents) {
          expect(seen.has(key), `${key} again`).toBe(false)
          expect(text).toBe(written.get(key) ?? '"before"')
          seen.set(key, text)
        }
        if (page.next === undefined) break
        const key = `k${1000 + random.below(400)}`
        const text = `"then ${seen.size}"`
        await writer.write('users', [store(key, text)], soft)
        written.set(JSON.stringify(key), text)
        page = await storage.page('users', page.next, 9)
      }
      for (let index = 0; index < 200; index++) expect(seen.has(`"k${1000 + 2 * index}"`)).toBe(true)
    })
  })

  describe(`${name}: a snapshot`, () => {
    test('is the documents at the end of the log, of all tables or of some, with all keys or some', async () => {
      await using storage = await open(await somewhere())
      await insert(storage, 'users', {a: '1', b: '2'})
      await insert(storage, 'games', {a: '3'})
      const of = async (...options: Parameters<Storage['snapshot']>) => {
        const {position, documents} = await storage.snapshot(...options)
        return [position, ...documents.map(({table, key, text}) => `${table} ${key} ${text}`).toSorted()]
      }
      expect(await of({})).toEqual([3, 'games "a" 3', 'users "a" 1', 'users "b" 2'])
      expect(await of({tables: ['users']})).toEqual([3, 'users "a" 1', 'users "b" 2'])
      expect(await of({tables: ['none']})).toEqual([3])
      expect(await of({keys: ['a']})).toEqual([3, 'games "a" 3', 'users "a" 1'])
      expect(await of({tables: ['users'], keys: ['b', 'x']})).toEqual([3, 'users "b" 2', 'users "x" null'])
      expect(await of({tables: ['none'], keys: ['a']})).toEqual([3, 'none "a" null'])
      expect(await of({tables: ['users']}, 1)).toEqual([1, 'users "a" 1'])
      expect(await of({tables: ['users'], keys: ['b']}, 1)).toEqual([1, 'users "b" null'])
      expect(await of({}, 0)).toEqual([0])
    })

    test('of an earlier position has the tables that were dropped since', async () => {
      await using storage = await open(await somewhere())
      await insert(storage, 'users', {a: '1'})
      await storage.drop('users', soft)
      expect((await storage.snapshot({}, 1)).documents).toEqual([{table: 'users', key: '"a"', text: '1'}])
      expect((await storage.snapshot({tables: ['users']}, 1)).documents).toEqual([
        {table: 'users', key: '"a"', text: '1'},
      ])
      expect((await storage.snapshot({})).documents).toEqual([])
    })

    test('of a position that the log does not go on from is history lost', async () => {
      const place = await somewhere()
      await using storage = await open(place)
      await insert(storage, 'users', {a: '1', b: '2', c: '3'})
      await expect(storage.snapshot({}, 4)).rejects.toMatchObject({code: 'HISTORY_LOST'})
      prune(place, 2)
      await expect(storage.snapshot({}, 1)).rejects.toMatchObject({code: 'HISTORY_LOST'})
      expect((await storage.snapshot({}, 2)).documents).toHaveLength(2)
      expect((await storage.snapshot({}, 3)).documents).toHaveLength(3)
    })

    test('of any position is what the log up to there leads to', {timeout: 60_000}, async () => {
      const random = new Random()
      for (let round = 0; round < rounds(4); round++) {
        const place = await somewhere()
        await using storage = await open(place)
        await scribble(storage, random, 40)
        const log = await readLog(storage)
        expect(replay(log)).toEqual(await stored(storage))
        for (let position = 0; position <= log.length; position += 1 + random.below(4)) {
          const {documents, position: at} = await storage.snapshot({}, position)
          expect(at).toBe(position)
          const there = new Map(documents.map(({table, key, text}) => [`${table} ${key}`, text]))
          expect(there, `the documents at ${position}`).toEqual(replay(log.slice(0, position)))
        }
      }
    })
  })

  describe(`${name}: the log`, () => {
    async function threeTables(place: string): Promise<Storage> {
      const storage = await open(place)
      for (let index = 0; index < 12; index++)
        await insert(storage, `t${index % 3}`, {[`k${index % 4}`]: String(index)})
      return storage
    }

    const ranges: [Range, {seqs: number[]; position?: number; drained: boolean}][] = [
      [
        {after: 0, limit: 100},
        {seqs: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], position: 12, drained: true},
      ],
      [
        {after: 0, limit: 12},
        {seqs: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], position: 12, drained: true},
      ],
      [
        {after: 9, limit: 100},
        {seqs: [10, 11, 12], position: 12, drained: true},
      ],
      [
        {after: 12, limit: 100},
        {seqs: [], position: 12, drained: true},
      ],
      [
        {after: 3, limit: 2},
        {seqs: [4, 5], position: 5, drained: false},
      ],
      [
        {after: 3, until: 5, limit: 100},
        {seqs: [4, 5], position: 5, drained: true},
      ],
      [
        {after: 3, until: 5, limit: 1},
        {seqs: [4], position: 4, drained: false},
      ],
      [
        {after: 3, until: 3, limit: 100},
        {seqs: [], position: 3, drained: true},
      ],
      [
        {after: 3, until: 1, limit: 100},
        {seqs: [], position: 3, drained: true},
      ],
      [
        {after: 10, until: 99, limit: 100},
        {seqs: [11, 12], position: 12, drained: true},
      ],
      [
        {after: 0, limit: 100, tables: ['t1']},
        {seqs: [2, 5, 8, 11], position: 12, drained: true},
      ],
      [
        {after: 0, limit: 100, tables: ['t1', 't2']},
        {seqs: [2, 3, 5, 6, 8, 9, 11, 12], position: 12, drained: true},
      ],
      [
        {after: 0, limit: 2, tables: ['t1']},
        {seqs: [2, 5], drained: false},
      ],
      [
        {after: 0, limit: 100, tables: ['none']},
        {seqs: [], position: 12, drained: true},
      ],
      [
        {after: 0, limit: 100, keys: ['k0']},
        {seqs: [1, 5, 9], position: 12, drained: true},
      ],
      [
        {after: 0, limit: 100, tables: ['t1'], keys: ['k0', 'k3']},
        {seqs: [5, 8], position: 12, drained: true},
      ],
      [
        {after: 0, until: 7, limit: 100, tables: ['t1'], keys: ['k0', 'k3']},
        {seqs: [5], position: 7, drained: true},
      ],
    ]
    test.each(ranges)('is read in part: %j', async (range, {seqs, position, drained}) => {
      await using storage = await threeTables(await somewhere())
      const read = await storage.changes(range)
      expect(read.changes.map(change => change.seq)).toEqual(seqs)
      expect(read.drained).toBe(drained)
      if (position !== undefined) expect(read.position).toBe(position)
      // Whatever the position is, nothing of the selection is between it and the last change, and it can be gone on from.
      expect(read.position).toBeGreaterThanOrEqual(seqs.at(-1) ?? range.after)
      const {lines, ...progress} = await storage.lines(range)
      expect(progress).toEqual({count: seqs.length, position: read.position, drained: read.drained})
      expect(Buffer.from(lines).toString()).toBe(rendered(read.changes))
    })

    const none = [{path: ['new_val', 'n'], op: '=', value: -1}] as const
    const some = [{path: ['new_val', 'n'], op: '>', value: 25_000}] as const
    test.each<[string, Pick<Range, 'filter' | 'where'>, (n: number) => boolean]>([
      ['a filter that nothing fulfils', {filter: none}, () => false],
      ['a filter that some fulfil', {filter: some}, n => n > 25_000],
      ['a set to which nothing belongs', {where: [{path: ['n'], op: '=', value: -1}]}, () => false],
      [
        'a set and a filter',
        {where: [{path: ['n'], op: '<=', value: 27_000}], filter: some},
        n => n > 25_000 && n <= 27_000,
      ],
    ])('with %s is passed over to its end, or to where the range ends', async (_, conditions, isWanted) => {
      await using storage = await open(await somewhere())
      await storage.create('users')
      const writes = Array.from({length: 30_000}, (_, n) => put(n, `{"n":${n}}`))
      await storage.write('users', writes, soft)
      for (const until of [undefined, 26_000, 40_000]) {
        const seen: number[] = []
        for (let after = 3, drained = false; !drained; ) {
          const range = {after, until, limit: 700, ...conditions}
          const read = await storage.changes(range)
          expect(read.position).toBeGreaterThan(after)
          expect(read.changes.length).toBeLessThanOrEqual(700)
          for (const {seq} of read.changes) {
            expect(seq).toBeGreaterThan(after)
            expect(seq).toBeLessThanOrEqual(read.position)
            seen.push(seq)
          }
          const {lines, ...progress} = await storage.lines(range)
          expect(progress).toEqual({count: read.changes.length, position: read.position, drained: read.drained})
          expect(Buffer.from(lines).toString()).toBe(rendered(read.changes))
          after = read.position
          drained = read.drained
          if (drained) expect(after).toBe(Math.min(until ?? 30_000, 30_000))
        }
        const wanted = writes.map((_, n) => n + 1).filter(seq => seq > 3 && seq <= (until ?? seq) && isWanted(seq - 1))
        expect(wanted.filter(seq => !seen.includes(seq))).toEqual([])
      }
    })

    test.each<[string, Comparison['op'], Comparison['value']]>([
      ['{"n":1,"n":7}', '=', 7],
      ['{"n":1,"\\u006e":7}', '=', 7],
      ['{"\\u006e":7}', '=', 7],
      ['[{"n":7}]', '=', 7],
      [' {"n":7}', '=', 7],
      ['{"n":70e-1}', '=', 7],
      ['{"n":6.9999999999999999999}', '=', 7],
      // No double, and between two of them, of which another one is SQLite's than JavaScript's.
      ['{"n":0.52647338110642266659}', '=', 0.5264733811064227],
      ['{"n":7.4109846876186981627e-324}', '=', 1e-323],
      ['{"n":0.52647338110642266659}', '!=', 0.5264733811064226],
      ['{"n":0.52647338110642266659}', '>=', 0.5264733811064227],
      ['{"n":0.52647338110642266659,"m":0.5264733811064227}', '>=', {path: ['m']}],
      ['{"n":0.52647338110642266659,"m":0.5264733811064226}', '>', {path: ['m']}],
      ['{"n":9007199254740992,"m":9007199254740993}', '>=', {path: ['m']}],
      ['{"n":1e400,"m":1e400}', '>=', {path: ['m']}],
      ['{"n":"x","m":7}', '<', {path: ['m']}],
      ['{"n":true}', '!=', 1],
      ['{"n":{"m":7}}', '!=', '{"m":7}'],
      ['{"n":"7"}', '!=', 7],
      ['{"n":false}', '>', 1],
      ['{"n":null}', '>', 1],
      ['{"n":"\\u0061"}', '=', 'a'],
      ['{"n":"😀"}', '<', '\uffee'],
      [`{"n":0.${'0'.repeat(110_000)}7e110001}`, '=', 7],
    ])('keeps %.60s where n %s %j may be true, or fail, for the values of JSON.parse', async (text, op, value) => {
      const place = await somewhere()
      await using storage = await open(place)
      await storage.create('users')
      plant(place, 'users', 'x', text)
      const other = typeof value === 'object' && value !== null ? {path: ['new_val', ...value.path]} : value
      const filter = [{path: ['new_val', 'n'], op, value: other}]
      const where = [{path: ['n'], op, value}]
      expect((await storage.changes({after: 0, limit: 10, filter})).changes).toHaveLength(1)
      expect((await storage.changes({after: 0, limit: 10, where})).changes).toHaveLength(1)
      expect((await storage.page('users', undefined, 10, where)).documents).toHaveLength(1)
    })

    test('keeps a document that is null where a side is to be null', async () => {
      const place = await somewhere()
      await using storage = await open(place)
      await storage.create('users')
      plant(place, 'users', 'x', 'null')
      const filter = [{path: ['new_val'], op: '=', value: null}] as const
      expect((await storage.changes({after: 0, limit: 10, filter})).changes).toHaveLength(1)
    })

    test('keeps bytes that are no UTF-8 where they are read as U+FFFD', async () => {
      const place = await somewhere()
      await using storage = await open(place)
      await storage.create('users')
      plant(place, 'users', 'x', Buffer.from('{"n":"\xff","m\xff":7}', 'latin1'))
      for (const comparison of [
        {path: ['n'], op: '=', value: '\ufffd'},
        {path: ['m\ufffd'], op: '=', value: 7},
      ] as const) {
        const [{text} = {text: ''}] = (await storage.page('users', undefined, 10, [comparison])).documents
        expect(JSON.parse(text)).toEqual({n: '\ufffd', 'm\ufffd': 7})
        expect((await storage.changes({after: 0, limit: 10, where: [comparison]})).changes).toHaveLength(1)
      }
    })

    test('keeps what an undecided order stands before, since an expression may fail on it', async () => {
      await using storage = await open(await somewhere())
      await insert(storage, 'users', {a: '{"n":"text","m":1}', b: '{"n":1,"m":1}', c: '{"m":1}', d: '{"n":null,"m":1}'})
      const filter = [
        {path: ['new_val', 'n'], op: '<', value: 5},
        {path: ['new_val', 'm'], op: '=', value: 2},
      ] as const
      const {changes} = await storage.changes({after: 0, limit: 10, filter})
      expect(changes.map(({key}) => key)).toEqual(expect.arrayContaining(['"a"', '"d"']))
    })

    test('has the time of each change by the clock of the writer', async () => {
      await using storage = await open(await somewhere())
      const before = Date.now()
      await insert(storage, 'users', {a: '1'})
      const after = Date.now()
      const [change] = await readLog(storage)
      expect(change?.ts_ms).toBeGreaterThanOrEqual(before - 1)
      expect(change?.ts_ms).toBeLessThanOrEqual(after + 1)
      expect(Number.isInteger(change?.ts_ms)).toBe(true)
    })

    test('that has been pruned says so: what is gone is history lost, at either end', async () => {
      const place = await somewhere()
      await using storage = await open(place)
      await insert(storage, 'users', {a: '1', b: '2', c: '3', d: '4'})
      prune(place, 2)
      expect(await storage.bounds()).toEqual({oldest: 3, newest: 4})
      for (const after of [0, 1, 5, 100]) {
        const lost = {code: 'HISTORY_LOST', message: expect.stringMatching(/\b3\b.*\b4\b/)}
        await expect(storage.changes({after, limit: 10}), `after ${after}`).rejects.toMatchObject(lost)
        await expect(storage.lines({after, limit: 10}), `after ${after}`).rejects.toMatchObject(lost)
      }
      expect((await storage.changes({after: 2, limit: 10})).changes.map(change => change.seq)).toEqual([3, 4])
      expect((await storage.changes({after: 4, limit: 10})).changes).toEqual([])
    })

    test('that has been pruned to the end goes on where it was', async () => {
      const place = await somewhere()
      await using storage = await open(place)
      await insert(storage, 'users', {a: '1', b: '2'})
      prune(place, 2)
      expect(await storage.bounds()).toEqual({oldest: 3, newest: 2})
      expect(await storage.changes({after: 2, limit: 10})).toEqual({changes: [], position: 2, drained: true})
      await expect(storage.changes({after: 1, limit: 10})).rejects.toMatchObject({code: 'HISTORY_LOST'})
      expect((await storage.write('users', [put('c', '3')], soft)).position).toBe(3)
      expect(await storage.bounds()).toEqual({oldest: 3, newest: 3})
    })

    test.each(oddTexts)('holds a value that another program spelled %j in one line', async text => {
      const place = await somewhere()
      await using storage = await open(place)
      await insert(storage, 'users', {})
      plant(place, 'users', 'x', text)
      plant(place, 'users', 'x', '1')
      const {changes} = await storage.changes({after: 0, limit: 10})
      const {lines, count} = await storage.lines({after: 0, limit: 10})
      expect(changes.map(({old_val, new_val}) => [old_val, new_val])).toEqual([
        [null, text],
        [text, '1'],
      ])
      expect(Buffer.from(lines).toString()).toBe(rendered(changes))
      expect(Buffer.from(lines).toString()).toMatch(/^[^\r\n]*\n[^\r\n]*\n$/)
      expect(count).toBe(2)
    })

    test('as lines is the log as rows, however it is cut', async () => {
      const random = new Random()
      const place = await somewhere()
      await using storage = await open(place)
      await scribble(storage, random, 60)
      for (const text of [...oddTexts, ...oddTexts])
        plant(place, random.pick(['t0', 't1']), random.pick(['x', 'y']), text)
      const {newest} = await storage.bounds()
      for (let round = 0; round < rounds(60); round++) {
        const range: Range = {
          after: random.below(newest + 1),
          limit: 1 + random.below(50),
          until: random.chance(0.5) ? random.below(newest + 3) : undefined,
          tables: random.chance(0.3) ? [random.pick(['t0', 't1', 't2'])] : undefined,
          keys: random.chance(0.3) ? [random.pick<Key>(['x', 'y', 'a', 1])] : undefined,
        }
        const {changes, ...progress} = await storage.changes(range)
        const {lines, count, ...progressOfLines} = await storage.lines(range)
        expect(Buffer.from(lines).toString(), JSON.stringify(range)).toBe(rendered(changes))
        expect({count, ...progressOfLines}).toEqual({count: changes.length, ...progress})
        expect(Buffer.from(lines).toString().split('\n').length - 1, 'a line each').toBe(count)
      }
    })

    test('of large documents is read to its end, whole, in parts that stay small', async () => {
      await using storage = await open(await somewhere())
      const large = JSON.stringify('ä'.repeat(200_000))
      const keys = Array.from({length: 40}, (_, index) => `k${index}`)
      await storage.create('users')
      for (const write of [
        (key: string) => put(key, large),
        (key: string) => store(key, '1'),
        (key: string) => store(key, large),
        remove,
      ]) {
        for (const key of keys) await storage.write('users', [write(key)], soft)
        const {newest} = await storage.bounds()
        const seqs: number[] = []
        for (let after = newest - 40, drained = false; !drained; ) {
          const {changes} = await storage.changes({after, limit: 500})
          const read = await storage.lines({after, limit: 500})
          expect(read.lines.length).toBeLessThan(12e6)
          expect(Buffer.from(read.lines).toString() === rendered(changes.slice(0, read.count))).toBe(true)
          seqs.push(...changes.slice(0, read.count).map(change => change.seq))
          after = read.position
          drained = read.drained
        }
        expect(seqs).toEqual(Array.from({length: 40}, (_, index) => newest - 39 + index))
      }
    })
  })

  describe(`${name}: a place in the log`, () => {
    test('before the last changes of a selection', async () => {
      await using storage = await open(await somewhere())
      for (let index = 0; index < 9; index++) await insert(storage, `t${index % 3}`, {[`k${index}`]: '1'})
      const cases: [Parameters<Storage['locate']>[0], number][] = [
        [{last: 0}, 9],
        [{last: 1}, 8],
        [{last: 9}, 0],
        [{last: 100}, 0],
        [{last: 1, tables: ['t0']}, 6],
        [{last: 2, tables: ['t0']}, 3],
        [{last: 4, tables: ['t0']}, 0],
        [{last: 1, keys: ['k2']}, 2],
        [{last: 2, keys: ['k2']}, 0],
      ]
      for (const [place, position] of cases) expect(await storage.locate(place), JSON.stringify(place)).toBe(position)
    })

    test('before an instant is after the last change that was made earlier', async () => {
      await using storage = await open(await somewhere())
      await insert(storage, 'users', {a: '1'})
      await insert(storage, 'users', {b: '1'})
      const log = await readLog(storage)
      expect(await storage.locate({before: 0})).toBe(0)
      expect(await storage.locate({before: Number(log[0]?.ts_ms)})).toBe(0)
      expect(await storage.locate({before: Number(log[1]?.ts_ms) + 1})).toBe(2)
      expect(await storage.locate({before: Date.now() + 1e6})).toBe(2)
    })

    test('is never before the oldest change that is kept', async () => {
      const place = await somewhere()
      await using storage = await open(place)
      await insert(storage, 'users', {a: '1', b: '2', c: '3'})
      prune(place, 2)
      expect(await storage.locate({before: 0})).toBe(2)
      expect(await storage.locate({last: 100})).toBe(2)
      expect(await storage.locate({last: 1})).toBe(2)
      expect(await storage.locate({last: 1, tables: ['none']})).toBe(2)
      prune(place, 3)
      expect(await storage.locate({before: 0})).toBe(3)
      expect(await storage.locate({last: 100})).toBe(3)
    })

    test('of a log that never had a change is 0', async () => {
      await using storage = await open(await somewhere())
      expect(await storage.locate({before: 0})).toBe(0)
      expect(await storage.locate({last: 5})).toBe(0)
    })
  })

  describe(`${name}: a watcher`, () => {
    const never = new AbortController().signal

    test('wakes for a change that was committed before it was asked', async () => {
      await using storage = await open(await somewhere())
      using watcher = storage.watch()
      await insert(storage, 'users', {a: '1'})
      await watcher.wake(0, {signal: never})
    })

    test('wakes for a change of another connection', async () => {
      const place = await somewhere()
      await using storage = await open(place)
      await using other = await open(place)
      await storage.create('users')
      using watcher = storage.watch()
      const woken = watcher.wake(0, {signal: never})
      await other.write('users', [put('a', '1')], {durability: 'hard'})
      await woken
      expect(await storage.bounds()).toEqual({oldest: 1, newest: 1})
    })

    test('wakes some time after a commit that made no change, and not without one', async () => {
      const place = await somewhere()
      await using storage = await open(place)
      await using other = await open(place)
      for (const table of ['empty', 'void']) await storage.create(table)
      using watcher = storage.watch()
      await watcher.wake(0, {signal: never})
      for (const writer of [storage, other]) {
        const table = writer === storage ? 'empty' : 'void'
        const woken = watcher.wake(0, {signal: never}).then(() => 'woken')
        const nothing = new Promise(resolve => setTimeout(resolve, 1500, 'nothing'))
        expect(await Promise.race([woken, nothing])).toBe('nothing')
        await writer.drop(table, {durability: 'hard'})
        await woken
      }
    })

    test('stops waiting when its signal aborts, also one that has', async () => {
      await using storage = await open(await somewhere())
      using watcher = storage.watch()
      const abort = new AbortController()
      const woken = watcher.wake(0, {signal: abort.signal})
      abort.abort()
      await woken
      await watcher.wake(0, {signal: abort.signal})
    })

    test('stops waiting when its time is over', async () => {
      await using storage = await open(await somewhere())
      using watcher = storage.watch()
      await watcher.wake(0, {signal: never, timeout: 5})
      await watcher.wake(0, {signal: never, timeout: 0})
      expect(await storage.bounds()).toEqual({oldest: 1, newest: 0})
    })

    test('misses no commit, whoever makes it and when', async () => {
      const random = new Random()
      const place = await somewhere()
      await using storage = await open(place)
      await using other = await open(place)
      await storage.create('users')
      using watcher = storage.watch()
      const total = rounds(60)
      const writing = (async () => {
        for (let count = 0; count < total; count++) {
          const writer = random.pick([storage, other])
          await writer.write('users', [store('a', String(count))], {durability: random.pick(['hard', 'soft'])})
          await pause(random)
        }
      })()
      for (let position = 0; position < total; ) {
        await watcher.wake(position, {signal: never})
        position = (await storage.changes({after: position, limit: 1 + random.below(5)})).position
        await pause(random)
      }
      await writing
    })
  })

  describe(`${name}: several writers`, () => {
    test('decide on what is there: no update is lost', async () => {
      const place = await somewhere()
      await using one = await open(place)
      await using other = await open(place)
      await one.create('counters')
      const count: Write = {key: 'n', decide: old => ({kind: 'store', text: String(Number(old ?? 0) + 1)})}
      const work = async (storage: Storage) => {
        for (let index = 0; index < 100; index++) await storage.write('counters', [count, count], soft)
      }
      await Promise.all([work(one), work(other)])
      expect(await one.get('counters', ['n'])).toEqual(['400'])
      const log = await readLog(other)
      expect(log.map(change => change.new_val)).toEqual(Array.from({length: 400}, (_, index) => String(index + 1)))
      expect(replay(log)).toEqual(await stored(one))
    })

    test('leave a log that leads to the documents, and a reader of it never sees a hole', async () => {
      const random = new Random()
      const place = await somewhere()
      await using one = await open(place)
      await using other = await open(place)
      await using reader = await open(place)
      let writing = true
      const work = Promise.all([scribble(one, random, 60), scribble(other, random, 60)]).finally(() => {
        writing = false
      })
      const read: Change[] = []
      while (writing) {
        const {changes, position} = await reader.changes({after: read.at(-1)?.seq ?? 0, limit: 7})
        read.push(...changes)
        expect(position).toBe(read.at(-1)?.seq ?? 0)
        await pause(random)
      }
      await work
      read.push(...(await readLog(reader, read.at(-1)?.seq ?? 0)))
      expect(replay(read)).toEqual(await stored(one))
      expect(read).toEqual(await readLog(other))
    })
  })
}

/** JSON as litefeed would not write it. */
const oddTexts = [
  '{"id":"x",\n  "n": 1}',
  '{"id":"x"\r,"n":2}',
  '{\r\n"id":"x"}\n',
  '[\n]',
  '{"a":12345678901234567890,\n"b":1e400}',
  '"🦆"',
  '"\u2028"',
  ' 12345678901234567890',
  '{"a\\n":"\\n"}',
]

/** Each key and its one text. */
const keyKinds: [string, Key][] = [
  ['0', 0],
  ['1', 1],
  ['-1', -1],
  ['1.5', 1.5],
  ['-0.001', -0.001],
  ['0.30000000000000004', 0.1 + 0.2],
  ['0.3', 0.3],
  ['9007199254740992', 2 ** 53],
  ['9007199254740993', 2n ** 53n + 1n],
  ['4611686018427387904', 2n ** 62n],
  ['4611686018427388000', 2 ** 62],
  ['9223372036854775807', 2n ** 63n - 1n],
  ['-9223372036854775808', -(2n ** 63n)],
  ['1000000000000000', 1e15],
  ['""', ''],
  ['"a"', 'a'],
  ['"A"', 'A'],
  ['"1"', '1'],
  ['"true"', 'true'],
  ['"[1]"', '[1]'],
  ['"it\'s \\"so\\" \\\\ \\n"', `it's "so" \\ \n`],
  ['"größe 🦆"', 'größe 🦆'],
  ['true', true],
  ['false', false],
  ['[]', []],
  ['[1,"a",[true]]', [1, 'a', [true]]],
  ['["1","a",[true]]', ['1', 'a', [true]]],
  ['[9007199254740993]', [2n ** 53n + 1n]],
]

function put(key: Key, insert: string): Write {
  return {key, insert}
}

function store(key: Key, text: string): Write {
  return {key, decide: () => ({kind: 'store', text})}
}

function remove(key: Key): Write {
  return {key, decide: () => ({kind: 'remove'})}
}

function rendered(changes: readonly Change[]): string {
  return changes.map(change => eventLine(changeEvent(change))).join('')
}

/** Writes at random to three tables, and drops one now and then. */
async function scribble(storage: Storage, random: Random, steps: number): Promise<void> {
  const tables = ['t0', 't1', 't2']
  const keys: Key[] = ['a', 'b', 'x', 'y', 1, 1.5, true, [1, 'a']]
  for (const table of tables) await storage.create(table)
  for (let step = 0; step < steps; step++) {
    const table = random.pick(tables)
    const writes = Array.from({length: 1 + random.below(6)}, (): Write => {
      const key = random.pick(keys)
      const text = JSON.stringify({id: key, n: random.below(1000)})
      return random.pick([put(key, text), store(key, text), store(key, text), remove(key)])
    })
    try {
      if (random.chance(0.04)) await storage.drop(table, {durability: 'soft'})
      else await storage.write(table, writes, {durability: 'soft'})
    } catch (error) {
      // Another writer, or this one, has dropped it.
      expect(error).toMatchObject({code: 'NO_TABLE'})
      await storage.create(table)
    }
    if (step % 8 === 0) await pause(random)
  }
}

/** Lets others have their turn, now a short and now a longer one. */
async function pause(random: Random): Promise<void> {
  for (let turns = random.below(4); turns > 0; turns--) await new Promise(setImmediate)
}
