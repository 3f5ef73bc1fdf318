import {join} from 'node:path'
import Sqlite from 'better-sqlite3'
import {expect, test} from 'vitest'
import type {Document} from '../../../src/engine/documents/document.ts'
import type {ChangeEvent} from '../../../src/engine/feed/event.ts'
import {Feed} from '../../../src/engine/feed/feed.ts'
import {openSqlite} from '../../../src/engine/storage/sqlite/sqlite.ts'
import {open, type Store} from '../../../src/engine/store.ts'
import {Random, rounds, temporaryDirectory} from '../../support.ts'

const soft = {durability: 'soft'} as const

test('a window over a table that is much larger stays true, while it is emptied and filled by the hundred', async () => {
  const random = new Random()
  for (let round = 0; round < rounds(3); round++) {
    await using store = await open(join(await temporaryDirectory(), 'db'))
    const table = store.table('t')
    await table.insert(
      Array.from({length: 1500}, () => document(random)),
      soft,
    )
    const query = {
      orderBy: random.pick(['v', 'v:desc']),
      limit: random.pick([1, 3, 10, 40]),
      where: random.pick([undefined, 'even']),
    }
    const squash = random.pick([undefined, undefined, 0])
    const abort = new AbortController()
    const feed = store
      .changes({
        tables: ['t'],
        ...query,
        squash,
        includeInitial: true,
        includeOffsets: true,
        heartbeat: 1,
        signal: abort.signal,
      })
      [Symbol.asyncIterator]()
    const list: Document[] = []
    const past = new Past(store)
    for (let step = 0; step < 30; step++) {
      // Several writes before the feed is read: it is behind when it reads the table.
      const writes = 1 + random.below(4)
      let newest = 0
      for (let count = 0; count < writes; count++) newest = await write(store, random, query.orderBy)
      for (;;) {
        const {value: event} = await feed.next()
        if (event.type === 'heartbeat') {
          if (event.seq >= newest) break
        } else if (event.type === 'initial') list.splice(event.new_offset as number, 0, event.new_val as Document)
        else {
          apply(list, event as ChangeEvent, query.limit)
          // Also between the writes, where the table is ahead of the feed.
          if (squash === undefined && random.chance(0.05)) expect(list).toEqual(await past.window(event.seq, query))
        }
      }
      const expected: Document[] = []
      for await (const one of table.list(query)) expected.push(one)
      expect(list).toEqual(expected)
    }
    abort.abort()
  }
})

test.each([1001, 1600, 2001])(
  'a window over a table with an index that loses its first %d documents at once',
  async count => {
    await using store = await open(join(await temporaryDirectory(), 'db'))
    const table = store.table('T')
    await table.insert(
      Array.from({length: 10_500}, (_, index) => ({id: index + 1, v: index + 1})),
      soft,
    )
    const abort = new AbortController()
    const options = {tables: ['t'], orderBy: 'v', limit: 10, includeInitial: true, includeOffsets: true, heartbeat: 1}
    const feed = store.changes({...options, signal: abort.signal})[Symbol.asyncIterator]()
    const list: Document[] = []
    while (list.length < 10) {
      const {value: event} = await feed.next()
      expect(event).toMatchObject({type: 'initial', table: 'T'})
      list.push(event.new_val)
    }
    const {seq} = await table.delete({where: `v <= ${count}`}, soft)
    for (;;) {
      const {value: event} = await feed.next()
      if (event.type !== 'heartbeat') apply(list, event as ChangeEvent, 10)
      else if (event.seq >= seq) break
    }
    abort.abort()
    expect(list.map(({id}) => id)).toEqual(Array.from({length: 10}, (_, index) => count + 1 + index))
  },
)

test('the positions of events that were merged never fall', async () => {
  await using store = await open(join(await temporaryDirectory(), 'db'))
  const table = store.table('t')
  await table.insert([
    {id: 1, v: 1},
    {id: 2, v: 2},
    {id: 3, v: 3},
  ])
  const abort = new AbortController()
  const options = {tables: ['t'], orderBy: 'v', limit: 2, squash: 0, includeStates: true, heartbeat: 1}
  const feed = store.changes({...options, signal: abort.signal})[Symbol.asyncIterator]()
  expect((await feed.next()).value).toMatchObject({state: 'ready', seq: 3})
  // In one transaction: 3 takes the place of 2, and then 1 is changed where it is.
  await table.update({keys: [3, 1]}, {expr: 'id = 3 ? {"v": 0} : {"x": 1}'})
  const told: ChangeEvent[] = []
  for (;;) {
    const {value: event} = await feed.next()
    if (event.type !== 'heartbeat') told.push(event as ChangeEvent)
    else if (event.seq >= 5) break
  }
  abort.abort()
  expect(told.map(({key}) => key)).toEqual([1, 3])
  expect(told.map(({seq}) => seq)).toEqual([4, 4])
})

test('merged changes that cancel out are told where what is shown is another', async () => {
  const file = join(await temporaryDirectory(), 'db')
  await using store = await open(file)
  await store.table('t').insert({id: 1, n: 1, a: 2})
  const abort = new AbortController()
  const options = {tables: ['t'], orderBy: 'n', limit: 2, select: '$keys($)', squash: 0, includeStates: true}
  const feed = store.changes({...options, signal: abort.signal})[Symbol.asyncIterator]()
  expect((await feed.next()).value).toMatchObject({state: 'ready'})
  const db = new Sqlite(file)
  db.exec(`UPDATE t SET doc = '{"a":2,"n":1,"id":1}'`)
  db.close()
  expect((await feed.next()).value).toMatchObject({old_val: ['id', 'n', 'a'], new_val: ['a', 'n', 'id']})
  abort.abort()
})

function apply(list: Document[], event: ChangeEvent, limit: number): void {
  const {old_offset, new_offset} = event as {old_offset: number | null; new_offset: number | null}
  if (old_offset !== null) expect(list.splice(old_offset, 1)).toEqual([event.old_val])
  if (new_offset !== null) list.splice(new_offset, 0, event.new_val as Document)
  expect(list.length).toBeLessThanOrEqual(limit)
}

/** Most of it happens where the window is. Returns the position after it. */
async function write(store: Store, random: Random, orderBy: string): Promise<number> {
  const table = store.table('t')
  const firsts: string[] = []
  for await (const {id} of table.list<{id: string}>({orderBy, limit: 1 + random.below(250)})) firsts.push(id)
  const some = firsts.filter(() => random.chance(0.7))
  switch (random.below(5)) {
    case 0:
    case 1:
      return (await table.delete({keys: some}, soft)).seq
    case 2:
      return (await table.update({keys: some.slice(0, 20)}, {expr: `{"v": v + ${random.below(200) - 100}}`}, soft)).seq
    case 3:
      return (await table.update({keys: some.slice(0, 5)}, {even: random.chance(0.5)}, soft)).seq
    default: {
      const documents = Array.from({length: random.below(400)}, () => document(random))
      return (await table.insert(documents, soft)).seq
    }
  }
}

/** The table as it was, out of the log. */
class Past {
  readonly #store: Store
  readonly #documents = new Map<unknown, Document>()
  #position = 0

  constructor(store: Store) {
    this.#store = store
  }

  async window(
    until: number,
    {orderBy, limit, where}: {orderBy: string; limit: number; where: string | undefined},
  ): Promise<Document[]> {
    for await (const event of this.#store.changes({since: this.#position, until, follow: false})) {
      const {key, new_val} = event as ChangeEvent
      if (new_val === null) this.#documents.delete(key)
      else this.#documents.set(key, new_val)
    }
    this.#position = until
    const sign = orderBy.endsWith(':desc') ? -1 : 1
    return [...this.#documents.values()]
      .filter(document => where === undefined || document.even)
      .sort((one, other) => sign * (Number(one.v) - Number(other.v) || (String(one.id) < String(other.id) ? -1 : 1)))
      .slice(0, limit)
  }
}

let ids = 0

function document(random: Random): Document {
  ids++
  return {id: `k${ids}`, v: random.below(1000), even: random.chance(0.5)}
}

test('a window reads more at once where a read takes long, and stays true', async () => {
  const file = join(await temporaryDirectory(), 'db')
  await using store = await open(file)
  const count = 3000
  await store.table('t').insert(
    Array.from({length: count}, (_, id) => ({id, v: [id]})),
    soft,
  )
  const storage = await openSqlite(file, 'write')
  await using _ = storage
  let reads = 0
  const slow = new Proxy(storage, {
    get(target, name) {
      const value = Reflect.get(target, name)
      if (name !== 'ordered') return typeof value === 'function' ? value.bind(target) : value
      return async (...args: Parameters<typeof storage.ordered>) => {
        reads++
        for (const end = performance.now() + 15; performance.now() < end; );
        return target.ordered(...args)
      }
    },
  })
  const abort = new AbortController()
  const options = {
    tables: ['t'],
    orderBy: 'v',
    limit: 3,
    includeStates: true,
    includeOffsets: true,
    signal: abort.signal,
  }
  const list: Document[] = [
    {id: 0, v: [0]},
    {id: 1, v: [1]},
    {id: 2, v: [2]},
  ]
  const left = 500
  for await (const event of new Feed(slow, options)) {
    if (event.type === 'state') {
      for (let id = 0; id < count - left; id += 50) {
        await store.table('t').delete({keys: Array.from({length: 50}, (_, at) => id + at)}, soft)
      }
    } else {
      apply(list, event as ChangeEvent, 3)
      if (list[0]?.id === count - left) break
    }
  }
  abort.abort()
  expect(list.map(({id}) => id)).toEqual([count - left, count - left + 1, count - left + 2])
  // A hundred at a time would be 25 reads.
  expect(reads).toBeLessThan(12)
})
