import {join} from 'node:path'
import {expect, test} from 'vitest'
import type {FeedOptions} from '../../../../src/engine/feed/options.ts'
import {open} from '../../../../src/engine/store.ts'
import {temporaryDirectory} from '../../../support.ts'
import {write} from './tracked/support.ts'
import {writers} from './writers.ts'

/** Doubles most of which take 16 or 17 digits: of these the versions of SQLite print some in several ways. */
const reals = [
  ...Array.from({length: 40}, (_, at) => 1.7e9 + at * 1234567.1 + 1 / (at + 3)),
  ...Array.from({length: 40}, (_, at) => 1 / (at + 3)),
  ...[1779941206.7716002, 0.1 + 0.2, -1000 * Math.PI, Math.PI * 1e-7, Math.E * 1e30],
]

test('a key that is a real is spelled as in its document, whichever SQLite writes', async () => {
  const file = await documents()
  for (const writer of writers) {
    const update = (real: number) => `UPDATE t SET doc = json_insert(doc, '$.${writer.name[0]}', 1) WHERE id = ${real}`
    writer.run(file, reals.map(update))
  }
  const events = await follow(file, {})
  expect(events).toHaveLength(reals.length * (1 + writers.length))
  for (const {line, new_val} of events.filter(({line}) => !/"key":[\d.]+e/.test(line)))
    expect(line).toContain(`,"key":${new_val?.id},`)
})

// Without an id in the document each SQLite spells the key in its own way.
test.each([
  ['documents', documents],
  ['rows', rows],
])('a key of %s that is a real is one key, whichever SQLite writes', async (_, make) => {
  const file = await make()
  for (const [at, writer] of writers.entries())
    writer.run(
      file,
      reals.map(real => `UPDATE t SET doc = '{"n":${at}}' WHERE id = ${real}`),
    )
  for (const real of reals) expect(await follow(file, {keys: [real]}), String(real)).toHaveLength(1 + writers.length)
  expect(await follow(file, {squash: 0})).toHaveLength(reals.length)

  const initial = await follow(file, {since: 'now', includeInitial: true})
  expect(initial.map(({line}) => /"key":([^,]+)/.exec(line)?.[1]).sort()).toEqual(reals.map(String).sort())

  await using store = await open(file)
  expect((await store.doctor()).filter(({status}) => status !== 'ok')).toEqual([])
})

test('a window knows a row again whose key is a real', async () => {
  const file = await rows()
  await using store = await open(file)
  const controller = new AbortController()
  const window = store.changes({
    tables: ['t'],
    orderBy: 'id',
    limit: 1000,
    includeOffsets: true,
    includeStates: true,
    signal: controller.signal,
  })
  let told = 0
  for await (const event of window) {
    if (event.type === 'state' && event.state === 'ready') {
      for (const writer of writers)
        writer.run(
          file,
          reals.map(real => `UPDATE t SET doc = doc || 'x' WHERE id = ${real}`),
        )
    } else if (event.type !== 'state') {
      expect(event).toMatchObject({type: 'change', old_offset: expect.any(Number)})
      if (++told === reals.length * writers.length) controller.abort()
    }
  }
  expect(told).toBe(reals.length * writers.length)
})

async function documents(): Promise<string> {
  const file = join(await temporaryDirectory(), 'documents.db')
  await using store = await open(file)
  await store.table('t').insert(reals.map(id => ({id})))
  return file
}

async function rows(): Promise<string> {
  const file = join(await temporaryDirectory(), 'rows.db')
  write(file, 'CREATE TABLE t (id REAL PRIMARY KEY, doc TEXT)')
  await using store = await open(file)
  await store.track('t')
  write(file, `INSERT INTO t VALUES ${reals.map(real => `(${real}, '{}')`).join()}`)
  return file
}

async function follow(file: string, options: FeedOptions) {
  await using store = await open(file)
  const lines: string[] = []
  const feed = store.changes({tables: ['t'], since: 'beginning', follow: false, ...options})
  for await (const batch of feed.batches())
    lines.push(...new TextDecoder().decode(batch.lines).split('\n').slice(0, -1))
  return lines.map(line => ({line, ...(JSON.parse(line) as {key: unknown; new_val: {id: number} | null})}))
}
