import {join} from 'node:path'
import Sqlite from 'better-sqlite3'
import {open} from '../src/index.ts'
import {documentText} from './datasets.ts'
import {interleave, isInstalled, litefeed, median, type Row, seconds, writeLines} from './support.ts'

/** A window of 100 over a million documents: how long it takes to begin, and what a change inside it costs. */
export async function window(directory: string): Promise<Row[]> {
  const input = join(directory, 'window.ndjson')
  await writeLines(input, 1_000_000, id => documentText(id, 57))
  await seconds(litefeed('insert', 'docs', '--db', 'window.db'), {input, cwd: directory})
  const feed = ['changes', 'docs', '--order-by', 'age:desc', '--limit', '100', '--include-initial', '--take', '100']
  const index = await seconds(litefeed(...feed, '--db', 'window.db'), {cwd: directory})
  const [start = Number.NaN, query = Number.NaN] = await interleave(7, [
    () => seconds(litefeed(...feed, '--db', 'window.db'), {cwd: directory}),
    ...(isInstalled('sqlite3')
      ? [
          () =>
            seconds(
              [
                'sqlite3',
                'window.db',
                `SELECT doc FROM docs ORDER BY json_extract(doc, '$.age') DESC, id DESC LIMIT 100`,
              ],
              {cwd: directory},
            ),
        ]
      : []),
  ])
  const cost = await costOfChanges(join(directory, 'window.db'))
  return [
    {
      measure: 'a window of 100 over a million documents, start to end (less is better)',
      ours: `${(start * 1000).toFixed(0)} ms (${index.toFixed(1)} s the first time, with the index)`,
      baseline: Number.isNaN(query)
        ? 'sqlite3 is not installed'
        : `sqlite3 shell, the query: ${(query * 1000).toFixed(0)} ms`,
      ratio: Number.isNaN(query) ? '' : (start / query).toFixed(2),
      target: '100 ms',
    },
    {
      measure: 'a change inside that window, from the log to the line (less is better)',
      ours: `${cost.window.toFixed(1)} us`,
      baseline: `a feed of the table: ${cost.table.toFixed(1)} us`,
      ratio: (cost.window / cost.table).toFixed(1),
      target: 'microseconds',
    },
  ]
}

/**
 * A set by a condition, against a filter of the new value by the same, which does not tell what leaves the set, and against one
 * that asks of both values, and so tells the same changes.
 */
export async function where(directory: string): Promise<Row[]> {
  const file = join(directory, 'where.db')
  const input = join(directory, 'where.ndjson')
  await writeLines(input, 100_000, id => documentText(id, 57))
  await seconds(litefeed('insert', 'docs', '--db', file), {input, cwd: directory})
  await seconds(litefeed('update', 'docs', '--all', '{"seen":true}', '--db', file), {cwd: directory})
  const rows: Row[] = []
  for (const condition of ['age > 45', 'room_id = 7', 'age * 2 > room_id']) {
    const of = (side: string) => condition.replaceAll(/[a-z_]+/g, name => `${side}.${name}`)
    const run = (...flags: string[]) => {
      const all = ['changes', 'docs', '--since', 'beginning', '--no-follow', '--db', file, ...flags]
      return () => seconds(litefeed(...all), {cwd: directory})
    }
    const [set, filter, both] = (await interleave(7, [
      run('--where', condition),
      run('--filter', of('new_val')),
      run('--filter', `(${of('old_val')}) or (${of('new_val')})`),
    ])) as [number, number, number]
    const ours = `${(set * 1000).toFixed(0)} ms`
    const measure = `--where \`${condition}\`, 200 k changes, half of them of one side (less is better)`
    const against = (name: string, time: number): Row => {
      return {
        measure,
        ours,
        baseline: `${name}: ${(time * 1000).toFixed(0)} ms`,
        ratio: (set / time).toFixed(2),
        target: '1',
      }
    }
    rows.push(against('--filter of both values', both), against('--filter of new_val', filter))
  }
  return rows
}

/** Microseconds a change, in a feed that is told of 20,000 at once; of a window, and of the whole table. */
async function costOfChanges(file: string): Promise<{window: number; table: number}> {
  const count = 20_000
  await using store = await open(file)
  const db = new Sqlite(file)
  const change = db.prepare(`UPDATE docs SET doc = json_set(doc, '$.n', ?) WHERE id = ?`)
  const inside: number[] = []
  for await (const {id} of store.table('docs').list<{id: number}>({orderBy: 'age:desc', limit: 50})) inside.push(id)
  const measure = async (options: Parameters<typeof store.changes>[0]) => {
    let told = 0
    let start = 0
    for await (const batch of store.changes({...options, tables: ['docs'], includeStates: true}).batches()) {
      if (start === 0) {
        db.transaction(() => {
          for (let number = 0; number < count; number++)
            change.run(number + Math.random(), inside[number % inside.length])
        })()
        start = performance.now()
      } else told += batch.count
      if (told >= count) break
    }
    return ((performance.now() - start) * 1000) / count
  }
  const times = {window: [] as number[], table: [] as number[]}
  for (let round = 0; round < 5; round++) {
    times.window.push(await measure({orderBy: 'age:desc', limit: 100}))
    times.table.push(await measure({}))
  }
  db.close()
  return {window: median(times.window), table: median(times.table)}
}
