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
  /** The column when it is a bare one, which can be compared directly. */
  readonly column: string | undefined
  /** The columns that it names. */
  readonly columns: readonly string[]
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
    if (name !== null) return {expression: identifier(name), column: name, columns: [name], collation}
    const expression = text?.expressions[at]
    if (expression === undefined) throw new Error(`the expression ${at} of ${index} is not in its SQL: ${sql}`)
    return {expression: expression.sql, column: undefined, columns: expression.columns, collation}
  })
  const columns = terms.flatMap(term => term.columns)
  return {
    name: index,
    terms,
    where: text?.where,
    columns: [...new Set([...columns, ...(text?.where?.columns ?? [])])],
  }
}

/**
 * Conditions on the rows of the table, named `t`. One that agrees with the row `new` in all terms of the key fulfils one of them.
 *
 * REPLACE puts the default in place of a NULL after the BEFORE triggers, which so have to reckon with it.
 */
export function agrees(key: UniqueKey, shape: Constraints): readonly string[] {
  const given = (name: string) => `new.${identifier(name)}`
  const columns = [...key.columns, ...shape.checks.flatMap(check => check.columns)]
  const replaced = new Map(
    shape.required.flatMap(({name, byDefault}) =>
      byDefault === undefined || !columns.includes(name) ? [] : [[name, `coalesce(${given(name)}, ${byDefault})`]],
    ),
  )
  if (replaced.size === 0) return [agreesWith(key, shape, given)]
  const some = [...replaced.keys()].map(name => `${given(name)} IS NULL`).join(' OR ')
  const withDefaults = agreesWith(key, shape, name => replaced.get(name) ?? given(name))
  return [agreesWith(key, shape, given), `(${some}) AND ${withDefaults}`]
}

/** What must be true of a row for it to be in the table. */
export interface Constraints {
  /** The CHECK constraints. */
  readonly checks: readonly Expression[]
  /** The columns that exclude NULL; SQL of the default, if there is one. */
  readonly required: readonly {readonly name: string; readonly byDefault: string | undefined}[]
}

/**
 * An expression of the new row is computed only where SQLite would come to it: in a row that is in the index, has no NULL
 * where there must be none, and fulfils the CHECKs of the table. Else it could fail, as json_extract() does for what is no
 * JSON, where SQLite would ignore the row. CASE looks at them in their order, and as SQLite does: at no second half of an AND
 * after a first that is false.
 */
function agreesWith(
  {terms, where}: UniqueKey,
  {checks, required}: Constraints,
  given: (column: string) => string,
): string {
  const violated = [...required.map(({name}) => `${given(name)} IS NULL`), ...checks.map(({sql}) => `NOT (${sql})`)]
  const isIn = where === undefined ? 'ELSE 1' : `WHEN ${where.sql} THEN 1`
  const holds =
    violated.length === 0 ? where?.sql : `CASE ${violated.map(sql => `WHEN ${sql} THEN 0`).join(' ')} ${isIn} END`
  const equal = terms.map(({expression, column, columns, collation}) => {
    const collate = `COLLATE ${identifier(collation)}`
    if (column !== undefined) return `t.${expression} ${collate} = ${given(column)}`
    const needed = new Set([...columns, ...(where?.columns ?? []), ...checks.flatMap(check => check.columns)])
    const values = [...needed].map(name => `${given(name)} AS ${identifier(name)}`)
    const row = `(SELECT ${values.length === 0 ? 'NULL' : values.join(', ')})`
    const condition = holds === undefined ? '' : ` WHERE ${holds}`
    return `(${expression}) ${collate} = (SELECT ${expression} FROM ${row}${condition})`
  })
  return [...(where === undefined ? [] : [`(${where.sql})`]), ...equal].join(' AND ')
}

/** What is unique, for the record that is kept of a table. */
export function describeUnique({terms, where}: UniqueKey): string {
  const list = terms.map(({expression, collation}) => `${expression} COLLATE ${collation}`).join(', ')
  return where === undefined ? list : `${list} WHERE ${where.sql}`
}
