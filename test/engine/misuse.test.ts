// What a program in JavaScript gets wrong is refused; least of all it means everything.
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import type {Sink} from '../../src/engine/sinks/sink.ts'
import {makeSink} from '../../src/engine/sinks/target.ts'
import {open, type Store} from '../../src/engine/store.ts'
import {compile} from '../../src/expression.ts'
import {all, temporaryDirectory} from '../support.ts'

async function newStore(): Promise<Store> {
  const store = await open(join(await temporaryDirectory(), 'test.db'))
  await store.table('t').insert([{id: 1}, {id: 2}])
  return store
}

const misuse = {name: 'LitefeedError', code: 'MISUSE'}

describe.each([
  {},
  {where: undefined},
  {all: false},
  {id: 1},
  {keys: 1},
  {where: 1},
  {where: 'id = 1', all: true},
  new Date(),
  null,
])('a selection %j', selection => {
  test('is refused, and changes nothing', async () => {
    await using store = await newStore()
    const table = store.table('t')
    const selected = selection as never
    await expect(table.delete(selected)).rejects.toMatchObject(misuse)
    await expect(table.update(selected, {n: 1})).rejects.toMatchObject(misuse)
    await expect(table.replace(selected, {expr: 'null'})).rejects.toMatchObject(misuse)
    expect(await all(table.list())).toEqual([{id: 1}, {id: 2}])
  })
})

test.each([
  {tables: 't'},
  {keys: 1},
  {where: 1},
  {pluck: 'a'},
  {orderBy: 1, limit: 1},
  {since: 'x'},
  {since: null},
  {since: new Date(Number.NaN)},
  {since: {}},
  {until: 'x'},
  {table: 't'},
  {keys: [null]},
  {keys: [1, {}]},
  {onError: 'throw'},
  {onGap: 'ignore'},
  {includeInitial: 'false'},
  {follow: 0},
  {take: '1'},
  {heartbeat: '1s'},
  {signal: new AbortController()},
])('options %j are refused', async options => {
  await using store = await newStore()
  expect(() => store.changes(options as never)).toThrow(expect.objectContaining(misuse))
})

test.each([
  {pluck: 'name'},
  {without: [1]},
  {where: 5},
  {select: {}},
  {map: 5},
  {orderBy: 5},
  {limit: '1'},
  {onError: 'throw'},
  {order: 'id'},
  {signal: 1},
])('options %j of a list are refused', async options => {
  await using store = await newStore()
  await expect(all(store.table('t').list(options as never))).rejects.toMatchObject(misuse)
})

test.each([null, 5, 'x', undefined])('%j is refused for documents', async documents => {
  await using store = await newStore()
  await expect(store.table('t').insert(documents as never)).rejects.toMatchObject(misuse)
})

test('what is no text is refused for an expression', async () => {
  await using store = await newStore()
  await expect(store.table('t').insert({id: 1}, {conflictExpr: 5 as never})).rejects.toMatchObject(misuse)
  await expect(compile(5 as never)).rejects.toMatchObject({
    name: 'ExpressionError',
    message: expect.stringContaining('5'),
  })
})

test('other words than those that there are are refused', async () => {
  await using store = await newStore()
  const file = join(await temporaryDirectory(), 'test.db')
  await expect(open(file, {access: 'readonly' as never})).rejects.toMatchObject(misuse)
  await expect(store.table('t').insert({id: 1}, {conflict: 'ignore' as never})).rejects.toMatchObject(misuse)
  await expect(makeSink({} as never)).rejects.toMatchObject(misuse)
  expect(() => store.table(1 as never)).toThrow(expect.objectContaining(misuse))
})

/** A receiver that refuses everything. */
const refusing: Sink = {
  name: 'here',
  batch: 1,
  parallel: 1,
  order: 'each',
  deliver: async parcels => parcels.map(() => ({kind: 'poison', reason: 'no'})),
  async [Symbol.asyncDispose]() {},
}

test.each([{onPoison: 'drop'}, {onPoison: 'dlq'}, {bury: async () => {}}, {onPoison: 'dlq', bury: 1}, {signal: 1}])(
  'a pipe with %j is refused',
  async options => {
    await using store = await newStore()
    await expect(all(store.pipe(refusing, {follow: false}, options as never))).rejects.toMatchObject(misuse)
  },
)

test('without a word about poison a pipe ends at it', async () => {
  await using store = await newStore()
  const pipe = store.pipe(refusing, {since: 'beginning', follow: false}, {as: 'x'})
  await expect(all(pipe)).rejects.toMatchObject({code: 'UNDELIVERED'})
  expect(await store.consumers()).toMatchObject([{position: 0}])
})

test.each([
  {to: 'http://h', batch: 0},
  {to: 'http://h', batch: 1.5},
  {to: [1]},
  {to: 'exec:cat', maxUnacked: '3'},
  {to: 'exec:cat', each: 1},
  {to: 'nats://h', subject: 1},
])('the target %j is refused', async target => {
  await expect(makeSink(target as never)).rejects.toMatchObject(misuse)
})

test('a consumer has a name that can be typed, and a position that is in the log', async () => {
  await using store = await newStore()
  for (const name of ['', 'a\nb', '\ud800', 5, undefined]) {
    await expect(store.consume(name as never)).rejects.toMatchObject(misuse)
    await expect(store.resetConsumer(name as never, 'now')).rejects.toMatchObject(misuse)
  }
  for (const to of [undefined, {}, {ago: 'x'}, {ago: Number.NaN}, new Date(Number.NaN), 'bogus', Number.NaN, 1.5, null])
    await expect(store.resetConsumer('x', to as never)).rejects.toMatchObject(misuse)
  expect(await store.consumers()).toEqual([])
  await store.resetConsumer('x', 1)
  for (const position of [1.5, 99, -1, '2', undefined])
    await expect(store.acknowledge('x', position as never)).rejects.toMatchObject(misuse)
  await using consumer = await store.consume('x')
  for (const position of [1.5, 99, -1, '2'])
    await expect(consumer.advance(position as never)).rejects.toMatchObject(misuse)
  expect(await store.consumers()).toMatchObject([{position: 1}])
})

test('a store that was closed says so', async () => {
  const store = await newStore()
  await store.close()
  await expect(store.table('t').get(1)).rejects.toMatchObject({code: 'CLOSED'})
  await expect(store.table('t').insert({id: 3})).rejects.toMatchObject({code: 'CLOSED'})
  await expect(all(store.changes({follow: false}))).rejects.toMatchObject({code: 'CLOSED'})
})
