import {LitefeedError} from '../../../error.ts'
import type {Connection} from '../connection.ts'
import {identifier} from '../sql.ts'
import {defaultSql} from './default.ts'
import {type Expression, readCheckSql} from './index-sql.ts'
import type {Column} from './json.ts'
import {mayNest} from './nesting.ts'
import {foldName, sameName} from './tokens.ts'
import {type Constraints, readUnique, type UniqueKey} from './unique.ts'

/** What must be known of an SQL table to record its changes. The triggers are a pure function of it. */
export interface TableShape extends Constraints {
  readonly name: string
  /** In their order; generated ones too. */
  readonly columns: readonly Column[]
  /** The columns of the primary key in the order declared; none when the rowid is the key. */
  readonly key: readonly KeyColumn[]
  /** A primary key that is not the rowid may hold NULL, more than once: https://sqlite.org/quirks.html#primary_keys_can_sometimes_contain_nulls */
  readonly nullableKey: boolean
  /** The name under which the rowid is reached, as SQL; none WITHOUT ROWID, or when columns hide it. */
  readonly rowid: string | undefined
  /** Everything by which one row can be in the way of another, but for the rowid. */
  readonly unique: readonly UniqueKey[]
  /** Whether SQLite may write to this table while it writes to it. */
  readonly nested: boolean
}

export interface KeyColumn {
  readonly name: string
  readonly collation: string
}

/** Throws NOT_A_TABLE for what has no rows of its own, and for a table whose rows cannot be told from each other. */
export function readShape(connection: Connection, table: string, json: readonly string[] = []): TableShape {
  const {name, withoutRowid} = findSqlTable(connection, table)
  const columns = connection
    .prepare('SELECT name, type, pk, "notnull", dflt_value FROM pragma_table_xinfo(?) ORDER BY cid')
    .all(name) as [string, string, number, number, string | null][]
  const unknown = json.find(asked => !columns.some(([column]) => sameName(column, asked)))
  if (unknown !== undefined) throw new LitefeedError('MISUSE', `${name} has no column ${unknown}`)

  const primary = columns.filter(([, , pk]) => pk > 0).sort((one, other) => one[2] - other[2])
  const names = columns.map(([column]) => column)
  const hidden = new Set(names.map(foldName))
  const free = withoutRowid ? undefined : ['rowid', '_rowid_', 'oid'].find(alias => !hidden.has(alias))
  const {unique, primaryKey} = readUnique(connection, name, names)
  const alias = !withoutRowid && primary.length === 1 && primaryKey === undefined ? primary[0]?.[0] : undefined

  const rowid = alias === undefined ? free : identifier(alias)
  const key = primary.map(([column]) => ({name: column, collation: collationOf(column, primaryKey)}))
  const nullableKey = alias === undefined && !withoutRowid && primary.some(([, , , notnull]) => notnull === 0)
  if (rowid === undefined && (key.length === 0 || nullableKey))
    throw new LitefeedError('NOT_A_TABLE', `the rows of ${name} cannot be told apart`, {
      hint: 'it has no primary key that excludes NULL, and columns that hide rowid, _rowid_ and oid: name one of them otherwise',
    })
  return {
    name,
    columns: columns.map(([column]) => ({name: column, json: json.some(asked => sameName(asked, column))})),
    key,
    nullableKey,
    rowid,
    unique,
    checks: readChecks(connection, name, names),
    // The rowid is chosen where it is NULL.
    required: columns
      .filter(([column, , , notnull]) => notnull === 1 && column !== alias)
      .map(([name, , , , value]) => ({name, byDefault: value === null ? undefined : defaultSql(value)})),
    nested: mayNest(connection, name),
  }
}

/** The table as SQLite has it. Throws NOT_A_TABLE; NO_TABLE when there is none. */
function findSqlTable(connection: Connection, table: string): {name: string; withoutRowid: boolean} {
  const row = connection
    .prepare(`SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' AND name = ? COLLATE NOCASE`)
    .get(table) as [string, string, number] | undefined
  if (row === undefined)
    throw new LitefeedError('NO_TABLE', `there is no table ${JSON.stringify(table)} in ${connection.file}`)
  const [name, type, wr] = row
  if (/^(_litefeed_|sqlite_)/i.test(name))
    throw new LitefeedError('NOT_A_TABLE', `${name} belongs to ${/^s/i.test(name) ? 'SQLite' : 'litefeed'}`)
  if (type !== 'table')
    throw new LitefeedError(
      'NOT_A_TABLE',
      `${name} is a ${type} table, which cannot have triggers`.replace('view table', 'view'),
      {
        hint: type === 'view' ? 'track the tables that it reads' : 'only ordinary tables can be tracked',
      },
    )
  return {name, withoutRowid: wr === 1}
}

function collationOf(column: string, primaryKey: UniqueKey | undefined): string {
  return primaryKey?.terms.find(({expression}) => expression === identifier(column))?.collation ?? 'BINARY'
}

function readChecks(connection: Connection, table: string, columns: readonly string[]): readonly Expression[] {
  const [sql] = connection.prepare(`SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?`).get(table) as [
    string,
  ]
  return readCheckSql(sql, columns)
}
