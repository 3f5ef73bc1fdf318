import {canonicalKey, type Key} from '../../../documents/key.ts'
import type {Cursor, Page} from '../../storage.ts'
import type {Connection} from '../connection.ts'
import {readBounds} from '../log.ts'
import {identifier, toSql} from '../sql.ts'
import {coverUpTo} from './cover.ts'
import {keyJson} from './json.ts'
import {Rows} from './row.ts'
import type {KeyColumn, TableShape} from './shape.ts'

/** A query for the key and the document of every row as the log spells them, in two columns `key` and `doc`. */
export function rowsSql(shape: TableShape): string {
  const rows = new Rows(shape)
  return `SELECT ${rows.key('t')} AS key, ${rows.document('t')} AS doc FROM ${rows.table} AS t`
}

/** The row with this key as JSON text, or null. The key of several columns is an array. */
export function getRow(connection: Connection, shape: TableShape, key: Key): string | null {
  const columns = keyColumns(shape)
  const values = bindable(columns, key)
  if (values === undefined) return null
  const same = columns.map(({sql, collate}) => `t.${sql} = ? ${collate}`).join(' AND ')
  // SQLite finds what it holds for equal, such as the text 1 for the number 1 in a column of text. The spelling decides.
  const text = keyTextOf(connection, shape, key)
  const found = connection.prepare(`${rowsSql(shape)} WHERE ${same}`).all(...values) as [string, string][]
  return found.find(([spelt]) => spelt === text)?.[1] ?? null
}

/** The key as the log spells it; undefined when the table cannot have it. */
export function keyTextOf(connection: Connection, shape: TableShape, key: Key): string | undefined {
  const columns = keyColumns(shape)
  const values = bindable(columns, key)
  if (values === undefined) return undefined
  const names = columns.map((_, at) => `k${at}`)
  const row = connection
    .prepare(`SELECT ${keyJson('t', names)} FROM (SELECT ${names.map(name => `? AS ${name}`).join(', ')}) AS t`)
    .get(...values) as [string]
  return row[0]
}

/**
 * The next rows in the order of their keys; where a key may be NULL, in the order of the rowids. Ends a page early at 8 MB,
 * as `Storage.page` may.
 */
export function pageRows(connection: Connection, shape: TableShape, after: Cursor | undefined, limit: number): Page {
  const rows = new Rows(shape)
  const columns = orderColumns(shape)
  // In the order of the rowids a key does not say where it stands: then there is one page.
  const most = shape.nullableKey ? Number.MAX_SAFE_INTEGER : limit
  const order = columns.map(({sql, collate}) => `t.${sql} ${collate}`).join(', ')
  // Text goes through the cursor as bytes: JavaScript would repair what is not UTF-8, and the page start elsewhere.
  const place = columns.map(
    ({sql}) =>
      `typeof(t.${sql}) = 'text', CASE typeof(t.${sql}) WHEN 'text' THEN CAST(t.${sql} AS BLOB) ELSE t.${sql} END`,
  )
  const given = columns.map(() => 'CASE WHEN ? THEN CAST(? AS TEXT) ELSE ? END').join(', ')
  const statement = connection.prepare(
    `SELECT ${rows.key('t')}, ${rows.document('t')}, ${place.join(', ')} FROM ${rows.table} AS t
      ${after === undefined ? '' : `WHERE (${order}) > (${given})`} ORDER BY ${order} LIMIT ${most}`,
  )
  statement.safeIntegers()
  const documents: {key: string; text: string}[] = []
  let bytes = 0
  let last: unknown[] = []
  const values = after === undefined ? [] : (after.cursor as unknown[])
  for (const [key, text, ...cursor] of statement.iterate(...values) as Iterable<[string, string, ...unknown[]]>) {
    documents.push({key: canonicalKey(key), text})
    last = cursor
    bytes += text.length
    if (bytes > 8e6 && !shape.nullableKey) break
  }
  const position = readBounds(connection).newest
  if (shape.nullableKey || (documents.length < limit && bytes <= 8e6)) return {position, documents, covers: () => true}
  const cursor = columns.flatMap((_, at) => [last[at * 2], last[at * 2 + 1], last[at * 2 + 1]])
  const collations = columns.map(column => column.collate)
  return {position, documents, covers: coverUpTo(connection, collations, cursor), next: {cursor}}
}

interface SqlColumn {
  readonly sql: string
  readonly collate: string
}

/** The columns that hold the key; one that has no name but rowid when it is the rowid. */
function keyColumns({key, rowid}: TableShape): readonly SqlColumn[] {
  if (key.length === 0) return [{sql: rowid as string, collate: ''}]
  return key.map(({name, collation}) => ({sql: identifier(name), collate: collate(collation)}))
}

function orderColumns(shape: TableShape): readonly SqlColumn[] {
  return shape.nullableKey ? [{sql: shape.rowid as string, collate: ''}] : keyColumns(shape)
}

/** A collation of the application's own is not known here. */
function collate(name: KeyColumn['collation']): string {
  return `COLLATE ${identifier(['BINARY', 'NOCASE', 'RTRIM'].includes(name.toUpperCase()) ? name : 'BINARY')}`
}

/** SQLite has neither booleans nor arrays, and a key of several columns is an array of as many. */
function bindable(columns: readonly SqlColumn[], key: Key): readonly unknown[] | undefined {
  const parts: readonly Key[] = columns.length === 1 ? [key] : Array.isArray(key) ? key : []
  if (parts.length !== columns.length) return undefined
  if (parts.some(part => typeof part === 'boolean' || Array.isArray(part))) return undefined
  return parts.map(toSql)
}
