import type {Connection} from '../connection.ts'
import {identifier} from '../sql.ts'
import {type Expression, readIndexSql} from './index-sql.ts'

/** A unique index: no two of the rows that are in it agree in all of its terms. */
export interface UniqueKey {
  /** The index, for messages. */
  readonly name: string
  readonly terms: readonly Term[]
  /** Which rows are in it; all when there is none. */
  readonly where: Expression | undefined
  /** The columns that it depends on. An update of others cannot make two rows agree. */
  readonly columns: readonly string[]
}

export interface Term {
  /** SQL over unqualified, quoted columns. */
  readonly expression: string
  /** The columns that an expression names; undefined for a bare column, which can be compared directly. */
  readonly columns: readonly string[] | undefined
  readonly collation: string
}

interface Unique {
  readonly unique: readonly UniqueKey[]
  /** The index of the primary key, which there is none of when it is the rowid. */
  readonly primaryKey: UniqueKey | undefined
}

/** Every unique index of a table. */
export function readUnique(connection: Connection, table: string, columns: readonly string[]): Unique {
  const indexes = connection
    .prepare('SELECT name, origin FROM pragma_index_list(?) WHERE "unique" ORDER BY seq')
    .all(table) as [string, string][]
  let primaryKey: UniqueKey | undefined
  const unique = indexes.map(([name, origin]) => {
    const key = readKey(connection, name, columns)
    if (origin === 'pk') primaryKey = key
    return key
  })
  return {unique, primaryKey}
}

function readKey(connection: Connection, index: string, columnNames: readonly string[]): UniqueKey {
  const parts = connection
    .prepare('SELECT name, coll FROM pragma_index_xinfo(?) WHERE key ORDER BY seqno')
    .all(index) as [string | null, string][]
  // The index that is itself the table WITHOUT ROWID is not in the schema.
  const [sql] = (connection.prepare(`SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ?`).get(index) ?? [
    null,
  ]) as [string | null]
  const text = sql === null ? undefined : readIndexSql(sql, columnNames)
  const terms = parts.map(([name, collation], at): Term => {
    if (name !== null) return {expression: identifier(name), columns: undefined, collation}
    const expression = text?.expressions[at]
    if (expression === undefined) throw new Error(`the expression ${at} of ${index} is not in its SQL: ${sql}`)
    return {expression: expression.sql, columns: expression.columns, collation}
  })
  const columns = parts.flatMap(([name], at) => (name === null ? (terms[at]?.columns ?? []) : [name]))
  return {
    name: index,
    terms,
    where: text?.where,
    columns: [...new Set([...columns, ...(text?.where?.columns ?? [])])],
  }
}

/**
 * A condition on the rows of the table, named `t`: that they agree with the row `new` in all terms of the key.
 *
 * An expression of the new row is computed only where SQLite would come to it: in a row that is in the index, and fulfils the
 * CHECKs of the table. Else it could fail, as json_extract() does for what is no JSON, where SQLite would ignore the row.
 */
export function agrees({terms, where}: UniqueKey, checks: readonly Expression[]): string {
  const holds = [...checks.map(({sql}) => `(${sql}) IS NOT 0`), ...(where === undefined ? [] : [`(${where.sql})`])]
  const equal = terms.map(({expression, columns, collation}) => {
    const collate = `COLLATE ${identifier(collation)}`
    if (columns === undefined) return `t.${expression} ${collate} = new.${expression}`
    const needed = new Set([...columns, ...(where?.columns ?? []), ...checks.flatMap(check => check.columns)])
    const values = [...needed].map(name => `new.${identifier(name)} AS ${identifier(name)}`)
    const row = `(SELECT ${values.length === 0 ? 'NULL' : values.join(', ')})`
    const condition = holds.length === 0 ? '' : ` WHERE ${holds.join(' AND ')}`
    return `(${expression}) ${collate} = (SELECT ${expression} FROM ${row}${condition})`
  })
  return [...(where === undefined ? [] : [`(${where.sql})`]), ...equal].join(' AND ')
}

/** What is unique, for the record that is kept of a table. */
export function describeUnique({terms, where}: UniqueKey): string {
  const list = terms.map(({expression, collation}) => `${expression} COLLATE ${collation}`).join(', ')
  return where === undefined ? list : `${list} WHERE ${where.sql}`
}
