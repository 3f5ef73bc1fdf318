import type {Database} from 'better-sqlite3'
import {LitefeedError} from '../../error.ts'
import type {Connection} from './connection.ts'
import {identifier} from './sql.ts'
import {replaceDocumentTriggers} from './tracked/documents.ts'
import {triggerName} from './tracked/row.ts'

/** The version of the file's layout that this litefeed writes. */
export const schemaVersion = 6

/**
 * Makes a database litefeed's, or brings an older file up to date. Runs in one transaction; several processes may do it
 * at once. Returns the feed id. Throws NEWER_FILE.
 */
export function initialise(db: Database, connection: Connection): string {
  const known = readMeta(db)
  if (known?.version === schemaVersion) return known.id
  return db
    .transaction(() => {
      const meta = readMeta(db)
      const version = meta?.version ?? 0
      for (const migration of migrations.slice(version)) {
        if (typeof migration === 'string') db.exec(migration)
        else migration(connection)
      }
      if (meta !== undefined) {
        db.prepare(`UPDATE _litefeed_meta SET value = ? WHERE name = 'schema_version'`).run(String(schemaVersion))
        return meta.id
      }
      // SQLite's randomness comes from the system as well; Node's would load all of its cryptography, 12 ms.
      const id = (db.prepare('SELECT randomblob(12)').pluck().get() as Buffer).toString('base64url')
      const put = db.prepare('INSERT INTO _litefeed_meta (name, value) VALUES (?, ?)')
      put.run('feed_id', id)
      put.run('schema_version', String(schemaVersion))
      return id
    })
    .immediate()
}

/** What the file says of itself, or undefined when litefeed has not been here. Throws NEWER_FILE. */
export function readMeta(db: Database): {readonly id: string; readonly version: number} | undefined {
  if (db.prepare(`SELECT 1 FROM sqlite_schema WHERE name = '_litefeed_meta'`).get() === undefined) return undefined
  const rows = db.prepare('SELECT name, value FROM _litefeed_meta').raw().all() as [string, string][]
  const meta = new Map(rows)
  const version = Number(meta.get('schema_version'))
  if (version > schemaVersion) {
    throw new LitefeedError(
      'NEWER_FILE',
      `${db.name} was written by a newer litefeed (layout ${version}, this one knows ${schemaVersion})`,
      {
        hint: 'update litefeed',
      },
    )
  }
  return {id: meta.get('feed_id') ?? '', version}
}

/**
 * Removes all that is litefeed's from a file in which it has no table any more, but for what a pipe knows of the copy that the
 * file is. Must run in a write transaction.
 */
export function removeIfUnused(connection: Connection): void {
  const [tables] = connection
    .prepare('SELECT (SELECT count(*) FROM _litefeed_tables) + (SELECT count(*) FROM _litefeed_tracked)')
    .get() as [number]
  if (tables > 0) return
  const ours = connection
    .prepare(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE '\\_litefeed\\_%' ESCAPE '\\' AND name <> '_litefeed_replica'`,
    )
    .all() as [string][]
  for (const [name] of ours) connection.execute(`DROP TABLE ${identifier(name)}`)
}

/**
 * One step a version. The log has no constraint and no index beyond `seq`: the application's own conflict clause overrides
 * a trigger's (https://sqlite.org/lang_createtrigger.html), and would turn a violated constraint into a lost change.
 */
const migrations: readonly (string | ((connection: Connection) => void))[] = [
  `
  CREATE TABLE _litefeed_meta (name TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL);
  CREATE TABLE _litefeed_changes (seq INTEGER PRIMARY KEY AUTOINCREMENT, ts_ms, tbl, key, old_val, new_val);
  CREATE TABLE _litefeed_tables (name TEXT PRIMARY KEY COLLATE NOCASE NOT NULL, kind TEXT NOT NULL);
  CREATE TABLE _litefeed_stash (tbl, id, doc);
  `,
  // A table that is dropped and made anew is another one, which a feed must be able to see.
  `
  ALTER TABLE _litefeed_tables ADD COLUMN mark TEXT;
  CREATE TABLE _litefeed_tracked (name TEXT PRIMARY KEY COLLATE NOCASE NOT NULL, definition TEXT NOT NULL);
  `,
  `
  CREATE TABLE _litefeed_consumers (name TEXT PRIMARY KEY NOT NULL, seq INTEGER NOT NULL, feed_id TEXT NOT NULL,
    updated INTEGER NOT NULL, initial INTEGER NOT NULL DEFAULT 0, sending INTEGER, owner TEXT, place TEXT, expires INTEGER,
    fence INTEGER NOT NULL DEFAULT 0);
  CREATE TABLE _litefeed_retention (keep TEXT NOT NULL, bytes INTEGER NOT NULL DEFAULT 0, counted INTEGER NOT NULL DEFAULT 0);
  `,
  // What a receiver knows of a consumer is not true of another one of the same name.
  'ALTER TABLE _litefeed_consumers ADD COLUMN mark TEXT; ALTER TABLE _litefeed_consumers ADD COLUMN moved INTEGER',
  // The triggers spell a key that is a real as its document does.
  renewTriggers,
  // Where a table begins, what is in the log of an earlier one ends.
  'ALTER TABLE _litefeed_tables ADD COLUMN made INTEGER',
]

/** Of the tables of documents that have any: what another program has dropped is for `doctor` to say. */
function renewTriggers(connection: Connection): void {
  const tables = connection.prepare('SELECT name FROM _litefeed_tables').all() as [string][]
  const first = connection.prepare(
    `SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND name = ? AND tbl_name = ? COLLATE NOCASE`,
  )
  for (const [table] of tables)
    if (first.get(triggerName(table, 'after_insert'), table) !== undefined) replaceDocumentTriggers(connection, table)
}
