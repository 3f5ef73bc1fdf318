import {LitefeedError, shown} from '../../error.ts'
import type {Mark, Position, TableInfo} from '../storage.ts'
import type {Connection} from './connection.ts'
import {forgetDropped} from './gone.ts'
import {readBounds} from './log.ts'
import {identifier} from './sql.ts'
import {readDefinition, readDefinitions} from './tracked/definition.ts'
import {describeDrift} from './tracked/describe.ts'
import {inspectDocuments} from './tracked/documents.ts'
import {inspect} from './tracked/health.ts'
import {placeTriggers} from './tracked/order.ts'
import {triggerName} from './tracked/row.ts'
import {createTable, documentTriggers} from './triggers.ts'

/** Whether litefeed has been in this file. A file that was opened for reading only may be anybody's. */
export function isInitialised(connection: Connection): boolean {
  return connection.prepare(`SELECT 1 FROM sqlite_schema WHERE name = '_litefeed_tables'`).get() !== undefined
}

/**
 * The name under which litefeed has the table, of documents or tracked, or undefined. Names are compared as SQLite does: ASCII
 * letters without case. Throws NOT_A_TABLE for what litefeed does not manage.
 */
export function findTable(connection: Connection, table: string): string | undefined {
  if (isInitialised(connection)) {
    const row = connection
      .prepare(
        `SELECT t.name FROM _litefeed_tables t JOIN sqlite_schema s ON s.type = 'table' AND s.name = t.name COLLATE NOCASE WHERE t.name = ?`,
      )
      .get(table) as [string] | undefined
    if (row !== undefined) return row[0]
  }
  const other = connection
    .prepare(
      `SELECT CASE WHEN sql LIKE 'CREATE VIRTUAL%' THEN 'virtual ' ELSE '' END || type FROM sqlite_schema WHERE name = ? COLLATE NOCASE`,
    )
    .get(table) as [string] | undefined
  if (other === undefined) return undefined
  const tracked = readDefinition(connection, table)
  if (tracked !== undefined) return tracked.name
  throw new LitefeedError('NOT_A_TABLE', `${shown(table)} is an SQL ${other[0]} that litefeed does not manage`, {
    hint: other[0] === 'table' ? `litefeed track ${table} records its changes` : 'choose another name',
  })
}

/** See Storage.mark. */
export function markOf(connection: Connection, table: string): Mark | undefined {
  // One that is not there now is being made anew, or was dropped without a word to the log, which is for `mend` to find.
  if (readDefinition(connection, table) !== undefined) return {id: 'tracked'}
  const name = findTable(connection, table)
  // One that another program has made anew under the name is not the one that was there, and nothing records it.
  if (name === undefined || !isRecorded(connection, name)) return undefined
  // A file of an older layout that was opened for reading only does not say so yet.
  const columns = connection.prepare(
    `SELECT count(*) FROM pragma_table_info('_litefeed_tables') WHERE name IN ('mark', 'made')`,
  )
  if ((columns.get() as [number])[0] < 2) return {id: ''}
  const [id, made] = connection.prepare('SELECT mark, made FROM _litefeed_tables WHERE name = ?').get(name) as [
    string | null,
    Position | null,
  ]
  return {id: id ?? '', made: made ?? undefined}
}

/** Like `findTable`; throws NO_TABLE. */
export function requireTable(connection: Connection, table: string): string {
  const name = findTable(connection, table)
  if (name !== undefined) return name
  throw new LitefeedError('NO_TABLE', `there is no table ${shown(table)} in ${connection.file}`, {
    hint: 'insert creates it; tables shows what is there',
  })
}

/**
 * Like `requireTable`; throws NOT_A_TABLE for one that is tracked, whose rows are not documents to be written, and for one of
 * documents whose changes would be lost to the log.
 */
export function requireDocuments(connection: Connection, table: string): string {
  const name = requireTable(connection, table)
  if (readDefinition(connection, name) === undefined) {
    if (isRecorded(connection, name)) return name
    throw new LitefeedError(
      'NOT_A_TABLE',
      `nothing records the changes of ${shown(name)}: another program has dropped its triggers, or made it anew`,
      {hint: `litefeed track ${name} installs them, and litefeed doctor says what is missing`},
    )
  }
  throw new LitefeedError(
    'NOT_A_TABLE',
    `${shown(name)} is an SQL table that is tracked: litefeed follows it and does not write to it`,
    {
      hint: 'write to it with SQL, as the application does',
    },
  )
}

function isRecorded(connection: Connection, table: string): boolean {
  const trigger = connection.prepare(
    `SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND name = ? AND tbl_name = ? COLLATE NOCASE`,
  )
  return trigger.get(triggerName(table, 'after_insert'), table) !== undefined
}

/** Makes the table and its triggers, by a name that `checkName` allows. Must run in a write transaction. */
export function makeTable(connection: Connection, table: string): void {
  if (findTable(connection, table) !== undefined) return
  refuseRenamed(connection, table)
  forgetDropped(connection, table)
  connection.execute(createTable(table))
  placeTriggers(connection, table, documentTriggers(table))
  connection
    .prepare('INSERT INTO _litefeed_tables (name, kind, mark, made) VALUES (?, ?, hex(randomblob(8)), ?)')
    .run(table, 'documents', readBounds(connection).newest)
}

/** A table that was renamed by SQL has taken its triggers along, which still record its changes under the old name. */
function refuseRenamed(connection: Connection, table: string): void {
  const [name] = (connection
    .prepare(`SELECT tbl_name FROM sqlite_schema WHERE type = 'trigger' AND name = ? COLLATE NOCASE`)
    .get(triggerName(table, 'after_insert')) ?? []) as [string?]
  if (name === undefined) return
  throw new LitefeedError(
    'NOT_A_TABLE',
    `the table ${shown(table)} was renamed to ${shown(name)}, whose changes are still recorded as its own`,
    {hint: `ALTER TABLE ${identifier(name)} RENAME TO ${identifier(table)}; litefeed doctor says more`},
  )
}

/** Every table with what there is to know about it. The newest change of a quiet table is looked for in the whole log. */
export function describeTables(connection: Connection): readonly TableInfo[] {
  if (!isInitialised(connection)) return []
  const documents = connection
    .prepare(
      `SELECT t.name FROM _litefeed_tables t JOIN sqlite_schema s ON s.type = 'table' AND s.name = t.name COLLATE NOCASE`,
    )
    .all() as [string][]
  const tracked = readDefinitions(connection).map(({name}) => ({name, kind: 'tracked' as const}))
  return [...documents.map(([name]) => ({name, kind: 'documents' as const})), ...tracked]
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .map(({name, kind}) => {
      const drift = kind === 'tracked' ? (inspect(connection, name) ?? []) : inspectDocuments(connection, name)
      return {
        name,
        kind,
        documents: countRows(connection, name),
        seq: newestChange(connection, name),
        oldest: oldestChange(connection),
        ...(kind === 'tracked' || drift.length > 0
          ? {health: drift.length === 0 ? 'ok' : drift.map(describeDrift).join('; ')}
          : {}),
      }
    })
}

/** Null where a collation of the application's own, in the key of a table WITHOUT ROWID, is in the way. */
function countRows(connection: Connection, table: string): number | null {
  const isThere = connection.prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE`)
  if (isThere.get(table) === undefined) return 0
  // The smallest index is counted, which is much faster, unless it needs a collation that is not known here.
  for (const how of ['', 'NOT INDEXED']) {
    try {
      const [count] = connection.prepare(`SELECT count(*) FROM ${identifier(table)} ${how}`).get() as [number]
      return count
    } catch (error) {
      if (!/no query solution|no such collation/.test((error as Error).message)) throw error
    }
  }
  return null
}

function newestChange(connection: Connection, table: string): number | null {
  const last = connection
    .prepare('SELECT seq FROM _litefeed_changes WHERE tbl = ? ORDER BY seq DESC LIMIT 1')
    .get(table) as [number] | undefined
  return last?.[0] ?? null
}

function oldestChange(connection: Connection): number {
  const [oldest] = connection
    .prepare(
      `SELECT coalesce((SELECT min(seq) FROM _litefeed_changes),
        (SELECT seq + 1 FROM sqlite_sequence WHERE name = '_litefeed_changes'), 1)`,
    )
    .get() as [number]
  return oldest
}
