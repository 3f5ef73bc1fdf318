import type {Differences, Position} from '../../storage.ts'
import type {Connection} from '../connection.ts'
import {readBounds} from '../log.ts'
import {identifier, literal, now} from '../sql.ts'
import {defaultSql} from './default.ts'
import {documentJson} from './json.ts'
import {rowsSql} from './read.ts'
import {imagesName, Rows} from './row.ts'
import type {TableShape} from './shape.ts'

/** What the rows of a table are compared with: the last values in the log, or those that were kept when a migration began. */
export type Images = 'logged' | 'kept'

/**
 * Makes the differences between a table and its images changes in the log. A row that has no image is an add when `strangers`
 * says so. Otherwise it is as it was in the columns that there were, `known`, since the triggers have recorded those; in columns
 * that have been added to them it was as they are by default. `shape` is undefined when the table is gone. What is compared
 * lies in files, not in memory. Must run in a write transaction.
 */
export function recordDifferences(
  connection: Connection,
  table: string,
  shape: TableShape | undefined,
  {images, strangers, known}: {readonly images: Images; readonly strangers: boolean; readonly known: readonly string[]},
): Differences {
  const before = readBounds(connection).newest
  const source = images === 'kept' ? `main.${identifier(imagesName(table))}` : readLogged(connection, table)
  const rows = shape === undefined ? `SELECT NULL AS key, NULL AS doc WHERE false` : rowsSql(shape)
  const record = (select: string) =>
    connection.execute(
      `INSERT INTO _litefeed_changes (ts_ms, tbl, key, old_val, new_val)
        SELECT ${now}, ${literal(shape?.name ?? table)}, k, o, n FROM (${select})`,
    )
  record(`SELECT i.key AS k, i.doc AS o, NULL AS n FROM ${source} AS i
    WHERE i.doc IS NOT NULL AND i.key NOT IN (SELECT r.key FROM (${rows}) AS r)`)
  // The LIMIT keeps SQLite from computing a document where it is compared, and again where it is recorded.
  record(`SELECT r.key AS k, i.doc AS o, r.doc AS n FROM (${rows} LIMIT -1) AS r LEFT JOIN ${source} AS i ON i.key = r.key
    WHERE i.doc IS NOT r.doc ${strangers ? '' : 'AND i.key IS NOT NULL'}`)
  const added = shape === undefined || strangers ? undefined : addedColumns(connection, shape, known)
  if (shape !== undefined && added !== undefined) {
    const rows = new Rows(shape)
    const before = documentJson(
      't',
      shape.columns.filter(({name}) => known.includes(name)),
    )
    record(`SELECT ${rows.key('t')} AS k, ${before} AS o, ${rows.document('t')} AS n FROM ${rows.table} AS t
      WHERE (${added}) AND ${rows.key('t')} NOT IN (SELECT key FROM ${source})`)
  }
  if (images === 'logged') connection.execute(`DROP TABLE ${source}`)
  return countChanges(connection, before)
}

/**
 * A condition on rows `t`: that one of the columns that were added is not as it was then. Undefined when none was, or when others
 * are gone: one may be another one by a new name.
 */
function addedColumns(
  connection: Connection,
  {name, columns}: TableShape,
  known: readonly string[],
): string | undefined {
  if (known.some(one => !columns.some(column => column.name === one))) return undefined
  const added = (
    connection.prepare('SELECT name, dflt_value FROM pragma_table_xinfo(?) WHERE hidden = 0').all(name) as [
      string,
      string | null,
    ][]
  ).filter(([column]) => !known.includes(column))
  if (added.length === 0) return undefined
  return added.map(([column, value]) => `t.${identifier(column)} IS NOT ${defaultSql(value)}`).join(' OR ')
}

/** Keeps the rows of a table as they are, as images to compare it with later. */
export function keepImages(connection: Connection, shape: TableShape): void {
  const table = `main.${identifier(imagesName(shape.name))}`
  dropImages(connection, shape.name)
  connection.execute(`CREATE TABLE ${table} (key TEXT PRIMARY KEY NOT NULL, doc TEXT NOT NULL)`)
  connection.execute(`INSERT INTO ${table} (key, doc) SELECT key, doc FROM (${rowsSql(shape)})`)
}

export function dropImages(connection: Connection, table: string): void {
  connection.execute(`DROP TABLE IF EXISTS main.${identifier(imagesName(table))}`)
}

/** A temporary table of the last value of each key in the log: null for one that was removed. */
function readLogged(connection: Connection, table: string): string {
  const name = 'temp._litefeed_images'
  connection.execute(`DROP TABLE IF EXISTS ${name}`)
  connection.execute(`CREATE TEMP TABLE _litefeed_images (key TEXT PRIMARY KEY NOT NULL, doc TEXT)`)
  connection.execute(
    `INSERT INTO ${name} (key, doc) SELECT key, new_val FROM _litefeed_changes WHERE seq IN
      (SELECT max(seq) FROM _litefeed_changes WHERE tbl = ${literal(table)} COLLATE NOCASE GROUP BY key)`,
  )
  return name
}

function countChanges(connection: Connection, after: Position): Differences {
  const [added, changed, removed] = connection
    .prepare(
      `SELECT count(*) FILTER (WHERE old_val IS NULL), count(*) FILTER (WHERE old_val IS NOT NULL AND new_val IS NOT NULL),
        count(*) FILTER (WHERE new_val IS NULL) FROM _litefeed_changes WHERE seq > ?`,
    )
    .get(after) as [number, number, number]
  return {added, changed, removed}
}
