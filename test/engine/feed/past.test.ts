import {join} from 'node:path'
import {expect, test} from 'vitest'
import type {FeedEvent} from '../../../src/engine/feed/event.ts'
import {open, type Store} from '../../../src/engine/store.ts'
import {Random, rounds, temporaryDirectory} from '../../support.ts'

const soft = {durability: 'soft'} as const

test('the initial part at an earlier position is what the log had led to, whatever is written while it is told', async () => {
  const random = new Random()
  for (let round = 0; round < rounds(8); round++) {
    await using store = await open(join(await temporaryDirectory(), 'db'))
    for (const table of ['a', 'b', 'gone']) await fill(store, table, random)
    for (let count = 0; count < 40; count++) await write(store, random)
    const before = await position(store)
    if (random.chance(0.7)) await store.table('gone').drop(soft)
    if (random.chance(0.5)) await store.table('gone').insert({id: 1, again: true}, soft)
    for (let count = 0; count < 40; count++) await write(store, random)

    const newest = await position(store)
    const since = random.pick([
      0,
      before,
      random.below(newest + 1),
      random.below(newest + 1),
      newest - random.below(80),
    ])
    const tables = random.pick([undefined, ['a'], ['b', 'gone'], ['gone']])
    const expected = await replay(store, since, tables)
    const found = new Map<string, unknown>()
    let told = 0
    for await (const event of store.changes({since, includeInitial: true, includeStates: true, tables})) {
      if (event.type === 'state' && event.state === 'ready') break
      if (event.type !== 'initial') continue
      expect(event.seq).toBe(since)
      expect(found.has(placeOf(event)), placeOf(event)).toBe(false)
      found.set(placeOf(event), event.new_val)
      if (told++ % 50 === 0) await write(store, random)
      if (random.chance(0.0002)) await store.table('b').delete({all: true}, soft)
    }
    expect(new Map([...found].sort())).toEqual(new Map([...expected].sort()))
  }
})

/** More than a page of documents. */
async function fill(store: Store, table: string, random: Random): Promise<void> {
  const count = table === 'gone' ? 50 : 2000 + random.below(3000)
  await store.table(table).insert(
    Array.from({length: count}, (_, id) => ({id, n: 0})),
    soft,
  )
}

async function write(store: Store, random: Random): Promise<void> {
  const table = store.table(random.pick(['a', 'b', 'a', 'new']))
  const keys = Array.from({length: 1 + random.below(30)}, () => random.below(6000))
  if (random.chance(0.5))
    await table.insert(
      keys.map(id => ({id, n: random.next()})),
      {...soft, conflict: 'replace'},
    )
  else if (table.name !== 'new') await table.delete({keys}, soft)
}

async function position(store: Store): Promise<number> {
  const {seq} = await store.table('a').update(-1, {}, soft)
  return seq
}

async function replay(
  store: Store,
  until: number,
  tables: readonly string[] | undefined,
): Promise<Map<string, unknown>> {
  const there = new Map<string, unknown>()
  for await (const event of store.changes({since: 0, until, follow: false, tables})) {
    if (event.type !== 'add' && event.type !== 'change' && event.type !== 'remove') continue
    if (event.new_val === null) there.delete(placeOf(event))
    else there.set(placeOf(event), event.new_val)
  }
  return there
}

function placeOf(event: FeedEvent & {table: string; key: unknown}): string {
  return `${event.table} ${JSON.stringify(event.key)}`
}
