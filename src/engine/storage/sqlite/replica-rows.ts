import {LitefeedError} from '../../error.ts'
import type {ReplicaChange, ReplicaOutcome} from '../replica.ts'
import type {Connection} from './connection.ts'
import {isRefusal} from './failure.ts'
import {identifier, literal} from './sql.ts'
import {defaultSql} from './tracked/default.ts'

/** How documents become rows of an SQL table: a field for each column, the key for the primary key. */
export interface RowTarget {
  /** Takes the document and the key. */
  readonly upsert: string
  /** Takes the key. */
  readonly remove: string
}

/**
 * The statements for a table that an application has made. A column for which the document has no field is null, or its
 * default where it must not be null. Objects and arrays are stored as JSON text; what stands for a blob, an infinity or a text
 * that holds a NUL is one.
 * Throws MISUSE for a table without a primary key.
 */
export function rowTarget(connection: Connection, table: string): RowTarget {
  const columns = connection
    .prepare(`SELECT name, pk, "notnull", dflt_value IS NOT NULL FROM pragma_table_info(?) ORDER BY cid`)
    .all(table) as [string, number, number, number][]
  const keys = columns.filter(([, pk]) => pk > 0).sort(([, one], [, other]) => one - other)
  if (keys.length === 0)
    throw new LitefeedError('MISUSE', `the table ${table} in ${connection.file} has no primary key to find a row by`)
  const isKey = (name: string) => keys.some(([key]) => key === name)
  const keyValue = (name: string) =>
    keys.length === 1 ? valueAt('k', '$') : valueAt('k', `$[${keys.findIndex(([key]) => key === name)}]`)
  const values = columns.map(([name, , notNull, hasDefault]) => {
    if (isKey(name)) return keyValue(name)
    const value = valueAt('d', `$.${JSON.stringify(name)}`)
    return notNull && hasDefault ? `coalesce(${value}, ${defaultOf(connection, table, name)})` : value
  })
  const names = columns.map(([name]) => identifier(name))
  const others = columns.filter(([name]) => !isKey(name)).map(([name]) => identifier(name))
  const conflict = keys.map(([name]) => identifier(name)).join(', ')
  const set = others.map(name => `${name} = excluded.${name}`).join(', ')
  return {
    // Whatever clause a constraint of the table has: a row that it left out in silence would be missing.
    upsert: `INSERT OR ABORT INTO ${identifier(table)} (${names.join(', ')}) SELECT ${values.join(', ')} FROM (SELECT ? AS d, ? AS k) WHERE true
      ON CONFLICT (${conflict}) DO ${set === '' ? 'NOTHING' : `UPDATE SET ${set}`}`,
    remove: `DELETE FROM ${identifier(table)} WHERE (${conflict}) = (SELECT ${keys.map(([name]) => keyValue(name)).join(', ')} FROM (SELECT ? AS k))`,
  }
}

/** Must run in a write transaction. Throws UNDELIVERED when the table has rolled that back. */
export function replicateRow(
  connection: Connection,
  {upsert, remove}: RowTarget,
  {table, key, document}: ReplicaChange,
): ReplicaOutcome {
  // It goes by its rowid, which is another one here.
  if (key.startsWith('{"$rowid":')) return {kind: 'refused', reason: 'its key holds NULL, and no row is found by that'}
  try {
    if (document === null) connection.prepare(remove).run(key)
    else connection.prepare(upsert).run(document, key)
    return {kind: 'done'}
  } catch (error) {
    if (!isRefusal(error)) throw error
    const {message} = error as Error
    // Then what came before this row is not there either.
    if (!connection.inTransaction)
      throw new LitefeedError('UNDELIVERED', `${table} in ${connection.file} rolls all back: ${message}`, {
        hint: 'a trigger there says RAISE(ROLLBACK); with RAISE(ABORT) it refuses the one row',
      })
    return {kind: 'refused', reason: message}
  }
}

/** A value in JSON text as SQL has it. */
function valueAt(text: string, path: string): string {
  const at = literal(path)
  const blob = `json_extract(${text}, ${literal(`${path}."$blob"`)})`
  const real = `json_extract(${text}, ${literal(`${path}."$real"`)})`
  const withNul = `json_extract(${text}, ${literal(`${path}."$text"`)})`
  return `CASE WHEN json_type(${text}, ${at}) = 'object' AND ${blob} IS NOT NULL THEN unhex(${blob})
    WHEN json_type(${text}, ${at}) = 'object' AND ${withNul} IS NOT NULL THEN CAST(unhex(${withNul}) AS TEXT)
    WHEN json_type(${text}, ${at}) = 'object' AND ${real} IS NOT NULL THEN CASE ${real} WHEN 'Infinity' THEN 9e999 WHEN '-Infinity' THEN -9e999 END
    ELSE json_extract(${text}, ${at}) END`
}

function defaultOf(connection: Connection, table: string, column: string): string {
  const [value] = connection
    .prepare('SELECT dflt_value FROM pragma_table_info(?) WHERE name = ?')
    .get(table, column) as [string]
  return defaultSql(value)
}
