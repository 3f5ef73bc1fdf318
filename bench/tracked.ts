import {rmSync} from 'node:fs'
import {join} from 'node:path'
import Sqlite from 'better-sqlite3'
import {Connection} from '../src/engine/storage/sqlite/connection.ts'
import {initialise} from '../src/engine/storage/sqlite/schema.ts'
import {install} from '../src/engine/storage/sqlite/tracked/install.ts'
import {interleave, type Row} from './support.ts'

/**
 * What the recording of a table costs the application: its own inserts, updates and deletes with litefeed's triggers, against
 * the same without. In WAL mode with synchronous=NORMAL, where a commit does not wait for the disk and the triggers show most.
 */
export async function tracked(directory: string): Promise<Row[]> {
  const rows: Row[] = []
  for (const columns of [5, 60]) {
    for (const bulk of [false, true]) {
      const count = bulk ? (columns === 5 ? 50_000 : 10_000) : 2000
      const [ours, theirs] = await Promise.all(
        ['tracked', 'untracked'].map(name => prepare(join(directory, `${name}-${columns}-${bulk}.db`), columns, name)),
      )
      if (ours === undefined || theirs === undefined) throw new Error('unreachable')
      for (const [operation, sql] of operations) {
        const run = (db: Database) => async () => perform(db, operation, sql, count, bulk)
        const [mine, plain] = (await interleave(5, [run(ours), run(theirs)])) as [number, number]
        rows.push({
          measure: `${operation} by the application, ${columns} columns, ${bulk ? 'one transaction' : 'a row a commit'}`,
          ours: each(mine, count),
          baseline: `untracked ${each(plain, count)}`,
          ratio: (plain / mine).toFixed(2),
          target: '',
        })
      }
      for (const db of [ours, theirs]) db.close()
    }
  }
  return rows
}

type Database = InstanceType<typeof Sqlite>

const operations = [
  ['insert', 'INSERT INTO t SELECT * FROM source WHERE id = ?'],
  ['update', 'UPDATE t SET c1 = c1 + 1, c2 = c2 || 1 WHERE id = ?'],
  ['delete', 'DELETE FROM t WHERE id = ?'],
] as const

/** A table of rows as applications have them: numbers, short texts, times, and what is not known. */
async function prepare(file: string, columns: number, name: string): Promise<Database> {
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, {force: true})
  const names = Array.from({length: columns - 1}, (_, at) => `c${at + 1}`)
  const value = (at: number) =>
    ['value % 90', `'user' || value`, `'2026-11-22T10:00:00Z'`, 'value * 0.25', 'NULL'][at % 5]
  const application = new Sqlite(file)
  application.pragma('journal_mode = WAL')
  application.exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, ${names.join(', ')});
    CREATE TABLE source AS SELECT value AS id, ${names.map((name, at) => `${value(at)} AS ${name}`).join(', ')}
      FROM (WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT 50000) SELECT value FROM n);
    CREATE UNIQUE INDEX source_id ON source (id);`)
  application.close()
  if (name === 'tracked') {
    using connection = await Connection.open(file, 'write')
    await connection.retry(initialise)
    await connection.write('soft', () => install(connection, 't'))
  }
  const db = new Sqlite(file)
  db.pragma('synchronous = NORMAL')
  return db
}

/** Seconds for one operation on each of the rows, after which the table is again as the operation needs it. */
function perform(db: Database, operation: string, sql: string, count: number, bulk: boolean): number {
  if (operation !== 'insert') db.exec(`INSERT OR IGNORE INTO t SELECT * FROM source WHERE id <= ${count}`)
  else db.exec('DELETE FROM t')
  const statement = db.prepare(sql)
  const start = performance.now()
  if (bulk) db.exec('BEGIN')
  for (let id = 1; id <= count; id++) statement.run(id)
  if (bulk) db.exec('COMMIT')
  return (performance.now() - start) / 1000
}

function each(seconds: number, count: number): string {
  return `${((seconds / count) * 1e6).toFixed(1)} µs`
}
