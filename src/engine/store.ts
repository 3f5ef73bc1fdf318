import {resolve} from 'node:path'
import type {FeedEvent} from './feed/event.ts'
import {Feed} from './feed/feed.ts'
import type {FeedOptions} from './feed/options.ts'
import type {
  ApplicationTable,
  Differences,
  Finding,
  Migrated,
  Storage,
  TableInfo,
  TrackOptions,
} from './storage/storage.ts'
import {Table} from './table.ts'

export interface OpenOptions {
  /**
   * `write` (the default) makes the database when it is not there; `change` refuses that, and leaves a file alone that is not
   * litefeed's; `read` never writes, either.
   */
  readonly access?: 'read' | 'change' | 'write' | undefined
}

/**
 * Opens the database in this file.
 * Throws LitefeedError: NO_DATABASE, NOT_A_DATABASE, NEWER_FILE, READ_ONLY, BUSY or IO.
 */
export async function open(file: string, {access = 'write'}: OpenOptions = {}): Promise<Store> {
  const {openSqlite} = await import('./storage/sqlite/sqlite.ts')
  return new Store(await openSqlite(resolve(file), access))
}

/** An open database. Whoever opens it closes it: `await using store = await open('app.db')`. */
export class Store implements AsyncDisposable {
  readonly #storage: Storage

  constructor(storage: Storage) {
    this.#storage = storage
  }

  /** A random name made with the database. */
  get id(): string {
    return this.#storage.id
  }

  /** A table by name, whether it exists or not. */
  table(name: string): Table {
    return new Table(this.#storage, name)
  }

  /** Every table: its name, its kind, how many documents it has, and the position of its newest change. */
  tables(): Promise<readonly TableInfo[]> {
    return this.#storage.tables()
  }

  /** The SQL tables that an application has made in this file, with the reason when one cannot be tracked. */
  applicationTables(): Promise<readonly ApplicationTable[]> {
    return this.#storage.applicationTables()
  }

  /**
   * Begins to record the changes of an SQL table that an application owns: its rows are then documents to feeds, `get` and
   * `list`. Of one that is tracked already, and of a table of documents, what records it is repaired; what the log has missed
   * of a tracked one is found by comparing it with the table, and recorded; returns how much that was. Throws NO_TABLE,
   * NOT_A_TABLE, MISUSE.
   */
  track(table: string, options: TrackOptions = {}): Promise<Differences> {
    return this.#storage.track(table, options)
  }

  /**
   * Ends that. With the last table, and no table of documents, the log goes as well, unless `keepLog`: then nothing of
   * litefeed is left in the file. False when the table was not tracked.
   */
  untrack(table: string, {keepLog = false}: {readonly keepLog?: boolean | undefined} = {}): Promise<boolean> {
    return this.#storage.untrack(table, keepLog)
  }

  /** Looks for what is wrong with the database, and says what to do about it. Reads the whole log and every table. */
  doctor(): Promise<readonly Finding[]> {
    return this.#storage.check()
  }

  /**
   * Gives a tracked table another form: its triggers, which would be in the way of an ALTER TABLE DROP COLUMN, are lifted, the
   * work is done, by whichever connection, and they are made again. What is different then is recorded, also when the work
   * throws. Feeds wait meanwhile. Throws NO_TABLE, NOT_A_TABLE, BUSY while there is another migration, and what the work throws.
   */
  migrate(table: string, work: () => Promise<void>): Promise<Migrated> {
    return this.#storage.migrate(table, work)
  }

  /** The changes of this database as they are committed. T is what `map` makes of an event. Throws MISUSE. */
  changes<T = FeedEvent>(options: FeedOptions = {}): Feed<T> {
    return new Feed<T>(this.#storage, options)
  }

  /** Closes the database. Feeds must have ended before. */
  close(): Promise<void> {
    return Promise.resolve(this.#storage[Symbol.asyncDispose]())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
