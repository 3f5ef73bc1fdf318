import {rename} from 'node:fs/promises'
import {join} from 'node:path'
import Sqlite from 'better-sqlite3'
import {describe, expect, test} from 'vitest'
import type {Key} from '../../src/engine/documents/key.ts'
import type {FeedEvent} from '../../src/engine/feed/event.ts'
import type {FeedOptions} from '../../src/engine/feed/options.ts'
import {open, type Store} from '../../src/engine/store.ts'
import {all, Random, rounds, take, temporaryDirectory} from '../support.ts'

const soft = {durability: 'soft'} as const
const toTheEnd = {since: 'beginning', follow: false} as const

/** A store with six changes: three documents, one changed, one removed, one in another table. */
async function sixChanges(): Promise<Store> {
  const store = await open(join(await temporaryDirectory(), 'test.db'))
  const users = store.table('users')
  await users.insert(
    [
      {id: 1, age: 20},
      {id: 2, age: 30},
    ],
    soft,
  )
  await users.insert({id: 'a', age: 40}, soft)
  await users.update(1, {age: 21}, soft)
  await users.delete(2, soft)
  await store.table('games').insert({id: 1}, soft)
  return store
}

function seqs(events: readonly FeedEvent[]): number[] {
  return events.map(event => event.seq)
}

/** What a feed with its initial part leads to when it has told of the last document. Checks that each event follows from the others. */
async function state(store: Store): Promise<Map<unknown, unknown>> {
  const there = new Map<unknown, unknown>()
  let position = 0
  for await (const event of store.changes({includeInitial: true, includeStates: true, tables: ['users']})) {
    if (event.type === 'state') {
      position = event.seq
      if (there.has('last')) break
    }
    if (event.type === 'state' || event.type === 'heartbeat' || event.type === 'uninitial' || event.type === 'schema')
      continue
    if (event.type === 'initial') {
      expect(there.has(event.key)).toBe(false)
      expect(event.seq).toBe(position)
    } else {
      expect(event.seq).toBe(position + 1)
      expect(event.old_val).toEqual(there.get(event.key) ?? null)
      position = event.seq
    }
    if (event.new_val === null) there.delete(event.key)
    else there.set(event.key, event.new_val)
    if (event.type === 'add' && event.key === 'last') break
  }
  return there
}

/** An event in short. */
function short(event: FeedEvent): string {
  if (event.type === 'state') return `${event.state} ${event.seq}`
  if (event.type === 'schema') return `schema ${event.table} ${event.seq}`
  if (event.type === 'heartbeat') return `heartbeat ${event.seq}`
  return `${event.type} ${event.table} ${JSON.stringify(event.key)} ${event.seq}`
}

describe('an event', () => {
  test('tells what was done to a document', async () => {
    await using store = await sixChanges()
    const [first, , , change, removal] = await all(store.changes(toTheEnd))
    expect(first).toEqual({
      seq: 1,
      ts_ms: expect.any(Number),
      table: 'users',
      key: 1,
      type: 'add',
      old_val: null,
      new_val: {id: 1, age: 20},
    })
    expect(change).toMatchObject({type: 'change', old_val: {id: 1, age: 20}, new_val: {id: 1, age: 21}})
    expect(removal).toMatchObject({type: 'remove', old_val: {id: 2, age: 30}, new_val: null})
  })

  test('is a line with its members in one order, and its values as they are stored', async () => {
    await using store = await sixChanges()
    await store.table('users').insert({id: 'b', n: 9007199254740993n}, soft)
    const lines: string[] = []
    for await (const batch of store.changes({since: 6, follow: false}).batches())
      lines.push(Buffer.from(batch.lines).toString())
    expect(lines.join('')).toMatch(
      /^\{"seq":7,"ts_ms":\d{13},"table":"users","key":"b","type":"add","old_val":null,"new_val":\{"id":"b","n":9007199254740993\}\}\n$/,
    )
  })
})

describe('a feed begins and ends', () => {
  const cases: [FeedOptions, number[]][] = [
    [{since: 'now'}, []],
    [{}, []],
    [{since: 'beginning'}, [1, 2, 3, 4, 5, 6]],
    [{since: 0}, [1, 2, 3, 4, 5, 6]],
    [{since: 4}, [5, 6]],
    [{since: 6}, []],
    [{since: {last: 2}}, [5, 6]],
    [{since: {last: 0}}, []],
    [{since: {last: 100}}, [1, 2, 3, 4, 5, 6]],
    [{since: {last: 2}, tables: ['users']}, [4, 5]],
    [{since: {last: 1}, keys: [2]}, [5]],
    [{since: {ago: 3_600_000}}, [1, 2, 3, 4, 5, 6]],
    [{since: new Date(0)}, [1, 2, 3, 4, 5, 6]],
    [{since: new Date(Date.now() + 1e7)}, []],
    [{since: 2, until: 4}, [3, 4]],
    [{since: 2, until: 2}, []],
    [{since: 2, until: 1}, []],
    [{since: 2, until: 99}, [3, 4, 5, 6]],
    [{since: 0, until: 'now'}, [1, 2, 3, 4, 5, 6]],
    [{since: 0, until: new Date(0)}, []],
    [{since: 0, until: new Date(Date.now() + 1e7)}, [1, 2, 3, 4, 5, 6]],
    [{since: 0, take: 2}, [1, 2]],
    [{since: 0, take: 2, tables: ['games', 'users'], keys: [1]}, [1, 4]],
    [{since: 0, tables: ['games']}, [6]],
    [{since: 0, tables: ['GAMES']}, [6]],
    [{since: 0, keys: ['a', 2]}, [2, 3, 5]],
    [{since: 0, keys: ['1']}, []],
  ]
  test.each(cases)('with %j it tells %j', async (options, expected) => {
    await using store = await sixChanges()
    expect(seqs(await all(store.changes({...options, follow: false})))).toEqual(expected)
  })

  test.each<[FeedOptions, number[]]>([
    [{since: 2, until: 4}, [3, 4]],
    [{since: 0, until: 'now'}, [1, 2, 3, 4, 5, 6]],
    [{since: 4, take: 2}, [5, 6]],
    [{since: 4, until: new Date(0)}, []],
    [{since: 4, idleTimeout: 20}, [5, 6]],
  ])('that follows with %j it tells %j and ends by itself', async (options, expected) => {
    await using store = await sixChanges()
    expect(seqs(await all(store.changes(options)))).toEqual(expected)
  })

  test('at an instant that is still to come', async () => {
    await using store = await sixChanges()
    expect(seqs(await all(store.changes({since: 5, until: new Date(Date.now() + 50)})))).toEqual([6])
  })

  test('at a position that is still to come, when it has come', async () => {
    await using store = await sixChanges()
    const feed = all(store.changes({since: 5, until: 8}))
    for (let id = 10; id < 13; id++) await store.table('users').insert({id}, soft)
    expect(seqs(await feed)).toEqual([6, 7, 8])
  })

  test('again from the same options, each time', async () => {
    await using store = await sixChanges()
    const feed = store.changes({since: 4, follow: false})
    expect(seqs(await all(feed))).toEqual([5, 6])
    await store.table('users').insert({id: 9}, soft)
    expect(seqs(await all(feed))).toEqual([5, 6, 7])
  })

  test('nowhere that the log does not reach', async () => {
    await using store = await sixChanges()
    await expect(all(store.changes({since: 7}))).rejects.toMatchObject({
      code: 'HISTORY_LOST',
      message: expect.stringMatching(/\b1\b.*\b6\b/),
    })
  })

  test('when it is aborted, before or while it waits, without an error', async () => {
    await using store = await sixChanges()
    const abort = new AbortController()
    const told: FeedEvent[] = []
    for await (const event of store.changes({since: 4, signal: abort.signal})) {
      told.push(event)
      if (event.seq === 6) setImmediate(() => abort.abort())
    }
    expect(seqs(told)).toEqual([5, 6])
    expect(await all(store.changes({since: 4, signal: abort.signal}))).toEqual([])
    expect(await all(store.changes({includeInitial: true, signal: abort.signal}))).toEqual([])
  })

  test.each<FeedOptions>([
    {tables: []},
    {keys: []},
    {since: -1},
    {since: 1.5},
    {since: {last: -1}},
    {until: -1},
    {take: 0},
    {take: 1.5},
    {idleTimeout: 0},
    {heartbeat: -1},
    {idleTimeout: Number.NaN},
  ])('but not with %j', async options => {
    await using store = await open(join(await temporaryDirectory(), 'test.db'))
    expect(() => store.changes(options)).toThrow(expect.objectContaining({code: 'MISUSE'}))
  })
})

describe('a feed follows', () => {
  test('what is committed while it waits, by any connection, in the order of the commits', async () => {
    const file = join(await temporaryDirectory(), 'test.db')
    await using store = await open(file)
    await using other = await open(file)
    await store.table('users').insert([])
    const feed = take(store.changes({since: 0}), 40)
    for (let id = 0; id < 40; id++) await (id % 2 ? store : other).table('users').insert({id}, soft)
    const events = await feed
    expect(seqs(events)).toEqual(Array.from({length: 40}, (_, index) => index + 1))
    expect(events.map(event => 'key' in event && event.key)).toEqual(Array.from({length: 40}, (_, index) => index))
  })

  test('a table that does not exist yet, and says so', async () => {
    await using store = await open(join(await temporaryDirectory(), 'test.db'))
    const batches = store.changes({tables: ['users']}).batches()
    expect((await batches.next()).value?.warnings).toEqual([expect.stringContaining('"users"')])
    const next = batches.next()
    await store.table('users').insert({id: 1}, soft)
    expect(JSON.parse(Buffer.from((await next).value?.lines ?? []).toString())).toMatchObject({seq: 1, key: 1})
    await batches.return(undefined)
  })

  test('a log of many batches, to the last change', async () => {
    await using store = await open(join(await temporaryDirectory(), 'test.db'))
    await store.table('users').insert(
      Array.from({length: 2345}, (_, id) => ({id})),
      soft,
    )
    expect(seqs(await all(store.changes(toTheEnd)))).toEqual(Array.from({length: 2345}, (_, index) => index + 1))
    const rare = store.changes<number>({...toTheEnd, filter: 'key % 1000 = 7', map: 'key'})
    expect(await all(rare)).toEqual([7, 1007, 2007])
    expect(await all(store.changes<number>({since: 0, filter: 'key % 1000 = 7', map: 'key', take: 3}))).toEqual([
      7, 1007, 2007,
    ])
  })
})

describe('the initial part', () => {
  test('is the documents that are there, at the position of the snapshot', async () => {
    await using store = await sixChanges()
    const events = await all(store.changes({includeInitial: true, includeStates: true, follow: false}))
    expect(events.map(short).toSorted()).toEqual(
      ['initializing 6', 'initial users 1 6', 'initial users "a" 6', 'initial games 1 6', 'ready 6'].toSorted(),
    )
    expect(short(events[0] as FeedEvent)).toBe('initializing 6')
    expect(short(events.at(-1) as FeedEvent)).toBe('ready 6')
    const initial = events.find(event => short(event) === 'initial users 1 6')
    expect(Object.keys(initial ?? {})).toEqual(['seq', 'ts_ms', 'table', 'key', 'type', 'new_val'])
  })

  test('is as of the position where the feed begins, and the changes after it follow', async () => {
    await using store = await sixChanges()
    const events = await all(
      store.changes({since: 3, includeInitial: true, includeStates: true, follow: false, tables: ['users']}),
    )
    const told = events.map(short)
    expect(told.slice(1, 4).toSorted()).toEqual(['initial users "a" 3', 'initial users 1 3', 'initial users 2 3'])
    expect([told[0], ...told.slice(4)]).toEqual(['initializing 3', 'ready 3', 'change users 1 4', 'remove users 2 5'])
    expect(events.find(event => short(event) === 'initial users 1 3')).toMatchObject({new_val: {id: 1, age: 20}})
  })

  test('of a single key tells what is not there as null, and of several those that are there', async () => {
    await using store = await sixChanges()
    const initial = (...keys: Key[]) =>
      all(store.changes({includeInitial: true, follow: false, tables: ['users'], keys}))
    const missing = [{type: 'initial', key: 2, new_val: null}]
    expect(await initial(2)).toMatchObject(missing)
    expect(await initial(2, 2)).toMatchObject(missing)
    const events = await initial(2, 1, 3)
    expect(events).toHaveLength(1)
    expect(events).toMatchObject([{type: 'initial', key: 1, new_val: {id: 1, age: 21}}])
    expect(await initial(2, 3)).toEqual([])
  })

  test('counts for take', async () => {
    await using store = await sixChanges()
    const options = {since: 3, includeInitial: true, tables: ['users']}
    expect((await all(store.changes({...options, take: 2}))).map(event => event.type)).toEqual(['initial', 'initial'])
    expect((await all(store.changes({...options, take: 4}))).map(short).at(-1)).toBe('change users 1 4')
  })

  test('without it there is one state', async () => {
    await using store = await sixChanges()
    expect((await all(store.changes({includeStates: true, since: 5, follow: false}))).map(short)).toEqual([
      'ready 5',
      'add games 1 6',
    ])
  })

  test('and the changes after it lead to what is there, whoever writes meanwhile', async () => {
    const random = new Random()
    for (let round = 0; round < rounds(25); round++) {
      const file = join(await temporaryDirectory(), 'test.db')
      await using store = await open(file)
      const writers = [await open(file), await open(file)]
      await store.table('users').insert(
        Array.from({length: random.below(30)}, (_, id) => ({id})),
        soft,
      )
      let written = 0
      const writing = writers.map(async writer => {
        const table = writer.table('users')
        for (let step = 0; step < 60; step++) {
          const id = random.below(30)
          if (random.chance(0.3)) await table.delete(id, soft)
          else await table.insert({id, n: written++}, {...soft, conflict: random.pick(['update', 'replace', 'skip'])})
          if (random.chance(0.3)) await new Promise(setImmediate)
        }
      })
      const following = Array.from({length: 20}, async () => {
        // Between any two steps of the writers, most of which wait for nothing but a promise.
        for (let turns = random.below(20); turns > 0; turns--) await new Promise(setImmediate)
        for (let turns = random.below(80); turns > 0; turns--) await Promise.resolve()
        return state(store)
      })
      await Promise.all(writing)
      await store.table('users').insert({id: 'last', last: true}, soft)
      const documents = await all(store.table('users').list())
      const expected = Object.fromEntries(documents.map(document => [document.id, document]))
      for (const there of await Promise.all(following)) expect(Object.fromEntries(there)).toEqual(expected)
      for (const writer of writers) await writer.close()
    }
  })
})

describe('filter and map', () => {
  test.each<[FeedOptions, unknown[]]>([
    [{filter: 'new_val.age > 25', map: 'seq'}, [2, 3]],
    [{filter: 'type = "remove"', map: 'old_val'}, [{id: 2, age: 30}]],
    [{filter: 'new_val.age > old_val.age', map: 'new_val'}, [{id: 1, age: 21}]],
    [{filter: 'table = "games"', map: 'key'}, [1]],
    [{map: 'new_val.age'}, [20, 30, 40, 21]],
    [{map: 'new_val', keys: [2]}, [{id: 2, age: 30}, null]],
    [{map: 'new_val{"a": age}', keys: ['a']}, [{a: 40}]],
    [{map: '{"was": old_val.age}', keys: [1], tables: ['users']}, [{}, {was: 20}]],
    [{map: 'nothing'}, []],
    [{map: '$keys($)', take: 1}, [['seq', 'ts_ms', 'table', 'key', 'type', 'old_val', 'new_val']]],
    [
      {map: '$keys($)', take: 1, since: 'now', includeInitial: true},
      [['seq', 'ts_ms', 'table', 'key', 'type', 'new_val']],
    ],
    [{map: 'new_val.age', take: 2}, [20, 30]],
    [{filter: 'false'}, []],
  ])('%j tells %j', async (options, expected) => {
    await using store = await sixChanges()
    expect(await all(store.changes<unknown>({...toTheEnd, ...options}))).toEqual(expected)
  })

  test('see the initial documents and leave states and heartbeats alone', async () => {
    await using store = await sixChanges()
    const feed = store.changes<unknown>({
      includeInitial: true,
      includeStates: true,
      heartbeat: 5,
      filter: 'type = "initial" and new_val.age > 30',
      map: 'new_val.age',
    })
    expect(await take(feed, 4)).toMatchObject([
      {type: 'state', state: 'initializing'},
      40,
      {type: 'state', state: 'ready'},
      {type: 'heartbeat', seq: 6},
    ])
  })

  test('pass on the digits of long numbers', async () => {
    await using store = await open(join(await temporaryDirectory(), 'test.db'))
    await store.table('t').insert({id: 2n ** 53n + 1n, n: 1}, soft)
    for (const map of ['new_val', 'new_val.id', '{"x": new_val.id}']) {
      const [batch] = await all(store.changes({...toTheEnd, map}).batches())
      expect(Buffer.from(batch?.lines ?? []).toString()).toContain('9007199254740993')
    }
  })

  test.each(['filter', 'map'] as const)('a %s that fails on an event leaves it out and is counted', async which => {
    await using store = await sixChanges()
    const expression = which === 'filter' ? '$uppercase(key) = "A"' : '$uppercase(key)'
    const feed = store.changes({...toTheEnd, [which]: expression, tables: ['users']})
    expect(await all(feed)).toHaveLength(1)
    expect(feed.failures).toBe(4)
    const failures = (await all(store.changes({...toTheEnd, [which]: expression}).batches())).flatMap(
      batch => batch.failures,
    )
    expect(failures[0]).toEqual({expression, place: {seq: 1}, message: expect.any(String)})
  })

  test.each([0, 300])(
    'a condition that fails on a value counts once, not again as the old value of the next change, with %i more characters',
    async length => {
      await using store = await open(join(await temporaryDirectory(), 'test.db'))
      await store.table('t').insert({id: 1, a: 'x', filling: {text: '-'.repeat(length)}}, soft)
      await store.table('t').update(1, {b: 1}, soft)
      const feed = store.changes({...toTheEnd, where: 'a > 1'})
      expect(await all(feed)).toEqual([])
      expect(feed.failures).toBe(2)
    },
  )

  test('a failure ends the feed with onError fail, after what came before it', async () => {
    await using store = await sixChanges()
    const told: FeedEvent[] = []
    const feed = async () => {
      for await (const event of store.changes({
        ...toTheEnd,
        filter: 'seq < 3 or $uppercase(key) = "A"',
        onError: 'fail',
      }))
        told.push(event)
    }
    await expect(feed()).rejects.toMatchObject({code: 'EXPRESSION_FAILED', message: expect.stringContaining('seq 4')})
    expect(seqs(told)).toEqual([1, 2, 3])
  })

  test.each([{map: '{"x": 1 / 0}'}, {select: '{"x": [1 / 0]}'}, {select: '1 / 0'}])(
    'of %j fail, where JSON has no word for their result',
    async options => {
      await using store = await sixChanges()
      const failing = {...options, onError: 'fail'} as const
      const error = {code: 'EXPRESSION_FAILED', message: expect.stringContaining('which is no JSON')}
      await expect(all(store.changes({...toTheEnd, ...failing}))).rejects.toMatchObject(error)
      await expect(all(store.table('users').list(failing))).rejects.toMatchObject(error)
    },
  )

  test('keep the digits of a key that the projection leaves out', async () => {
    await using store = await sixChanges()
    await store.table('big').insert({id: 2n ** 53n + 1n, n: 1})
    const feed = store.changes({...toTheEnd, tables: ['big'], without: ['id'], map: 'key'})
    const [batch] = await all(feed.batches())
    expect(Buffer.from(batch?.lines ?? []).toString()).toBe('9007199254740993\n')
  })

  test.each<FeedOptions>([
    {where: 'n > 0'},
    {pluck: ['id', 'n']},
    {without: ['a']},
    {select: '$'},
    {where: '$eval("n > 0")', select: '$'},
  ])('a document that is no JSON is not in the set: %j', async options => {
    const file = join(await temporaryDirectory(), 'test.db')
    await using store = await open(file)
    await store.table('t').insert([{id: 1, n: 1}])
    const db = new Sqlite(file)
    db.pragma('ignore_check_constraints = ON')
    db.exec(`INSERT INTO t VALUES (2, 'not json'); UPDATE t SET doc = '{"id":2,"n":2}' WHERE id = 2`)
    db.close()
    const feed = store.changes({...toTheEnd, ...options})
    expect((await all(feed)).map(short)).toEqual(['add t 1 1', 'add t 2 3'])
    expect(feed.failures).toBeGreaterThan(0)
  })

  test('that do not parse end the feed before it begins', async () => {
    await using store = await sixChanges()
    await expect(all(store.changes({filter: 'a b'}))).rejects.toMatchObject({code: 'BAD_EXPRESSION'})
    await expect(all(store.changes({map: 'a b'}))).rejects.toMatchObject({code: 'BAD_EXPRESSION'})
  })
})

// What takes long is told bit by bit: a batch of changes is dealt with in several steps, and each goes on where the last one stopped.
test.each(['where', 'filter'] as const)('a %s that takes its time loses nothing of a batch', async name => {
  await using store = await open(join(await temporaryDirectory(), 'test.db'))
  const ids = Array.from({length: 100}, (_, id) => id)
  await store.table('users').insert(
    ids.map(id => ({id})),
    soft,
  )
  // No closure is made of $eval, and the official evaluator takes milliseconds for it.
  const slow = '$eval("$count([1..5000].($ * 2)) = 5000")'
  let batches = 0
  const told: unknown[] = []
  for await (const {lines} of store.changes({...toTheEnd, [name]: slow}).batches()) {
    const keys = Buffer.from(lines).toString().trimEnd().split('\n')
    told.push(...keys.map(line => JSON.parse(line).key))
    batches++
  }
  expect(told).toEqual(ids)
  expect(batches).toBeGreaterThan(1)
})

describe('a quiet feed', () => {
  test('gives signs of life with the position to resume from', async () => {
    await using store = await sixChanges()
    expect((await take(store.changes({heartbeat: 5}), 3)).map(short)).toEqual([
      'heartbeat 6',
      'heartbeat 6',
      'heartbeat 6',
    ])
    expect((await take(store.changes({heartbeat: 5, since: 0, filter: 'false'}), 1)).map(short)).toEqual([
      'heartbeat 6',
    ])
  })

  test('gives them also while it passes over what nobody asked for', async () => {
    await using store = await sixChanges()
    await store.table('users').insert(
      Array.from({length: 1500}, (_, id) => ({id: id + 10})),
      soft,
    )
    const events = await all(store.changes({...toTheEnd, heartbeat: 1, filter: '$eval("false")'}))
    expect(new Set(events.map(event => event.type))).toEqual(new Set(['heartbeat']))
    expect(seqs(events)[0]).toBeLessThan(1506)
  })

  test('ends after its idle timeout; heartbeats do not keep it', async () => {
    await using store = await sixChanges()
    const events = await all(store.changes({since: 5, heartbeat: 5, idleTimeout: 400}))
    expect(events.map(event => event.type).slice(0, 2)).toEqual(['add', 'heartbeat'])
    expect(new Set(events.slice(1).map(short))).toEqual(new Set(['heartbeat 6']))
    // At least 5 ms apart, within 400 ms.
    expect(events.length - 1).toBeLessThanOrEqual(80)
  })
})

test('a feed of a table that is dropped tells what the drop removed, and ends with an error', async () => {
  const store = await sixChanges()
  const told: string[] = []
  const feed = (async () => {
    for await (const event of store.changes({tables: ['users', 'games'], includeStates: true, includeInitial: true})) {
      told.push(event.type)
      if (event.type === 'state' && event.state === 'ready') await store.table('games').drop()
    }
  })()
  await expect(feed).rejects.toMatchObject({code: 'NO_TABLE', message: 'the table "games" was dropped'})
  expect(told.slice(-2)).toEqual(['state', 'remove'])
  await store.close()
})

test.each([
  ['', {}],
  ['of a set', {where: 'true'}],
  ['of merged changes', {squash: 0}],
  ['of a window', {orderBy: 'id', limit: 5}],
])('a feed %s that is behind when its table is made anew tells nothing of the new one', async (_, options) => {
  const store = await sixChanges()
  const told: unknown[] = []
  const feed = (async () => {
    for await (const event of store.changes({
      ...options,
      tables: ['games'],
      includeStates: true,
      includeInitial: true,
    })) {
      told.push(event.type === 'state' ? event.state : event.type)
      if (event.type !== 'state' || event.state !== 'ready') continue
      await store.table('games').drop()
      await store.table('games').insert([{id: 'tetris'}, {id: 'go'}])
    }
  })()
  await expect(feed).rejects.toMatchObject({code: 'NO_TABLE', message: 'the table "games" was dropped'})
  expect(told.slice(-2)).toEqual(['ready', 'remove'])
  await store.close()
})

test('a feed whose file is moved away says so, when it begins and while it waits', async () => {
  const file = join(await temporaryDirectory(), 'test.db')
  await using store = await open(file)
  const feed = store.changes({includeStates: true})[Symbol.asyncIterator]()
  await feed.next()
  await rename(file, `${file}.old`)
  await expect(feed.next()).rejects.toMatchObject({code: 'REPLACED'})
  await expect(all(store.changes())).rejects.toMatchObject({code: 'REPLACED'})
})
