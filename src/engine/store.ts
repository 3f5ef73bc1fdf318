import {resolve} from 'node:path'
import type {FeedEvent} from './feed/event.ts'
import {Feed} from './feed/feed.ts'
import type {FeedOptions} from './feed/options.ts'
import type {Storage, TableInfo} from './storage/storage.ts'
import {Table} from './table.ts'

export interface OpenOptions {
  /** `write` (the default) makes the database when it is not there; `read` refuses that, and never writes. */
  readonly access?: 'read' | 'write' | undefined
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
