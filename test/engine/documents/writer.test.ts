import {join} from 'node:path'
import Sqlite from 'better-sqlite3'
import {describe, expect, test} from 'vitest'
import type {Document} from '../../../src/engine/documents/document.ts'
import {parse} from '../../../src/engine/documents/json.ts'
import {Writer} from '../../../src/engine/documents/writer.ts'
import {openSqlite} from '../../../src/engine/storage/sqlite/sqlite.ts'
import {open, type Store} from '../../../src/engine/store.ts'
import {all, temporaryDirectory} from '../../support.ts'

const none = {deleted: 0, errors: 0, inserted: 0, replaced: 0, skipped: 0, unchanged: 0}

async function withUsers(...documents: Document[]): Promise<Store> {
  const store = await open(join(await temporaryDirectory(), 'test.db'))
  if (documents.length > 0) await store.table('users').insert(documents, {durability: 'soft'})
  return store
}

describe('inserting', () => {
  test('tells the counts, zeros included, and the position, in that order', async () => {
    await using store = await withUsers()
    const result = await store.table('users').insert([{id: 1}, {id: 2}])
    expect(JSON.stringify(result)).toBe(
      '{"deleted":0,"errors":0,"inserted":2,"replaced":0,"skipped":0,"unchanged":0,"seq":2}',
    )
  })

  test('nothing makes the table and tells where the log ends', async () => {
    await using store = await withUsers({id: 1})
    expect(await store.table('games').insert([])).toEqual({...none, seq: 1})
    expect((await store.tables()).map(table => table.name)).toEqual(['games', 'users'])
  })

  test('documents without an id tells the keys that were made, in their order', async () => {
    await using store = await withUsers()
    const {generated_keys: keys = [], ...result} = await store.table('users').insert([{n: 1}, {id: 'a'}, {n: 2}])
    expect(result).toEqual({...none, inserted: 3, seq: 3})
    expect(await store.table('users').get(...keys)).toEqual([
      {id: keys[0], n: 1},
      {id: keys[1], n: 2},
    ])
  })

  test('takes one document, several, or a stream of them, in any number', async () => {
    await using store = await withUsers()
    const many = async function* () {
      for (let id = 10; id < 2510; id++) yield {id}
    }
    expect((await store.table('users').insert({id: 1})).inserted).toBe(1)
    expect((await store.table('users').insert([{id: 2}, {id: 3}])).inserted).toBe(2)
    expect(await store.table('users').insert(many(), {durability: 'soft'})).toEqual({
      ...none,
      inserted: 2500,
      seq: 2503,
    })
  })

  const refusals: [unknown, RegExp][] = [
    [{id: 1}, /duplicate primary key `id`: 1/],
    [{id: null}, /`id` must be/],
    [{id: {}}, /`id` must be/],
    [{id: 'a\0'}, /U\+0000/],
    [7, /not number/],
    [[{id: 5}], /not array/],
    [null, /not null/],
  ]
  test.each(refusals)('%j is refused by itself; the others are stored', async (document, reason) => {
    await using store = await withUsers({id: 1})
    const result = await store.table('users').insert([{id: 2}, document as Document, {id: 3}])
    expect(result).toMatchObject({...none, inserted: 2, errors: 1, seq: 3})
    expect(result.first_error).toMatch(reason)
    expect(await store.table('users').get(2, 3)).toEqual([{id: 2}, {id: 3}])
  })

  test('tells the first of several reasons', async () => {
    await using store = await withUsers({id: 1})
    const result = await store.table('users').insert([{id: null}, {id: 1}] as Document[])
    expect(result).toMatchObject({errors: 2, first_error: expect.stringContaining('not null')})
  })

  test('what another JSON stands for is stored as that, or refused', async () => {
    await using store = await withUsers({id: 1, at: {a: 1}})
    const users = store.table('users')
    const day = new Date(0)
    const given = [
      {id: 3, toJSON: () => 5},
      {id: 4, toJSON: () => ({id: 44, x: 1})},
      {toJSON: () => ({y: day})},
      {id: 5, day},
    ]
    const {generated_keys, ...result} = await users.insert(given)
    expect(result).toMatchObject({inserted: 3, errors: 1, first_error: 'a document is a JSON object, not number'})
    const [key = ''] = generated_keys ?? []
    expect(await users.get(3, 4, 44, key, 5)).toEqual([
      null,
      null,
      {id: 44, x: 1},
      {id: key, y: day.toJSON()},
      {id: 5, day: day.toJSON()},
    ])
    expect(await users.update(1, {at: day, b: {toJSON: () => ({c: day})}})).toMatchObject({replaced: 1})
    expect(await users.update(5, {day: 1, toJSON: () => ({z: 1})})).toMatchObject({replaced: 1})
    expect(await users.replace(44, {toJSON: () => ({id: 45})})).toMatchObject({errors: 1})
    expect(await users.get(1, 5)).toEqual([
      {id: 1, at: day.toJSON(), b: {c: day.toJSON()}},
      {id: 5, day: day.toJSON(), z: 1},
    ])
  })

  test('a number that JSON does not have is refused', async () => {
    await using store = await withUsers({id: 1})
    const users = store.table('users')
    const documents = [
      {id: 2, a: [{b: Number.NaN}]},
      {id: 3, n: null},
      {n: Number.POSITIVE_INFINITY, big: 1n, day: new Date(0)},
    ]
    expect(await users.insert(documents)).toMatchObject({
      inserted: 1,
      errors: 2,
      first_error: 'the document holds NaN as "b", which is no JSON',
    })
    expect(await users.update(1, {n: Number.NaN})).toMatchObject({errors: 1})
    expect(await users.replace(1, {id: 1, n: -Infinity})).toMatchObject({errors: 1})
    expect(await users.get(1, 3)).toEqual([{id: 1}, {id: 3, n: null}])
  })

  test('what is nested beyond reason is refused', async () => {
    await using store = await withUsers()
    let deep: Document = {}
    for (let depth = 0; depth < 2000; depth++) deep = {deep}
    expect(await store.table('users').insert([{id: 1, deep}, {id: 2}])).toMatchObject({inserted: 1, errors: 1})
    for (let depth = 0; depth < 100_000; depth++) deep = {deep}
    expect(await store.table('users').insert([{id: 1, deep}, {id: 3}])).toMatchObject({inserted: 1, errors: 1})
    expect(await store.table('users').update(2, {deep})).toMatchObject({errors: 1})
  })

  type Case = [conflict: 'error' | 'skip' | 'update' | 'replace', document: Document, counts: object, stored: Document]
  const conflicts: Case[] = [
    ['error', {id: 1, b: 2}, {errors: 1, first_error: 'duplicate primary key `id`: 1'}, {id: 1, a: {x: 1}}],
    ['skip', {id: 1, b: 2}, {skipped: 1}, {id: 1, a: {x: 1}}],
    ['update', {id: 1, a: {y: 2}}, {replaced: 1}, {id: 1, a: {x: 1, y: 2}}],
    ['update', {id: 1, a: {x: 1}}, {unchanged: 1}, {id: 1, a: {x: 1}}],
    ['replace', {id: 1, b: 2}, {replaced: 1}, {id: 1, b: 2}],
    ['replace', {a: {x: 1}, id: 1}, {unchanged: 1}, {id: 1, a: {x: 1}}],
    ['error', {id: 2}, {inserted: 1}, {id: 1, a: {x: 1}}],
    ['skip', {id: 2}, {inserted: 1}, {id: 1, a: {x: 1}}],
    ['update', {id: 2}, {inserted: 1}, {id: 1, a: {x: 1}}],
    ['replace', {id: 2}, {inserted: 1}, {id: 1, a: {x: 1}}],
  ]
  test.each(conflicts)('with conflict %s: %j counts as %j', async (conflict, document, counts, stored) => {
    await using store = await withUsers({id: 1, a: {x: 1}})
    const result = await store.table('users').insert([document], {conflict})
    const writes = 'inserted' in counts || 'replaced' in counts ? 1 : 0
    expect(result).toEqual({...none, ...counts, seq: 1 + writes})
    expect(await store.table('users').get(1)).toEqual([stored])
  })

  test.each([
    ['{"id": id, "n": old_val.n + new_val.n}', {replaced: 1}, {id: 1, n: 3}],
    ['old_val', {unchanged: 1}, {id: 1, n: 1}],
    ['null', {deleted: 1}, null],
    ['nothing', {errors: 1, first_error: expect.stringContaining('no result')}, {id: 1, n: 1}],
    ['{"id": 2}', {errors: 1, first_error: expect.stringContaining('cannot be changed')}, {id: 1, n: 1}],
    ['$error("no")', {errors: 1, first_error: expect.stringContaining('no')}, {id: 1, n: 1}],
    ['5', {errors: 1, first_error: expect.stringContaining('not number')}, {id: 1, n: 1}],
  ])('with the conflict expression %s counts as %j', async (conflictExpr, counts, stored) => {
    await using store = await withUsers({id: 1, n: 1})
    const result = await store.table('users').insert([{id: 1, n: 2}, {id: 5}], {conflictExpr})
    expect(result).toMatchObject({...none, inserted: 1, ...counts})
    expect(await store.table('users').get(1, 5)).toEqual([stored, {id: 5}])
  })

  test('one key twice in one batch is a conflict with itself', async () => {
    await using store = await withUsers()
    const insert = (conflict: 'error' | 'update' | 'skip') =>
      store.table('users').insert(
        [
          {id: conflict, n: 1},
          {id: conflict, n: 2},
        ],
        {conflict},
      )
    expect(await insert('error')).toMatchObject({inserted: 1, errors: 1})
    expect(await insert('skip')).toMatchObject({inserted: 1, skipped: 1})
    expect(await insert('update')).toMatchObject({inserted: 1, replaced: 1})
    const counted = await store.table('users').insert(
      [
        {id: 'x', n: 1},
        {id: 'x', n: 2},
        {id: 'x', n: 3},
      ],
      {conflictExpr: '{"id": id, "n": old_val.n + new_val.n}'},
    )
    expect(counted).toMatchObject({inserted: 1, replaced: 2})
    expect(await store.table('users').get('x')).toEqual([{id: 'x', n: 6}])
  })

  test('one key many times in one batch takes one look and one write', async () => {
    await using storage = await openSqlite(join(await temporaryDirectory(), 'test.db'), 'write')
    const asked: string[] = []
    const counting = new Proxy(storage, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          if (name === 'write' && (args[1] as unknown[]).length > 0) asked.push(name)
          return value.apply(target, args)
        }
      },
    })
    const hits = Array.from({length: 100}, () => [{value: {id: 'a', n: 1}}, {value: {id: 'b', n: 2}}]).flat()
    const steps = new Writer(counting, 'hits').insert(ReadableStream.from([hits]), {
      conflictExpr: '{"id": id, "n": old_val.n + new_val.n}',
    })
    for await (const {tally} of steps) expect(tally.errors).toBe(0)
    expect(await storage.get('hits', ['a', 'b'])).toEqual(['{"id":"a","n":100}', '{"id":"b","n":200}'])
    expect(asked).toEqual(['write'])
  })

  test('a conflict over a key past 2^53 sees it as a number', async () => {
    await using store = await withUsers({id: 2n ** 53n + 1n})
    const conflictExpr = '{"id": id, "type": $type(id), "same": id = old_val.id}'
    await store.table('users').insert({id: 2n ** 53n + 1n}, {conflictExpr})
    expect(await store.table('users').getText(2n ** 53n + 1n)).toEqual([
      '{"id":9007199254740993,"type":"number","same":true}',
    ])
  })

  test('an expression that does not parse is refused before anything is written', async () => {
    await using store = await withUsers()
    await expect(store.table('users').insert([{id: 1}], {conflictExpr: 'a b'})).rejects.toMatchObject({
      code: 'BAD_EXPRESSION',
    })
    expect(await store.tables()).toEqual([])
  })
})

describe('changing documents', () => {
  const users = [
    {id: 1, age: 20},
    {id: 2, age: 30},
    {id: 'a', age: 40},
  ]
  type Work = (table: ReturnType<Store['table']>) => Promise<unknown>
  const cases: [string, Work, counts: object, left: Document[]][] = [
    [
      'update a key',
      table => table.update(1, {age: 21}),
      {replaced: 1},
      [
        {id: 1, age: 21},
        {id: 2, age: 30},
        {id: 'a', age: 40},
      ],
    ],
    ['update to the same', table => table.update(1, {age: 20.0}), {unchanged: 1}, users],
    [
      'update several keys',
      table => table.update({keys: [1, 'a', 9]}, {x: 1}),
      {replaced: 2, skipped: 1},
      [
        {id: 1, age: 20, x: 1},
        {id: 2, age: 30},
        {id: 'a', age: 40, x: 1},
      ],
    ],
    [
      'update where',
      table => table.update({where: 'age >= 30'}, {old: true}),
      {replaced: 2},
      [
        {id: 1, age: 20},
        {id: 2, age: 30, old: true},
        {id: 'a', age: 40, old: true},
      ],
    ],
    [
      'update all',
      table => table.update({all: true}, {age: 30}),
      {replaced: 2, unchanged: 1},
      users.map(user => ({...user, age: 30})),
    ],
    [
      'update by expression',
      table => table.update({all: true}, {expr: '{"age": age + 1}'}),
      {replaced: 3},
      users.map(user => ({...user, age: user.age + 1})),
    ],
    [
      'update by an expression of nothing',
      table => table.update({all: true}, {expr: 'age > 30 ? {"x": 1}'}),
      {replaced: 1, unchanged: 2},
      [
        {id: 1, age: 20},
        {id: 2, age: 30},
        {id: 'a', age: 40, x: 1},
      ],
    ],
    [
      'update by an expression that fails',
      table => table.update(1, {expr: '$error("no")'}),
      {errors: 1, first_error: expect.any(String)},
      users,
    ],
    [
      'update the key',
      table => table.update(1, {id: 2}),
      {errors: 1, first_error: 'primary key `id` cannot be changed (1 to 2)'},
      users,
    ],
    [
      'replace',
      table => table.replace(1, {id: 1, b: 1}),
      {replaced: 1},
      [
        {id: 1, b: 1},
        {id: 2, age: 30},
        {id: 'a', age: 40},
      ],
    ],
    ['replace by the same', table => table.replace(1, {age: 20, id: 1}), {unchanged: 1}, users],
    [
      'replace where there is none',
      table => table.replace(3, {id: 3}),
      {inserted: 1},
      [{id: 1, age: 20}, {id: 2, age: 30}, {id: 3}, {id: 'a', age: 40}],
    ],
    [
      'replace by null',
      table => table.replace(1, null),
      {deleted: 1},
      [
        {id: 2, age: 30},
        {id: 'a', age: 40},
      ],
    ],
    ['replace nothing by null', table => table.replace(9, null), {skipped: 1}, users],
    [
      'replace by another key',
      table => table.replace(1, {id: 3}),
      {errors: 1, first_error: 'primary key `id` cannot be changed (1 to 3)'},
      users,
    ],
    [
      'replace by no key',
      table => table.replace(1, {}),
      {errors: 1, first_error: 'the new document has no `id`'},
      users,
    ],
    [
      'replace by expression',
      table => table.replace(1, {expr: '{"id": id, "was": age}'}),
      {replaced: 1},
      [
        {id: 1, was: 20},
        {id: 2, age: 30},
        {id: 'a', age: 40},
      ],
    ],
    [
      'replace by an expression of nothing',
      table => table.replace(1, {expr: 'x'}),
      {errors: 1, first_error: expect.stringContaining('no result')},
      users,
    ],
    [
      'delete a key',
      table => table.delete(1),
      {deleted: 1},
      [
        {id: 2, age: 30},
        {id: 'a', age: 40},
      ],
    ],
    ['delete a key that is not there', table => table.delete('1'), {skipped: 1}, users],
    [
      'delete a key twice',
      table => table.delete({keys: [1, 1]}),
      {deleted: 1, skipped: 1},
      [
        {id: 2, age: 30},
        {id: 'a', age: 40},
      ],
    ],
    ['delete where', table => table.delete({where: 'age > 20'}), {deleted: 2}, [{id: 1, age: 20}]],
    [
      'delete where the condition fails on some',
      table => table.delete({where: '$uppercase(id) = "A"'}),
      {deleted: 1},
      [
        {id: 1, age: 20},
        {id: 2, age: 30},
      ],
    ],
    ['delete all', table => table.delete({all: true}), {deleted: 3}, []],
  ]
  test.each(cases)('%s', async (_, work, counts, left) => {
    await using store = await withUsers(...users)
    const changed = Object.entries(counts).reduce(
      (sum, [name, count]) => sum + (['inserted', 'replaced', 'deleted'].includes(name) ? count : 0),
      0,
    )
    expect(await work(store.table('users'))).toEqual({...none, ...counts, seq: 3 + changed})
    expect(await all(store.table('users').list())).toEqual(left)
  })

  test('keeps the digits that an expression has passed on', async () => {
    await using store = await withUsers({id: 1, n: 9007199254740993n, m: 1})
    await store.table('users').update(1, {expr: '{"copy": n, "m": m + 1}'})
    expect(await store.table('users').getText(1)).toEqual([
      '{"id":1,"n":9007199254740993,"m":2,"copy":9007199254740993}',
    ])
  })

  test('refuses the result of a division by zero, which JSON cannot say', async () => {
    await using store = await withUsers({id: 1, n: 0, m: null})
    expect(await store.table('users').update(1, {expr: '{"x": [1 / n]}'})).toMatchObject({
      errors: 1,
      replaced: 0,
      first_error: 'the result holds Infinity as "0", which is no JSON',
    })
    expect(await store.table('users').update(1, {expr: '{"x": m}'})).toMatchObject({replaced: 1})
    expect(await store.table('users').getText(1)).toEqual(['{"id":1,"n":0,"m":null,"x":null}'])
  })

  test('keeps what JSON can say and a double cannot, beside a null', async () => {
    await using store = await withUsers(parse('{"id":1,"big":1e400,"n":null}') as Document)
    expect(await store.table('users').replace(1, {expr: '$merge([$, {"x": 1}])'})).toMatchObject({replaced: 1})
    expect(await store.table('users').getText(1)).toEqual(['{"id":1,"big":1e400,"n":null,"x":1}'])
  })

  test('takes two spellings of one fraction for one number', async () => {
    await using store = await withUsers(parse('{"id":1,"a":0.1,"b":0.10000000000000001}') as Document)
    expect(await store.table('users').update(1, {expr: '{"c": a, "d": 0.1}'})).toMatchObject({replaced: 1})
    expect(await store.table('users').get(1)).toEqual([{id: 1, a: 0.1, b: 0.1, c: 0.1, d: 0.1}])
  })

  test.each(['{"f": $sum}', '{"f": function($x){$x}}', '{"a": [{"f": /x/}]}'])('refuses %s', async expr => {
    await using store = await withUsers({id: 1})
    expect(await store.table('users').update(1, {expr})).toMatchObject({
      errors: 1,
      first_error: 'the result holds a function as "f"',
    })
  })

  test('is done on the documents of every kind of key', async () => {
    await using store = await withUsers(
      {id: 0.1 + 0.2},
      {id: true},
      {id: [1, 'a']},
      {id: 2n ** 53n + 1n},
      {id: 2 ** 62},
      {id: ''},
    )
    expect(await store.table('users').update({all: true}, {x: 1})).toMatchObject({replaced: 6})
    expect(await store.table('users').delete({where: 'x = 1'})).toMatchObject({deleted: 6})
  })

  test('needs a table that exists', async () => {
    await using store = await withUsers()
    const table = store.table('users')
    for (const work of [
      () => table.update(1, {}),
      () => table.replace(1, {id: 1}),
      () => table.delete({all: true}),
      () => table.delete(1),
      () => table.drop(),
      () => table.get(1),
    ]) {
      await expect(work()).rejects.toMatchObject({code: 'NO_TABLE'})
    }
  })

  test('two at once by expression lose no update', async () => {
    await using store = await withUsers({id: 1, n: 0})
    const count = async () => {
      for (let round = 0; round < 20; round++)
        await store.table('users').update(1, {expr: '{"n": n + 1}'}, {durability: 'soft'})
    }
    await Promise.all([count(), count(), count()])
    expect(await store.table('users').get(1)).toEqual([{id: 1, n: 60}])
  })
})

describe('with returnChanges', () => {
  test('each change is told with its old and its new value', async () => {
    await using store = await withUsers({id: 1, n: 1}, {id: 2, n: 2})
    const table = store.table('users')
    const changes = async (result: Promise<{changes?: unknown}>) => (await result).changes
    const options = {returnChanges: true}
    expect(await changes(table.update({all: true}, {n: 2}, options))).toEqual([
      {old_val: {id: 1, n: 1}, new_val: {id: 1, n: 2}},
    ])
    expect(await changes(table.insert([{id: 3}, {id: 3}], options))).toEqual([{old_val: null, new_val: {id: 3}}])
    expect(await changes(table.delete(3, options))).toEqual([{old_val: {id: 3}, new_val: null}])
    expect(await changes(table.delete(3, options))).toEqual([])
    expect(await changes(table.drop(options))).toEqual([
      {old_val: {id: 1, n: 2}, new_val: null},
      {old_val: {id: 2, n: 2}, new_val: null},
    ])
  })

  test('the result stays one line, also when another program has stored documents over several', async () => {
    const file = join(await temporaryDirectory(), 'test.db')
    await using store = await open(file)
    await store.table('users').insert([])
    const db = new Sqlite(file)
    db.prepare('INSERT INTO users VALUES (?, ?)').run('a', '{\n"id": "a"\n}')
    db.close()
    for await (const {tally} of store.table('users').writer.delete({all: true}, {returnChanges: true})) {
      expect(tally.text()).not.toContain('\n')
    }
  })
})
