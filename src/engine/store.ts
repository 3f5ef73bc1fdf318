import {resolve} from 'node:path'
import {Consumer} from './consumer/consumer.ts'
import {nobody, type Owner} from './consumer/lease.ts'
import {acknowledge, type ConsumerInfo, deleteConsumer, listConsumers, resetConsumer} from './consumer/list.ts'
import {Unnamed} from './consumer/unnamed.ts'
import {checkChoice} from './error.ts'
import type {FeedEvent} from './feed/event.ts'
import {Feed} from './feed/feed.ts'
import type {FeedOptions, Since} from './feed/options.ts'
import {prune} from './retention.ts'
import {checkPipeOptions, type PipeOptions, type PipeStatus} from './sinks/options.ts'
import type {Sink} from './sinks/sink.ts'
import type {Keep, Prune, Pruned} from './storage/retention.ts'
import type {
  ApplicationTable,
  Differences,
  Finding,
  Migrated,
  Position,
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
  checkChoice('access', access, ['read', 'change', 'write'])
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

  /**
   * A feed that goes on where the consumer of this name stands, which is made where `since` says when there is none. Whoever
   * calls this moves it on, and disposes of it. Throws TAKEN while another owner has it, HISTORY_LOST, MISUSE; and the reason of
   * the signal when it is aborted while another owner is waited for.
   */
  consume(name: string, options: FeedOptions = {}, owner: Owner = nobody()): Promise<Consumer> {
    return Consumer.claim(this.#storage, name, options, owner)
  }

  /** The consumers: where each stands, and how far that is from the end of the log. */
  consumers(owner: Owner = nobody()): Promise<readonly ConsumerInfo[]> {
    return listConsumers(this.#storage, owner)
  }

  /** Puts a consumer somewhere else, or makes it there. Throws TAKEN while somebody has it, HISTORY_LOST, MISUSE. */
  resetConsumer(name: string, to: Since, owner: Owner = nobody()): Promise<Position> {
    return resetConsumer(this.#storage, name, to, owner)
  }

  /** Deletes a consumer. Throws TAKEN while somebody has it, NO_CONSUMER. */
  deleteConsumer(name: string, owner: Owner = nobody()): Promise<void> {
    return deleteConsumer(this.#storage, name, owner)
  }

  /** Says that everything up to a position is dealt with. Returns where the consumer is then: it never goes back. Throws NO_CONSUMER, MISUSE. */
  acknowledge(name: string, position: Position): Promise<Position> {
    return acknowledge(this.#storage, name, position)
  }

  /**
   * Delivers a feed to a sink, at least once, until it ends or the signal aborts; breaking out of the loop waits for what is under
   * way. With a name the position is kept as that of a consumer. Throws what `consume` does, and UNDELIVERED.
   */
  async *pipe(
    sink: Sink,
    feed: FeedOptions = {},
    options: PipeOptions & {readonly as?: string | undefined; readonly owner?: Owner | undefined} = {},
  ): AsyncGenerator<PipeStatus> {
    checkPipeOptions(options)
    await using consumer =
      options.as === undefined
        ? undefined
        : await this.consume(options.as, {...feed, signal: options.signal}, options.owner).catch(unlessAborted(options))
    if (options.as !== undefined && consumer === undefined) return
    const origin = consumer ?? (await Unnamed.begin(this.#storage, feed))
    // Most programs deliver nothing.
    const {Pipe} = await import('./sinks/pipe.ts')
    for await (const status of new Pipe(origin, sink, options)) {
      yield status
      await this.#storage.retention.apply()
    }
  }

  /** Removes old changes from the log, a batch at a time; each step says how far it is. Throws NO_CONSUMER for a name in `force`. */
  prune(what?: Prune): AsyncGenerator<Pruned> {
    return prune(this.#storage, what)
  }

  /** How much of the log writers keep; undefined when it grows. */
  retention(): Promise<Keep | undefined> {
    return this.#storage.retention.rule()
  }

  /** Says how much of the log writers keep from now on. */
  setRetention(keep: Keep | undefined): Promise<void> {
    return this.#storage.retention.setRule(keep)
  }

  /** Closes the database. Feeds must have ended before. */
  close(): Promise<void> {
    return Promise.resolve(this.#storage[Symbol.asyncDispose]())
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** What ends a stream is no error of it. */
function unlessAborted({signal}: Pick<PipeOptions, 'signal'>): (error: unknown) => undefined {
  return error => {
    if (!signal?.aborted || error !== signal.reason) throw error
  }
}
