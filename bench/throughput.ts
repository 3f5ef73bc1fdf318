import {rmSync, writeFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import {join} from 'node:path'
import Sqlite from 'better-sqlite3'
import {documentText} from './datasets.ts'
import {compared, interleave, isInstalled, litefeed, type Row, rate, seconds, writeLines} from './support.ts'

/**
 * Documents from stdin, against PouchDB that is given them by the ten thousand, and by the thousand, which is quickest for it; and against the sqlite3 shell that inserts them into
 * a table without triggers by json_each.
 */
export async function insert(directory: string): Promise<Row[]> {
  const count = 200_000
  const cwd = directory
  const input = join(directory, 'insert.ndjson')
  await writeLines(input, count, id => documentText(id, 57))
  writeFileSync(
    join(directory, 'insert.sql'),
    `PRAGMA journal_mode = WAL;
     CREATE TABLE docs (id PRIMARY KEY NOT NULL, doc TEXT NOT NULL CHECK (json_valid(doc)));
     INSERT INTO docs SELECT value ->> '$.id', value
       FROM json_each('[' || replace(rtrim(CAST(readfile('insert.ndjson') AS TEXT), char(10)), char(10), ',') || ']');`,
  )
  const ours = () => {
    remove(directory, 'ours.db')
    return seconds(litefeed('insert', 'docs', '--db', 'ours.db'), {input, cwd})
  }
  const shell = () => {
    remove(directory, 'shell.db')
    return seconds(['sqlite3', 'shell.db', '-init', '/dev/null'], {input: join(directory, 'insert.sql'), cwd})
  }
  const pouch = (size: number) => () => {
    rmSync(join(directory, 'pouch'), {recursive: true, force: true})
    return seconds([process.execPath, join(import.meta.dirname, 'pouchdb.js'), input, 'pouch', String(size)], {cwd})
  }
  const measure = 'insert 200 k documents of 170 B from stdin'
  const besidePouch = (size: number) => interleave(3, [ours, ...(isResolved('pouchdb') ? [pouch(size)] : [])])
  const [besideMany, besideFew, besideShell] = [
    await besidePouch(10_000),
    await besidePouch(1000),
    await interleave(5, [ours, ...(isInstalled('sqlite3') ? [shell] : [])]),
  ]
  return [
    compared(measure, '10', besideMany, 'PouchDB bulkDocs, 10 k a call', rate(count)),
    compared(measure, '10', besideFew, 'PouchDB bulkDocs, 1 k a call', rate(count)),
    compared(measure, '0.6, and 150 k/s', besideShell, 'sqlite3 shell, without triggers', rate(count)),
  ]
}

/** `npm ci --prefix bench --ignore-scripts` brings it. */
function isResolved(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name)
    return true
  } catch {
    return false
  }
}

/** How fast a log of 10 million changes is printed, against one of 100 thousand; and how soon a feed begins near its end. */
export async function long(directory: string): Promise<Row[]> {
  const cwd = directory
  const [few, many] = [100_000, 10_000_000]
  for (const [file, count] of [
    ['few.db', few],
    ['many.db', many],
    ['empty.db', 0],
  ] as const) {
    await seconds(litefeed('changes', '--no-follow', '--db', file), {cwd})
    fill(join(directory, file), count)
  }
  const print = (file: string) => () =>
    seconds(litefeed('changes', '--since', 'beginning', '--no-follow', '--db', file), {cwd})
  const near = (file: string, position: number) => () =>
    seconds(litefeed('changes', '--since', String(position), '--no-follow', '--db', file), {cwd})
  const [start = 0] = await interleave(9, [near('empty.db', 0)])
  const [short = 0, whole = 0] = await interleave(3, [print('few.db'), print('many.db')])
  const [atEnd = 0, onEmpty = 0] = await interleave(9, [near('many.db', many - 10), near('empty.db', 0)])
  const [fewRate, manyRate] = [few / (short - start), many / (whole - start)]
  return [
    {
      measure: 'print 10^7 changes, the start of the process not counted',
      ours: `${Math.round(manyRate / 1000)} k/s`,
      baseline: `10^5 changes: ${Math.round(fewRate / 1000)} k/s`,
      ratio: (manyRate / fewRate).toFixed(2),
      target: '0.9',
    },
    compared(
      'print the last 10 of 10^7 changes, start to end',
      '1',
      [atEnd, onEmpty],
      'on an empty log',
      time => `${(time * 1000).toFixed(0)} ms`,
    ),
  ]
}

/** Changes of documents of 170 bytes, put into the log directly. */
function fill(file: string, count: number): void {
  const db = new Sqlite(file)
  db.pragma('synchronous = OFF')
  const put = db.prepare(`WITH RECURSIVE n(id) AS (SELECT ? UNION ALL SELECT id + 1 FROM n WHERE id + 1 < ?)
    INSERT INTO _litefeed_changes (ts_ms, tbl, key, old_val, new_val)
    SELECT 1763805600000 + id, 'docs', id, NULL, json_object('id', id, 'name', 'user' || id, 'bio', ?) FROM n`)
  const bio = 'x'.repeat(130)
  for (let start = 0; start < count; start += 100_000) put.run(BigInt(start), BigInt(start + 100_000), bio)
  db.close()
}

function remove(directory: string, file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(directory, file + suffix), {force: true})
}
