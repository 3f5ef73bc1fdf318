import {existsSync, statSync} from 'node:fs'
import {dirname} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import Sqlite, {type Database, type Statement} from 'better-sqlite3'
import {LitefeedError} from '../../error.ts'
import type {Durability} from '../storage.ts'
import {explain, isBusy} from './failure.ts'

/** How long a writer waits for another one before it gives up, in milliseconds. */
export const busyTimeout = 5000

/** What may be done with the file: read what is there; change what litefeed has made there; make it, or make it litefeed's, as well. */
export type Access = 'read' | 'change' | 'write'

/**
 * One connection to one file, and the only way in which the engine touches it: closing any other descriptor of the file
 * would drop SQLite's locks (https://sqlite.org/howtocorrupt.html). Statements are prepared once.
 */
export class Connection implements Disposable {
  readonly file: string
  /** By which a file that has taken its name can be told from it. */
  readonly inode: number
  readonly #db: Database
  readonly #statements = new Map<string, Statement>()
  #durability: Durability | undefined
  #writes = 0
  #isUtf8: boolean | undefined

  /** Throws NO_DATABASE, NOT_A_DATABASE, READ_ONLY, BUSY or IO. */
  static async open(file: string, access: Access): Promise<Connection> {
    const connection = new Connection(file, openFile(file, access))
    try {
      await connection.retry(db => {
        // Says what a new file gets, and nothing to one that is there. Half as many pages cost a bulk load a tenth less.
        if (access === 'write') db.pragma('page_size = 8192')
        const wal = db.pragma('journal_mode', {simple: true}) === 'wal'
        if (access === 'write' && !wal) db.pragma('journal_mode = WAL')
        // A WAL of 4 MB, as SQLite has it with pages of the usual size.
        db.pragma('wal_autocheckpoint = 500')
      })
      return connection
    } catch (error) {
      connection[Symbol.dispose]()
      throw error
    }
  }

  private constructor(file: string, db: Database) {
    this.file = file
    this.inode = statSync(file).ino
    this.#db = db
  }

  /** The statement for this SQL; rows come as arrays. */
  prepare(sql: string): Statement {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = this.#db.prepare(sql)
      if (statement.reader) statement.raw()
      this.#statements.set(sql, statement)
    }
    return statement
  }

  /**
   * For who reads the log from one end to the other, and each page once: few enough for the processor's own cache, out of which more
   * would push what is being worked on (https://sqlite.org/pragma.html#pragma_cache_size).
   */
  keepFewPages(): void {
    try {
      this.#db.pragma('cache_size = -500')
    } catch (error) {
      throw explain(error, this.file)
    }
  }

  /** Runs statements that are not worth keeping. */
  execute(sql: string): void {
    this.#db.exec(sql)
  }

  /** Runs `work`, again while another process holds the lock. It must leave nothing behind when it throws. */
  async retry<T>(work: (db: Database, connection: Connection) => T): Promise<T> {
    const giveUp = Date.now() + busyTimeout
    for (;;) {
      try {
        return work(this.#db, this)
      } catch (error) {
        if (!isBusy(error) || Date.now() > giveUp) throw explain(error, this.file)
        // Short and uneven, so that several writers take turns; SQLite itself has waited already.
        await sleep(1 + Math.random() * 9)
      }
    }
  }

  /** Runs `work` in one read transaction: all its statements see the same commit. */
  read<T>(work: () => T): Promise<T> {
    return this.retry(() => this.#transaction('BEGIN', work))
  }

  /** Runs `work` in one write transaction. */
  write<T>(durability: Durability, work: () => T): Promise<T> {
    return this.retry(db => {
      if (this.#durability !== durability) {
        db.pragma(`synchronous = ${durability === 'hard' ? 'FULL' : 'NORMAL'}`)
        this.#durability = durability
      }
      this.#writes++
      return this.#transaction('BEGIN IMMEDIATE', work)
    })
  }

  /**
   * Another one after each commit, and never the same again. SQLite's own number is about other connections:
   * https://sqlite.org/pragma.html#pragma_data_version. Throws SQLite's errors.
   */
  get version(): string {
    const [others] = this.prepare('PRAGMA data_version').get() as [number]
    return `${others} ${this.#writes}`
  }

  /** Whether a transaction is open: a trigger may have rolled it back. */
  get inTransaction(): boolean {
    return this.#db.inTransaction
  }

  /** Whether text is kept in UTF-8; an application may have chosen UTF-16 (https://sqlite.org/pragma.html#pragma_encoding). */
  get isUtf8(): boolean {
    this.#isUtf8 ??= this.#db.pragma('encoding', {simple: true}) === 'UTF-8'
    return this.#isUtf8
  }

  [Symbol.dispose](): void {
    this.#db.close()
  }

  #transaction<T>(begin: string, work: () => T): T {
    this.prepare(begin).run()
    try {
      const result = work()
      this.prepare('COMMIT').run()
      return result
    } catch (error) {
      // SQLite has rolled back already when the disk is full, for one.
      if (this.#db.inTransaction) this.prepare('ROLLBACK').run()
      throw error
    }
  }
}

function openFile(file: string, access: Access): Database {
  const stats = statSync(file, {throwIfNoEntry: false})
  if (stats?.isDirectory())
    throw new LitefeedError('NOT_A_DATABASE', `${file} is a directory`, {hint: 'name a file with --db'})
  if (stats === undefined && access !== 'write') {
    throw new LitefeedError('NO_DATABASE', `there is no database ${file}`, {
      hint: 'name it with --db or LITEFEED_DB; insert creates one',
    })
  }
  if (!existsSync(dirname(file)))
    throw new LitefeedError('NO_DATABASE', `there is no directory ${dirname(file)} to make ${file} in`)
  try {
    // SQLite waits a little itself, which serves writers that are quick; `retry` does the rest without blocking the program.
    return new Sqlite(file, {readonly: access === 'read', timeout: 25})
  } catch (error) {
    throw explain(error, file)
  }
}
