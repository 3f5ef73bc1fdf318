import type {Connection} from '../connection.ts'
import {identifier} from '../sql.ts'
import {documentTriggers} from '../triggers.ts'
import {compareTriggers, type Drift, exists, tableOf} from './health.ts'
import {misplacedTriggers, placeTriggers} from './order.ts'
import {triggerName} from './row.ts'

/** The triggers of the application that fire on the wrong side of ours on a table of documents. */
export function misplacedOnDocuments(connection: Connection, table: string): readonly string[] {
  return misplacedTriggers(connection, table, documentTriggers(table))
}

/** Makes the triggers of a table of documents again, on the right side of the application's. Must run in a write transaction. */
export function replaceDocumentTriggers(connection: Connection, table: string): void {
  const triggers = documentTriggers(table)
  for (const {name} of [...triggers.before, ...triggers.after])
    connection.execute(`DROP TRIGGER IF EXISTS ${identifier(name)}`)
  placeTriggers(connection, table, triggers)
}

/** What has happened to a table of documents, so that the log does not say what is done to it. */
export function inspectDocuments(connection: Connection, table: string): readonly Drift[] {
  if (!exists(connection, 'table', table)) {
    const to = tableOf(connection, triggerName(table, 'after_insert'))
    return [to === undefined ? {kind: 'no-table'} : {kind: 'renamed', to}]
  }
  if (!hasDocuments(connection, table)) return [{kind: 'not-trackable', reason: 'it has no columns id and doc'}]
  return compareTriggers(connection, table, documentTriggers(table), '_litefeed_stash')
}

/** Whether the table has what the triggers of a table of documents name: with others, each write to it would fail. */
export function hasDocuments(connection: Connection, table: string): boolean {
  const rows = connection
    .prepare(`SELECT name FROM pragma_table_info(?) WHERE name IN ('id', 'doc')`)
    .all(table) as unknown[]
  return rows.length === 2
}
