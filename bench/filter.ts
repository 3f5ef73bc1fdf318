import {join} from 'node:path'
import Sqlite from 'better-sqlite3'
import {type Dataset, datasets, documentText} from './datasets.ts'
import {compared, interleave, isInstalled, litefeed, type Row, seconds, writeLines} from './support.ts'

/** Changes of both sides through a filter, against the same lines through jq; and unfiltered, against the sqlite3 shell. */
export async function filter(directory: string): Promise<Row[]> {
  const rows: Row[] = []
  for (const dataset of datasets) rows.push(...(await measure(directory, dataset)))
  return rows
}

async function measure(directory: string, dataset: Dataset): Promise<Row[]> {
  const {name, count, rounds, equality, changing} = dataset
  const cwd = directory
  const input = join(directory, 'filter.ndjson')
  const written = dataset.write(input)
  if (written === undefined)
    return [
      {measure: `filters of ${name}`, ours: '', baseline: 'vega-datasets is not installed', ratio: '', target: ''},
    ]
  await written
  const file = `${name.replaceAll(' ', '-')}.db`
  await seconds(litefeed('insert', 'docs', '--db', file), {input, cwd})
  touch(join(directory, file), changing, rounds)
  const changes = litefeed('changes', '--since', String(count), '--no-follow', '--db', file)
  const dump = 'changes.ndjson'
  await seconds(['sh', '-c', '"$@" > "$0"', dump, ...changes], {cwd})
  const of = `of ${(rounds * count) / 1000} k changes of ${name}`
  const throughJq = async (what: string, target: string, expression: string, jq: string) => {
    const runs = [() => seconds([...changes, '--filter', expression], {cwd})]
    if (isInstalled('jq')) runs.push(() => seconds(['jq', '-c', `select(${jq})`, dump], {cwd}))
    return compared(`--filter ${what} ${of}`, target, await interleave(3, runs), 'jq')
  }
  const {field, value} = equality
  const both = changing.field
  const runs = [() => seconds(changes, {cwd})]
  if (isInstalled('sqlite3')) runs.push(() => seconds(['sqlite3', file, lines], {cwd}))
  return [
    await throughJq(
      `\`new_val.${field} = ${value}\``,
      '9',
      `new_val.${field} = ${value}`,
      `.new_val.${field} == ${value}`,
    ),
    await throughJq(
      `\`new_val.${both} < old_val.${both}\`, 1 of 90,`,
      '4',
      `new_val.${both} < old_val.${both}`,
      `.new_val.${both} < .old_val.${both}`,
    ),
    await throughJq(
      `\`new_val.${both} > old_val.${both}\`, 89 of 90,`,
      '4',
      `new_val.${both} > old_val.${both}`,
      `.new_val.${both} > .old_val.${both}`,
    ),
    compared(`print all ${of}`, '1.5', await interleave(3, runs), 'sqlite3 shell'),
  ]
}

/** The lines that an unfiltered feed prints. */
const lines = `SELECT '{"seq":' || seq || ',"ts_ms":' || ts_ms || ',"table":' || json_quote(tbl) || ',"key":' || key || ',"type":"' ||
  CASE WHEN old_val IS NULL THEN 'add' WHEN new_val IS NULL THEN 'remove' ELSE 'change' END || '","old_val":' ||
  coalesce(old_val, 'null') || ',"new_val":' || coalesce(new_val, 'null') || '}'
  FROM _litefeed_changes WHERE old_val IS NOT NULL ORDER BY seq`

/** Documents by a condition, against the shell that looks for the same by json_extract. */
export async function list(directory: string): Promise<Row[]> {
  const input = join(directory, 'list.ndjson')
  await writeLines(input, 1_000_000, id => documentText(id, 57))
  const cwd = directory
  await seconds(litefeed('insert', 'docs', '--db', 'list.db'), {input, cwd})
  const rows: Row[] = []
  for (const [where, sql, target] of [
    ['room_id = 7', `json_extract(doc, '$.room_id') = 7`, '0.7'],
    ['name = "user77"', `json_extract(doc, '$.name') = 'user77'`, '0.7'],
    ['age > 85', `json_extract(doc, '$.age') > 85`, ''],
  ] as const) {
    const runs = [() => seconds(litefeed('list', 'docs', '--where', where, '--db', 'list.db'), {cwd})]
    if (isInstalled('sqlite3'))
      runs.push(() => seconds(['sqlite3', 'list.db', `SELECT doc FROM docs WHERE ${sql}`], {cwd}))
    rows.push(
      compared(`list --where \`${where}\` of a million documents`, target, await interleave(3, runs), 'sqlite3 shell'),
    )
  }
  return rows
}

/** Changes every document, so many times. */
function touch(file: string, {field, sql}: Dataset['changing'], rounds: number): void {
  const db = new Sqlite(file)
  db.pragma('synchronous = OFF')
  const change = db.prepare(`UPDATE docs SET doc = json_set(doc, '$.${field}', ${sql})`)
  for (let round = 0; round < rounds; round++) change.run(round)
  db.close()
}
