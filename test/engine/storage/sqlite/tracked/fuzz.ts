import {copyFileSync} from 'node:fs'
import {join} from 'node:path'
import Sqlite from 'better-sqlite3'
import {expect} from 'vitest'
import {checkHistory} from '../../../../../src/engine/storage/sqlite/check/history.ts'
import {Connection} from '../../../../../src/engine/storage/sqlite/connection.ts'
import {initialise} from '../../../../../src/engine/storage/sqlite/schema.ts'
import {identifier} from '../../../../../src/engine/storage/sqlite/sql.ts'
import {install} from '../../../../../src/engine/storage/sqlite/tracked/install.ts'
import {settle} from '../../../../../src/engine/storage/sqlite/tracked/nested.ts'
import {readShape} from '../../../../../src/engine/storage/sqlite/tracked/shape.ts'
import type {Finding} from '../../../../../src/engine/storage/storage.ts'
import {type Random, temporaryDirectory} from '../../../../support.ts'
import {readKey, readRows, readText} from './rows.ts'
import type {Schema} from './schemas.ts'
import {script as makeScript} from './statements.ts'
import {type Writer, writers} from './writers.ts'

/** Begins to track the tables of a schema. A test of the fuzz itself puts faults in here. */
export type Track = (connection: Connection, schema: Schema) => void

export const trackAll: Track = (connection, {tables, json}) => {
  for (const table of Object.keys(tables)) install(connection, table, {json})
}

/**
 * Writes at random to databases, and to a twin of each that is not tracked. Fails unless the same statements fail, for the
 * same reasons; the twins are equal afterwards; and the log leads from the rows at the beginning to those at the end, with
 * each old value what was there.
 */
export async function fuzz(
  schemas: readonly Schema[],
  writer: Writer,
  random: Random,
  {recursive, length, track = trackAll}: Settings,
): Promise<void> {
  const runs: Run[] = []
  for (const schema of schemas) runs.push(await prepare(schema, random, recursive, length, track))
  const failures = writer.run(
    runs.flatMap(({file, twin, statements}) => [file, twin].map(file => ({file, statements}))),
  )
  for (const [index, {schema, file, twin, start, statements, script}] of runs.entries()) {
    try {
      expect(failures[index * 2], 'what fails').toEqual(failures[index * 2 + 1])
      if (track === trackAll) await settleAll(file, schema)
      const end = readAll(file, schema)
      expect(end, 'what is there').toEqual(readAll(twin, schema))
      expect(replay(file, start), 'what the log leads to').toEqual(end)
      expect(await problemsOf(file), 'what doctor finds').toEqual([])
    } catch (error) {
      const all = [...schema.sql, ...script, '-- tracked', ...statements]
      ;(error as Error).message += `\nin the table with ${schema.name}\n${all.join(';\n')};`
      throw error
    }
  }
}

export interface Settings {
  readonly recursive: 'on' | 'off'
  readonly length: number
  readonly track?: Track
}

interface Run {
  readonly schema: Schema
  readonly file: string
  readonly twin: string
  /** The statements before it is tracked, and those after. */
  readonly script: readonly string[]
  readonly statements: readonly string[]
  readonly start: ReadonlyMap<string, string>
}

async function prepare(schema: Schema, random: Random, recursive: string, length: number, track: Track): Promise<Run> {
  const directory = await temporaryDirectory()
  const [file, twin] = [join(directory, 'tracked.db'), join(directory, 'twin.db')]
  const pragmas = [
    `PRAGMA recursive_triggers = ${recursive}`,
    'PRAGMA foreign_keys = on',
    'PRAGMA synchronous = off',
    `PRAGMA trusted_schema = ${schema.json === undefined ? 'off' : 'on'}`,
    `PRAGMA reverse_unordered_selects = ${random.pick(['on', 'off'])}`,
  ]
  const script = makeScript(random, schema, 10)
  writers[0]?.run([{file, statements: [...pragmas, ...schema.sql, ...script]}])
  copyFileSync(file, twin)
  makeIdleTriggers(twin, schema)
  const start = readAll(file, schema)
  await withTracking(file, schema, track)
  return {schema, file, twin, script, statements: [...pragmas, ...makeScript(random, schema, length)], start}
}

export async function withTracking(file: string, schema: Schema, track: Track = trackAll): Promise<void> {
  using connection = await Connection.open(file, 'write')
  await connection.retry(initialise)
  await connection.write('soft', () => track(connection, schema))
}

/** A feed that waits for the next write would not see the difference. */
async function settleAll(file: string, {tables}: Schema): Promise<void> {
  using connection = await Connection.open(file, 'write')
  await connection.write('soft', () => {
    for (const table of Object.keys(tables)) connection.execute(settle(readShape(connection, table)))
  })
}

/**
 * With any trigger on a table SQLite first finds the rows that an UPDATE concerns and then changes them, without one it may
 * do both at once. It looks at the types of a STRICT table earlier. And an INSERT OR IGNORE that a wrong type fails halfway
 * it takes back only when it knows of something else that may fail. Where the outcome depends on these, it is to be the same.
 */
function makeIdleTriggers(file: string, {tables}: Schema): void {
  const db = new Sqlite(file)
  db.exec('CREATE TABLE idle (seq INTEGER PRIMARY KEY AUTOINCREMENT, a)')
  for (const table of Object.keys(tables))
    for (const time of ['BEFORE', 'AFTER'])
      for (const event of ['INSERT', 'UPDATE', 'DELETE'])
        db.exec(
          `CREATE TRIGGER ${identifier(`idle ${time} ${event} ${table}`)} ${time} ${event} ON ${identifier(table)} BEGIN INSERT INTO idle (a) SELECT a FROM idle; SELECT RAISE(ABORT, '') WHERE false; END`,
        )
  db.close()
}

/** What doctor sees in the log and the tables: it must not be alarmed by anything that an application may do. */
async function problemsOf(file: string): Promise<readonly Finding[]> {
  using connection = await Connection.open(file, 'read')
  const findings = await connection.read(() => [...checkHistory(connection)])
  return findings.filter(({status}) => status !== 'ok')
}

/** The rows of all tables, by table and key. */
function readAll(file: string, {tables, json}: Schema): Map<string, string> {
  return new Map(
    Object.keys(tables).flatMap(table =>
      [...readRows(file, table, json)].map(([key, row]) => [`${identifier(table)} ${key}`, row] as const),
    ),
  )
}

type LogRow = [seq: number, ts_ms: number, tbl: string, key: string, old_val: string | null, new_val: string | null]

export function readLog(file: string): LogRow[] {
  const db = new Sqlite(file, {readonly: true})
  try {
    return db.prepare('SELECT seq, ts_ms, tbl, key, old_val, new_val FROM _litefeed_changes').raw().all() as LogRow[]
  } finally {
    db.close()
  }
}

function replay(file: string, start: ReadonlyMap<string, string>): Map<string, string> {
  const rows = new Map(start)
  for (const [index, [seq, ts_ms, table, key, old_val, new_val]] of readLog(file).entries()) {
    const place = `${identifier(table)} ${readKey(key)}`
    const label = `change ${seq} of ${place}`
    expect(seq, 'the log is dense').toBe(index + 1)
    expect(Math.abs(Date.now() - ts_ms), label).toBeLessThan(600_000)
    expect(old_val && readText(old_val), `old_val of ${label}`).toBe(rows.get(place) ?? null)
    expect(new_val, `new_val of ${label}`).not.toBe(old_val)
    if (new_val === null) rows.delete(place)
    else rows.set(place, readText(new_val))
  }
  return rows
}
