import {existsSync, rmSync} from 'node:fs'
import Sqlite, {type Database} from 'better-sqlite3'
import {LitefeedError} from '../../../error.ts'
import type {Connection} from '../connection.ts'
import {isBusy} from '../failure.ts'
import {keepImages} from './compare.ts'
import {keepDefinition, readDefinition} from './definition.ts'
import {removeRecorder} from './install.ts'
import {examine, repair} from './mend.ts'
import {jsonColumns} from './renamed.ts'
import {readShape} from './shape.ts'

/**
 * Removes what records a table, keeps its rows as they are now, and leaves a mark, so that whoever looks knows. What the log
 * has missed until now is recorded first. Returns the table's name. Must run in a write transaction.
 */
export function lift(connection: Connection, table: string): string {
  const found = examine(connection, table)
  if (found !== undefined) repair(connection, found)
  const definition = readDefinition(connection, table)
  if (definition === undefined) throw notTracked(table)
  const shape = readShape(connection, definition.name, jsonColumns(connection, definition))
  keepImages(connection, shape)
  removeRecorder(connection, definition.name)
  keepDefinition(connection, {...definition, migrating: true})
  return definition.name
}

/** The name of a tracked table. Throws NOT_A_TABLE. */
export function requireTracked(connection: Connection, table: string): string {
  const definition = readDefinition(connection, table)
  if (definition === undefined) throw notTracked(table)
  return definition.name
}

/**
 * Held while a migration is under way, and by the system let go when its process dies, however that happens: so a mark can be
 * told from one that was left behind. It is a lock of SQLite on a file beside the database, which is empty, and is there only
 * as long. One migration at a time.
 */
export class MigrationLock implements Disposable {
  readonly #db: Database
  readonly #path: string

  private constructor(db: Database, path: string) {
    this.#db = db
    this.#path = path
  }

  /** Throws BUSY. */
  static take(file: string): MigrationLock {
    const path = pathOf(file)
    const db = new Sqlite(path, {timeout: 100})
    try {
      db.exec('BEGIN EXCLUSIVE')
    } catch (error) {
      db.close()
      if (!isBusy(error)) throw error
      throw new LitefeedError('BUSY', `a migration of a table of ${file} is under way`, {hint: 'wait for its end'})
    }
    // Whoever held it before has removed the file that this one was opened as.
    if (!MigrationLock.isHeld(file)) {
      db.close()
      return MigrationLock.take(file)
    }
    return new MigrationLock(db, path)
  }

  static isHeld(file: string): boolean {
    const path = pathOf(file)
    if (!existsSync(path)) return false
    let db: Database | undefined
    try {
      db = new Sqlite(path, {timeout: 0, fileMustExist: true})
      db.exec('BEGIN')
      db.prepare('SELECT 1 FROM sqlite_schema').get()
      return false
    } catch (error) {
      return isBusy(error)
    } finally {
      db?.close()
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.#path, {force: true})
    this.#db.close()
  }
}

function pathOf(file: string): string {
  return `${file}-litefeed-migrate`
}

function notTracked(table: string): LitefeedError {
  return new LitefeedError('NOT_A_TABLE', `${JSON.stringify(table)} is not a tracked table`, {
    hint: 'a table that is not tracked has no triggers to be lifted: run the command by itself',
  })
}
