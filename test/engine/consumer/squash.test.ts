import {join} from 'node:path'
import {expect, test} from 'vitest'
import type {Consumer} from '../../../src/engine/consumer/consumer.ts'
import type {FeedOptions} from '../../../src/engine/feed/options.ts'
import {open, type Store} from '../../../src/engine/store.ts'
import type {Item} from '../../../src/engine/told.ts'
import {all, Random, rounds, temporaryDirectory} from '../../support.ts'

const soft = {durability: 'soft'} as const

test('a reader of merged changes has what is there in the end, wherever it was broken off', async () => {
  const random = new Random()
  for (let round = 0; round < rounds(40); round++) {
    await using store = await open(join(await temporaryDirectory(), 'test.db'))
    const where = random.chance(0.5) ? 'n != 1' : undefined
    const reader = new Reader(random)
    await store.table('t').insert([{id: 0, n: 0}], soft)
    for (let session = 0; session < 12; session++) {
      const isLast = session === 11
      const options = {tables: ['t'], since: 'beginning', follow: false, squash: random.pick([0, 3]), where} as const
      await reader.read(
        store,
        {...options, take: !isLast && random.chance(0.3) ? 1 + random.below(3) : undefined},
        isLast,
      )
      if (!isLast) await write(store, random)
    }
    const expected = await all(store.table('t').list({where}))
    expect([...reader.documents].sort(), JSON.stringify(where)).toEqual(expected.map(one => JSON.stringify(one)).sort())
  }
})

test.each([0, 3])('changes that came to nothing are dealt with when the feed ends, squash %i', async squash => {
  await using store = await open(join(await temporaryDirectory(), 'test.db'))
  const table = store.table('t')
  await table.insert([{id: 1}, {id: 2}])
  const {seq} = await table.delete(2)
  const told: string[] = []
  for (let run = 0; run < 2; run++) {
    await using consumer = await store.consume('c', {since: 'beginning', follow: false, squash})
    for await (const {items = [], position} of consumer.tail(new AbortController().signal)) {
      told.push(...items.map(({event}) => event.key))
      if (position !== undefined) await consumer.took(position)
    }
    expect(consumer.position).toBe(seq)
  }
  expect(told).toEqual(['1'])
})

/** Documents that often come back to what they were. */
async function write(store: Store, random: Random): Promise<void> {
  const table = store.table('t')
  for (let count = random.below(8); count >= 0; count--) {
    const documents = Array.from({length: 1 + random.below(2)}, () => ({id: random.below(4), n: random.below(3)}))
    if (random.chance(0.4)) await table.delete({keys: documents.map(({id}) => id)}, soft)
    else await table.insert(documents, {...soft, conflict: 'replace'})
  }
}

/** Of what it is told it puts and removes documents, and it may end at any moment. */
class Reader {
  readonly #random: Random
  readonly #byKey = new Map<string, string>()

  constructor(random: Random) {
    this.#random = random
  }

  get documents(): Iterable<string> {
    return this.#byKey.values()
  }

  async read(store: Store, options: FeedOptions, isLast: boolean): Promise<void> {
    await using consumer = await store.consume('c', options)
    for await (const {items = [], position} of consumer.tail(new AbortController().signal)) {
      for (const [index, {event}] of items.entries()) {
        this.#take(event)
        // That an event was taken shows late.
        const earlier = items[index - 1 - this.#random.below(3)]
        if (earlier !== undefined && this.#random.chance(0.5)) await consumer.took(earlier.event.seq)
        if (!isLast && this.#random.chance(0.15)) return
      }
      if (position !== undefined) await this.#settle(consumer, position)
      if (!isLast && this.#random.chance(0.2)) await write(store, this.#random)
    }
  }

  async #settle(consumer: Consumer, position: number): Promise<void> {
    if (this.#random.chance(0.6)) await consumer.took(position)
  }

  #take({table, key, new_val, old_val}: Item['event']): void {
    expect(old_val).not.toBe(new_val)
    if (new_val === null || new_val === undefined) this.#byKey.delete(`${table} ${key}`)
    else this.#byKey.set(`${table} ${key}`, new_val)
  }
}
