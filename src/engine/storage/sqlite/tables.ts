import {LitefeedError} from '../../error.ts'
import type {TableInfo} from '../storage.ts'
import type {Connection} from './connection.ts'
import {identifier} from './sql.ts'
import {createTable, documentTriggers} from './triggers.ts'

/** Whether litefeed has been in this file. A file that was opened for reading only may be anybody's. */
export function isInitialised(connection: Connection): boolean {
  return connection.prepare(`SELECT 1 FROM sqlite_schema WHERE name = '_litefeed_tables'`).get() !== undefined
}

/** The name under which litefeed has the table, or undefined. Names are compared as SQLite does: ASCII letters without case. */
export function findTable(connection: Connection, table: string): string | undefined {
  if (isInitialised(connection)) {
    const row = connection
      .prepare(
        `SELECT t.name FROM _litefeed_tables t JOIN sqlite_schema s ON s.type = 'table' AND s.name = t.name COLLATE NOCASE WHERE t.name = ?`,
      )
      .get(table) as [string] | undefined
    if (row !== undefined) return row[0]
  }
  const other = connection.prepare('SELECT type FROM sqlite_schema WHERE name = ? COLLATE NOCASE').get(table) as
    | [string]
    | undefined
  if (other === undefined) return undefined
  throw new LitefeedError('NOT_A_TABLE', `${shown(table)} is an SQL ${other[0]} that litefeed does not manage`, {
    hint: 'choose another name',
  })
}

/** Like `findTable`; throws NO_TABLE. */
export function requireTable(connection: Connection, table: string): string {
  const name = findTable(connection, table)
  if (name !== undefined) return name
  throw new LitefeedError('NO_TABLE', `there is no table ${shown(table)} in ${connection.file}`, {
    hint: 'insert creates it; tables shows what is there',
  })
}

/** Makes the table and its triggers, by a name that `checkName` allows. Must run in a write transaction. */
export function makeTable(connection: Connection, table: string): void {
  if (findTable(connection, table) !== undefined) return
  connection.execute(createTable(table))
  const {before, after} = documentTriggers(table)
  for (const {sql} of [...before, ...after]) connection.execute(sql)
  connection.prepare('INSERT OR REPLACE INTO _litefeed_tables (name, kind) VALUES (?, ?)').run(table, 'documents')
}

/** Every table with what there is to know about it. The newest change of a quiet table is looked for in the whole log. */
export function describeTables(connection: Connection): readonly TableInfo[] {
  if (!isInitialised(connection)) return []
  const names = connection
    .prepare(
      `SELECT t.name FROM _litefeed_tables t JOIN sqlite_schema s ON s.type = 'table' AND s.name = t.name COLLATE NOCASE ORDER BY 1`,
    )
    .all() as [string][]
  return names.map(([name]) => {
    const [documents] = connection.prepare(`SELECT count(*) FROM ${identifier(name)}`).get() as [number]
    const last = connection
      .prepare('SELECT seq FROM _litefeed_changes WHERE tbl = ? ORDER BY seq DESC LIMIT 1')
      .get(name) as [number] | undefined
    return {name, kind: 'documents', documents, seq: last?.[0] ?? null}
  })
}

/** Refuses a name that a table cannot have. Throws MISUSE. */
export function checkName(table: string): void {
  if (table === '') throw new LitefeedError('MISUSE', 'a table needs a name')
  if (/^(_litefeed_|sqlite_)/i.test(table)) {
    throw new LitefeedError(
      'MISUSE',
      `the table name ${shown(table)} is reserved: names that start with _litefeed_ or sqlite_ belong to litefeed and SQLite`,
    )
  }
  if (!table.isWellFormed() || hasControl(table)) {
    throw new LitefeedError(
      'MISUSE',
      `the table name ${shown(table)} holds a control character or half of a surrogate pair`,
    )
  }
  if (table.startsWith('-'))
    throw new LitefeedError('MISUSE', `the table name ${shown(table)} starts with "-", as options do`)
}

function hasControl(text: string): boolean {
  return [...text].some(character => character < ' ' || character === '\x7f')
}

function shown(table: string): string {
  return JSON.stringify(table)
}
