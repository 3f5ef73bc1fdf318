// Random writes against feeds of every kind. The rule is one: whoever applies the events to the initial part holds what the
// query finds. What a feed has to tell of each change is worked out by a model in plain JavaScript, predict.ts.
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {join} from 'node:path'
import {expect, onTestFinished, test} from 'vitest'
import type {Key} from '../../../src/engine/documents/key.ts'
import {Random, rounds} from '../../support.ts'
import {Client, parseLines} from './client.ts'
import {fill, writeAmong} from './crowd.ts'
import {conditions, projections} from './expressions.ts'
import {type Kind, randomKind} from './kinds.ts'
import type {Line} from './picture.ts'
import {expectHistory, expectPrediction, expectQuery, expectResumption, expectTruthAtReady} from './truth.ts'
import {World} from './world.ts'

test('the events of a feed of any kind lead from the initial part to what the query finds', async () => {
  const random = new Random()
  for (let round = 0; round < rounds(5); round++) {
    await using world = await World.make(random)
    for (let count = random.below(40); count > 0; count--) await world.write()
    const clients: Client[] = []
    for (let step = 0; step < 60; step++) {
      if (clients.length < 16 && random.chance(0.5)) clients.push(new Client(world.store, randomKind(random)))
      await world.write()
      if (random.chance(0.3)) await new Promise(setImmediate)
      if (random.chance(0.1)) for (const client of clients) await expectQuery(world, client)
    }
    for (const client of clients) {
      await expectQuery(world, client)
      await client.stop()
      expectTruthAtReady(client, world.changes())
      expectPrediction(client, world.changes())
      await expectResumption(world, client)
      if (client.kind.window === undefined) await expectHistory(world, client.kind)
    }
  }
})

test('a set that is told in parts is true when it is ready, whatever is written meanwhile', async () => {
  const random = new Random()
  for (let round = 0; round < rounds(1); round++) {
    await using world = await World.make(random)
    await fill(world.store, many)
    const tables = [world.store.table('t'), world.store.table('u')]
    const write = () => writeAmong(random.pick(tables), many, () => random.next())
    for (const kind of largeKinds(random)) {
      const client: Client = new Client(world.store, kind, async () => {
        for (let count = random.below(8); count > 0; count--) await write()
        const last = client.before.at(-1)
        if (last !== undefined && random.chance(0.7)) await writeAt(world, last)
      })
      await client.begun()
      for (let count = 0; count < 10; count++) await write()
      await expectQuery(world, client)
      await client.stop()
      expectTruthAtReady(client, world.changes())
      expectPrediction(client, world.changes())
    }
  }
})

test('a set that is told in parts is true when it is ready, though another process writes all the time', async () => {
  const random = new Random()
  // Each round takes seconds.
  for (let round = 0; round < Math.ceil(rounds(1) / 5); round++) {
    await using world = await World.make(random)
    await fill(world.store, many)
    const writer = spawn(process.execPath, [join(import.meta.dirname, 'writer.ts'), world.file, String(many)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    onTestFinished(() => void writer.kill('SIGKILL'))
    await once(writer.stdout, 'data')
    const clients = largeKinds(random).map(kind => new Client(world.store, kind))
    await Promise.all(clients.map(client => client.begun()))
    const ended = once(writer, 'close')
    writer.stdin.end()
    expect(await ended).toEqual([0, null])
    for (const client of clients) {
      await expectQuery(world, client)
      await client.stop()
      expectTruthAtReady(client, world.changes())
      // Of a window the model would sort everything for each of thousands of changes.
      if (client.kind.window === undefined) expectPrediction(client, world.changes())
    }
  }
})

test('a document that was told and leaves before the set is ready is told as uninitial', async () => {
  await using world = await World.make(new Random())
  await fill(world.store, many)
  const lines: Line[] = []
  for await (const batch of world.store.changes({includeInitial: true, includeStates: true, follow: false}).batches()) {
    const told = parseLines(batch.lines)
    const [first] = told.filter(({type}) => type === 'initial')
    if (lines.length < 2 && first !== undefined) await world.store.table(first.table).delete(first.key as number)
    lines.push(...told)
  }
  const first = lines[1] as Line
  const about = lines.filter(({table, key}) => table === first.table && key === first.key)
  expect(about).toEqual([
    {seq: many, ts_ms: expect.any(Number), table: first.table, key: first.key, type: 'initial', new_val: first.new_val},
    {
      seq: many + 1,
      ts_ms: expect.any(Number),
      table: first.table,
      key: first.key,
      type: 'uninitial',
      old_val: first.new_val,
    },
  ])
  expect(lines.at(-1)).toEqual({type: 'state', state: 'ready', seq: many + 1})
})

/** More documents than are read at once, several times. */
const many = 4000

/** Where the initial part is: a mistake of one document shows there. */
async function writeAt({store, random}: World, {table, key}: Line): Promise<void> {
  const soft = {durability: 'soft'} as const
  if (random.chance(0.5)) await store.table(table).update(key as Key, {n: random.below(11)}, soft)
  if (random.chance(0.5)) await store.table(table).delete(key as Key, soft)
  if (random.chance(0.3))
    await store.table(table).insert({id: key, n: 1, kind: 'a', v: 3}, {...soft, conflict: 'replace'})
}

function largeKinds(random: Random): Kind[] {
  const where = random.pick(conditions)
  const projection = random.pick(projections)
  const window = {orderBy: random.pick(['v', 'n:desc', 'kind']), limit: 1 + random.below(20), offsets: true}
  return [
    {tables: ['t']},
    {},
    {tables: ['t', 'u'], where},
    {tables: ['u', 't'], projection},
    {tables: ['t'], where, projection, squash: random.pick([0, 20])},
    {tables: ['t'], where, window},
    {tables: ['t'], projection, window: {...window, offsets: false}},
  ]
}
