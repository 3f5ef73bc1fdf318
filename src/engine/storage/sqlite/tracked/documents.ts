import type {Connection} from '../connection.ts'
import {identifier} from '../sql.ts'
import {documentTriggers} from '../triggers.ts'
import {misplacedTriggers, placeTriggers} from './order.ts'

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
