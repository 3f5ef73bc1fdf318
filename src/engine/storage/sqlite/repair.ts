import {LitefeedError} from '../../error.ts'
import type {Differences, TrackOptions} from '../storage.ts'
import type {Connection} from './connection.ts'
import {forgetDropped} from './gone.ts'
import {isDocuments} from './tracked/application-tables.ts'
import {hasDocuments, replaceDocumentTriggers} from './tracked/documents.ts'
import {trackAnew} from './tracked/mend.ts'

/**
 * See Storage.track. The triggers of a table of documents are made anew as well, since another program may have dropped
 * them, or put its own in their way. Must run in a write transaction.
 */
export function trackTable(connection: Connection, table: string, options: TrackOptions): Differences {
  if (!isDocuments(connection, table)) return trackAnew(connection, table, options)
  if (!hasDocuments(connection, table)) {
    // An application has made a table of its own in the place of one of documents. That there is none NO_TABLE says.
    forgetDropped(connection, table)
    return trackAnew(connection, table, options)
  }
  if (options.json !== undefined && options.json.length > 0)
    throw new LitefeedError('MISUSE', `${table} is a table of documents, which are JSON as they are`)
  const [name] = connection.prepare('SELECT name FROM _litefeed_tables WHERE name = ?').get(table) as [string]
  connection.execute('CREATE TABLE IF NOT EXISTS _litefeed_stash (tbl, id, doc)')
  replaceDocumentTriggers(connection, name)
  return {added: 0, changed: 0, removed: 0}
}
