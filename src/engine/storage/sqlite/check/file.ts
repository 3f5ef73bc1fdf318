import {statSync} from 'node:fs'
import type {Finding} from '../../storage.ts'
import type {Connection} from '../connection.ts'
import {isInitialised} from '../tables.ts'
import {shownBytes} from './words.ts'

/** Whether the SQLite that litefeed brings is safe. That of another writer cannot be seen from here. */
export function* checkLibrary(connection: Connection): Generator<Finding> {
  const [version] = connection.prepare('SELECT sqlite_version()').get() as [string]
  const todo =
    "ask the application's own library, SELECT sqlite_version(): it should be 3.51.3 or later, or 3.50.7, or 3.44.6, since two writers of earlier ones can damage a file (https://sqlite.org/wal.html#walresetbug)"
  if (hasResetBug(version))
    yield {check: 'sqlite', status: 'problem', message: `the SQLite of litefeed is ${version}, which is not safe`, todo}
  else yield {check: 'sqlite', status: 'ok', message: `the SQLite of litefeed is ${version}`, todo}
}

/** Whether a version of SQLite may lose a part of the WAL: https://sqlite.org/wal.html#walresetbug */
export function hasResetBug(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  if (major !== 3) return false
  const repairedIn = new Map([
    [44, 6],
    [50, 7],
    [51, 3],
  ]).get(minor)
  return minor >= 7 && minor <= 51 && (repairedIn === undefined || patch < repairedIn)
}

/** What SQLite says of the file itself. */
export function* checkDamage(connection: Connection): Generator<Finding> {
  const rows = connection.prepare('PRAGMA quick_check(5)').all() as [string][]
  const told = rows.map(([line]) => line)
  if (told.length === 1 && told[0] === 'ok')
    yield {check: 'file', status: 'ok', message: 'quick_check finds no damage in the file'}
  for (const message of told.filter(line => line !== 'ok')) {
    yield {
      check: 'file',
      status: 'problem',
      message: `the file is damaged: ${message}`,
      todo: "stop writing to it, and save what is there with the sqlite3 shell's .recover, or restore a copy",
    }
  }
}

/** How the file is written, and how much waits beside it to be taken over. */
export function* checkWal(connection: Connection): Generator<Finding> {
  const [mode] = connection.prepare('PRAGMA journal_mode').get() as [string]
  if (mode !== 'wal') {
    yield isInitialised(connection)
      ? {
          check: 'wal',
          status: 'warning',
          message: `the journal mode is ${mode}: a feed and a writer keep each other waiting`,
          todo: 'PRAGMA journal_mode = WAL, or any command of litefeed that writes',
        }
      : {check: 'wal', status: 'ok', message: `the journal mode is ${mode}`}
    return
  }
  const bytes = statSync(`${connection.file}-wal`, {throwIfNoEntry: false})?.size ?? 0
  if (bytes < largeWal) yield {check: 'wal', status: 'ok', message: `the WAL has ${shownBytes(bytes)}`}
  else {
    yield {
      check: 'wal',
      status: 'warning',
      message: `the WAL has ${shownBytes(bytes)}: a transaction that stays open for long keeps it from shrinking`,
      todo: 'end that transaction; then PRAGMA wal_checkpoint(TRUNCATE)',
    }
  }
}

/** SQLite takes a WAL over at 4 MB. */
const largeWal = 64e6
