import {join} from 'node:path'
import Sqlite from 'better-sqlite3'
import {interleave, isInstalled, litefeed, type Row, seconds, writeDocuments} from './support.ts'

/** A million changes of both sides through a filter, against the same lines through jq; and a list by a condition. */
export async function filter(directory: string): Promise<Row[]> {
  const count = 1_000_000
  const input = join(directory, 'filter.ndjson')
  const dump = join(directory, 'changes.ndjson')
  await writeDocuments(input, count)
  const db = ['--db', join(directory, 'filter.db')]
  await seconds(litefeed('insert', 'docs', ...db), {input})
  touch(join(directory, 'filter.db'), count)
  const changes = litefeed('changes', '--since', String(count), '--no-follow', ...db)
  await seconds(['sh', '-c', '"$@" > "$0"', dump, ...changes])
  const rows: Row[] = []
  for (const {measure, expression, jq, target} of filters) {
    rows.push(
      await compare(
        `a million changes of 170 B, --filter of ${measure}`,
        target,
        [...changes, '--filter', expression],
        ['jq', '-c', `select(${jq})`, dump],
      ),
    )
  }
  rows.push(
    await compare(
      'list --where of one field, 1 of 100 of a million documents',
      '0.7',
      litefeed('list', 'docs', '--where', 'room_id = 7', ...db),
      ['sqlite3', join(directory, 'filter.db'), `SELECT doc FROM docs WHERE json_extract(doc, '$.room_id') = 7`],
    ),
  )
  return rows
}

const filters = [
  {
    measure: 'one equality, 1 of 100',
    expression: 'new_val.room_id = 7',
    jq: '.new_val.room_id == 7',
    target: '9',
  },
  {
    measure: 'both sides, 1 of 90',
    expression: 'new_val.age < old_val.age',
    jq: '.new_val.age < .old_val.age',
    target: '4',
  },
  {
    measure: 'both sides, 89 of 90',
    expression: 'new_val.age > old_val.age',
    jq: '.new_val.age > .old_val.age',
    target: '4',
  },
  {
    measure: 'a sum, of which SQL knows nothing, 1 of 100',
    expression: 'new_val.room_id + 1 = 8',
    jq: '.new_val.room_id + 1 == 8',
    target: '',
  },
]

/** Changes every document: each age becomes the next one, and the highest the lowest. */
function touch(file: string, count: number): void {
  const db = new Sqlite(file)
  db.pragma('synchronous = OFF')
  const change = db.prepare(`UPDATE docs SET doc = json_set(doc, '$.age', (id + 1) % 90) WHERE id >= ? AND id < ?`)
  for (let start = 0; start < count; start += 50_000) change.run(start, start + 50_000)
  db.close()
}

async function compare(
  measure: string,
  target: string,
  ours: readonly string[],
  theirs: readonly [string, ...string[]],
): Promise<Row> {
  const [peer] = theirs
  const runs = isInstalled(peer) ? [ours, theirs] : [ours]
  const [mine = Number.NaN, other = Number.NaN] = await interleave(
    5,
    runs.map(command => () => seconds(command)),
  )
  return {
    measure,
    ours: `${mine.toFixed(2)} s`,
    baseline: Number.isNaN(other) ? `${peer} is not installed` : `${peer} ${other.toFixed(2)} s`,
    ratio: Number.isNaN(other) ? '' : (other / mine).toFixed(2),
    target,
  }
}
