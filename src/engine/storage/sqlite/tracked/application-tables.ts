import {LitefeedError} from '../../../error.ts'
import type {ApplicationTable} from '../../storage.ts'
import type {Connection} from '../connection.ts'
import {isMisunderstood} from '../failure.ts'
import {isInitialised} from '../tables.ts'
import {readDefinition} from './definition.ts'
import {readShape} from './shape.ts'

/** See Storage.applicationTables. Virtual tables and views are among them, with the reason why they cannot be tracked. */
export function listApplicationTables(connection: Connection): readonly ApplicationTable[] {
  const rows = connection
    .prepare(
      `SELECT name, type = 'view' FROM pragma_table_list WHERE schema = 'main'
        AND name NOT LIKE '\\_litefeed\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`,
    )
    .all() as [string, number][]
  return rows
    .filter(([name]) => !isDocuments(connection, name))
    .map(([name, view]) => describe(connection, name, view === 1))
}

/** Whether it is a table of documents. */
export function isDocuments(connection: Connection, table: string): boolean {
  if (!isInitialised(connection)) return false
  return connection.prepare('SELECT 1 FROM _litefeed_tables WHERE name = ?').get(table) !== undefined
}

function describe(connection: Connection, name: string, view: boolean): ApplicationTable {
  const tracked = readDefinition(connection, name) !== undefined
  const table = {name, view, tracked, columns: columnsOf(connection, name)}
  try {
    readShape(connection, name)
    return table
  } catch (error) {
    if (!(error instanceof LitefeedError)) throw error
    return {...table, refused: error}
  }
}

/** None of what SQLite can only read where the application runs: a view or a virtual table, for its functions or its module. */
function columnsOf(connection: Connection, table: string): readonly string[] {
  try {
    const rows = connection.prepare('SELECT name FROM pragma_table_xinfo(?)').all(table) as [string][]
    return rows.map(([column]) => column)
  } catch (error) {
    if (!isMisunderstood(error)) throw error
    return []
  }
}
