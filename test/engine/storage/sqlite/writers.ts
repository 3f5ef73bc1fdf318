import {spawnSync} from 'node:child_process'
import Sqlite from 'better-sqlite3'
import {expect} from 'vitest'

/** A program that runs SQL statements one after the other, and goes on after one that fails. */
export interface Writer {
  readonly name: string
  /** The version of its SQLite, or undefined when it is not installed. */
  readonly version: string | undefined
  run(file: string, statements: readonly string[]): void
}

export const inProcess: Writer = {
  name: 'better-sqlite3',
  version: versionOf('better-sqlite3'),
  run(file, statements) {
    const db = new Sqlite(file)
    try {
      for (const statement of statements) {
        try {
          db.exec(statement)
        } catch (error) {
          checkFailures((error as Error).message)
        }
      }
    } finally {
      db.close()
    }
  },
}

export const shell: Writer = {
  name: 'the sqlite3 shell',
  version: versionOf('sqlite3', '--version'),
  run(file, statements) {
    const {stderr} = spawnSync('sqlite3', [file], {
      input: `.timeout 5000\n${statements.join(';\n')};\n`,
      encoding: 'utf8',
    })
    checkFailures(stderr)
  },
}

export const python: Writer = {
  name: "python3's sqlite3",
  version: versionOf('python3', '-c', 'import sqlite3; print(sqlite3.sqlite_version)'),
  run(file, statements) {
    const program = `
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in json.load(sys.stdin):
    try: db.execute(statement)
    except (sqlite3.IntegrityError, sqlite3.OperationalError) as error: print(error, file=sys.stderr)
db.close()`
    const {stderr, status} = spawnSync('python3', ['-c', program, file], {
      input: JSON.stringify(statements),
      encoding: 'utf8',
    })
    expect(status, stderr).toBe(0)
    checkFailures(stderr)
  },
}

/** A statement may only fail for a reason of its own: a constraint, or a transaction that one before it has ended. */
function checkFailures(messages: string): void {
  for (const message of messages.split('\n')) {
    if (message !== '') expect(message).toMatch(/constraint failed|no transaction is active|no such savepoint/)
  }
}

/** Those that are installed. */
export const writers = [inProcess, shell, python].filter(writer => writer.version !== undefined)

function versionOf(program: string, ...args: string[]): string | undefined {
  if (program === 'better-sqlite3')
    return new Sqlite(':memory:').prepare('SELECT sqlite_version()').pluck().get() as string
  const {status, stdout} = spawnSync(program, args, {encoding: 'utf8'})
  return status === 0 ? stdout.split(' ')[0]?.trim() : undefined
}
