import type {Key} from '../../documents/key.ts'
import type {Comparisons, Cursor, Page} from '../storage.ts'
import type {Connection} from './connection.ts'
import {getDocument} from './documents.ts'
import {pageDocuments} from './pages.ts'
import {docText, identifier, keyJson} from './sql.ts'
import {requireTable} from './tables.ts'
import {readDefinition} from './tracked/definition.ts'
import {getRow, pageRows, rowsSql} from './tracked/read.ts'
import {jsonColumns} from './tracked/renamed.ts'
import {readShape} from './tracked/shape.ts'

/** A table whose rows can be read as documents: one of documents, or one that is tracked. */
export interface Readable {
  readonly name: string
  readonly kind: 'documents' | 'tracked'
  /** A query for every row: its key and its document, as JSON text, in the columns `key` and `doc`. */
  readonly sql: string
  get(key: Key): string | null
  /** Of a tracked table the comparisons are left to whoever reads it. */
  page(after: Cursor | undefined, limit: number, where?: Comparisons): Page
}

/** Throws NO_TABLE, and NOT_A_TABLE for an SQL table that is not tracked. Must be used in the transaction in which it is made. */
export function readable(connection: Connection, table: string): Readable {
  const name = requireTable(connection, table)
  const definition = readDefinition(connection, name)
  if (definition === undefined) {
    return {
      name,
      kind: 'documents',
      sql: `SELECT ${keyJson('id', 'doc')} AS key, ${docText('doc')} AS doc FROM ${identifier(name)}`,
      get: key => getDocument(connection, name, key),
      page: (after, limit, where) => pageDocuments(connection, name, after, limit, where),
    }
  }
  const shape = readShape(connection, name, jsonColumns(connection, definition))
  return {
    name,
    kind: 'tracked',
    sql: rowsSql(shape),
    get: key => getRow(connection, shape, key),
    page: (after, limit) => pageRows(connection, shape, after, limit),
  }
}
