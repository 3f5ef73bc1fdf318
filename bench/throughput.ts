import {rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {interleave, isInstalled, litefeed, type Row, seconds, writeDocuments} from './support.ts'

/** Documents from stdin, against the sqlite3 shell that inserts the same into a table without triggers by json_each. */
export async function insert(directory: string): Promise<Row[]> {
  const count = 200_000
  const input = join(directory, 'insert.ndjson')
  await writeDocuments(input, count)
  const ours = async () => {
    remove(directory, 'ours.db')
    return seconds(litefeed('insert', 'docs', '--db', 'ours.db'), {input, cwd: directory})
  }
  const shell = async () => {
    remove(directory, 'shell.db')
    return seconds(['sqlite3', 'shell.db', '-init', '/dev/null'], {
      input: join(directory, 'insert.sql'),
      cwd: directory,
    })
  }
  writeFileSync(
    join(directory, 'insert.sql'),
    `PRAGMA journal_mode = WAL;
     CREATE TABLE docs (id PRIMARY KEY NOT NULL, doc TEXT NOT NULL CHECK (json_valid(doc)));
     INSERT INTO docs SELECT value ->> '$.id', value
       FROM json_each('[' || replace(rtrim(CAST(readfile('insert.ndjson') AS TEXT), char(10)), char(10), ',') || ']');`,
  )
  return compare('insert 200 k documents of 170 B from stdin', count, '0.6, and 150 k/s', ours, shell)
}

/** A million changes out of the log to a pipe, against the sqlite3 shell that prints the same lines. */
export async function dump(directory: string): Promise<Row[]> {
  const count = 1_000_000
  const input = join(directory, 'dump.ndjson')
  await writeDocuments(input, count)
  remove(directory, 'dump.db')
  await seconds(litefeed('insert', 'docs', '--db', 'dump.db'), {input, cwd: directory})
  writeFileSync(
    join(directory, 'dump.sql'),
    `SELECT '{"seq":' || seq || ',"ts_ms":' || ts_ms || ',"table":' || json_quote(tbl) || ',"key":' || key || ',"type":"' ||
       CASE WHEN old_val IS NULL THEN 'add' WHEN new_val IS NULL THEN 'remove' ELSE 'change' END || '","old_val":' ||
       coalesce(old_val, 'null') || ',"new_val":' || coalesce(new_val, 'null') || '}' FROM _litefeed_changes ORDER BY seq;`,
  )
  const ours = () =>
    seconds(litefeed('changes', '--since', 'beginning', '--no-follow', '--db', 'dump.db'), {cwd: directory})
  const shell = () =>
    seconds(['sqlite3', 'dump.db', '-init', '/dev/null'], {input: join(directory, 'dump.sql'), cwd: directory})
  return compare('print a million changes of 170 B', count, '1', ours, shell)
}

async function compare(
  measure: string,
  count: number,
  target: string,
  ours: () => Promise<number>,
  shell: () => Promise<number>,
): Promise<Row[]> {
  if (!isInstalled('sqlite3')) {
    const [time] = (await interleave(5, [ours])) as [number]
    return [{measure, ours: rate(count, time), baseline: 'sqlite3 is not installed', ratio: '', target}]
  }
  const [mine, theirs] = (await interleave(5, [ours, shell])) as [number, number]
  return [
    {
      measure,
      ours: rate(count, mine),
      baseline: `sqlite3 shell ${rate(count, theirs)}`,
      ratio: (theirs / mine).toFixed(2),
      target,
    },
  ]
}

function rate(count: number, time: number): string {
  return `${Math.round(count / time / 1000)} k/s`
}

function remove(directory: string, file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(directory, file + suffix), {force: true})
}
