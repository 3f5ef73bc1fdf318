import type {Key} from '../../documents/key.ts'
import type {Order} from '../../documents/order.ts'
import {LitefeedError} from '../../error.ts'
import type {Consumers} from '../consumers.ts'
import {joinLines} from '../line.ts'
import type {
  ApplicationTable,
  Bounds,
  Changes,
  Comparisons,
  Cursor,
  Differences,
  Dropped,
  Finding,
  Lines,
  Mark,
  Mended,
  MendOptions,
  Migrated,
  Ordered,
  Outcome,
  Page,
  Place,
  Position,
  Range,
  Selection,
  Snapshot,
  Storage,
  Stored,
  TableInfo,
  TrackOptions,
  Watcher,
  Write,
  WriteOptions,
  Written,
} from '../storage.ts'
import {checkDatabase} from './check/check.ts'
import {type Access, Connection} from './connection.ts'
import {ConsumerTable} from './consumers.ts'
import {insertDocuments, writeDocuments} from './documents.ts'
import {locatePosition, readBounds, readChanges, readLines} from './log.ts'
import {checkName} from './names.ts'
import {missingIndex, readOrdered} from './ordered.ts'
import {readable} from './readable.ts'
import {LogRetention} from './retention.ts'
import {initialise, readMeta} from './schema.ts'
import {readSnapshot} from './snapshot.ts'
import {identifier} from './sql.ts'
import {describeTables, findTable, makeTable, markOf, requireDocuments} from './tables.ts'
import {listApplicationTables} from './tracked/application-tables.ts'
import {Tracking} from './tracking.ts'
import {CommitWatcher} from './wake.ts'

/**
 * Opens a database file. With access `write` it is created when it is not there, and made litefeed's when it was not;
 * with `change` it must be there, and stays as it is when it is not litefeed's; with `read` nothing is ever written. Throws NO_DATABASE, NOT_A_DATABASE, NEWER_FILE, READ_ONLY, BUSY or IO.
 */
export async function openSqlite(file: string, access: Access): Promise<Storage> {
  const connection = await Connection.open(file, access)
  try {
    const id = await connection.retry(db => {
      const known = readMeta(db)
      return access === 'write' || (access === 'change' && known !== undefined)
        ? initialise(db, connection)
        : (known?.id ?? '')
    })
    return new SqliteStorage(connection, id)
  } catch (error) {
    connection[Symbol.dispose]()
    throw error
  }
}

class SqliteStorage implements Storage {
  readonly id: string
  readonly consumers: Consumers
  readonly retention: LogRetention
  readonly #connection: Connection
  readonly #closed = new AbortController()
  readonly #tracking: Tracking
  /** Whether the last batch of insertions met a key that was taken; then the next is done one by one from the start. */
  #conflicts = false
  /** By performance.now(): until then no index is made, since that has just failed. */
  #indexesAfter = 0

  constructor(connection: Connection, id: string) {
    this.#connection = connection
    this.#tracking = new Tracking(connection)
    this.consumers = new ConsumerTable(connection)
    this.retention = new LogRetention(connection)
    this.id = id
  }

  bounds(): Promise<Bounds> {
    return this.#connection.read(() => readBounds(this.#connection))
  }

  tables(): Promise<readonly TableInfo[]> {
    return this.#connection.read(() => describeTables(this.#connection))
  }

  async find(table: string): Promise<string | undefined> {
    const name = await this.#connection.read(() => findTable(this.#connection, table))
    if (name === undefined) checkName(table)
    return name
  }

  mark(table: string): Promise<Mark | undefined> {
    return this.#connection.read(() => markOf(this.#connection, table))
  }

  async track(table: string, options: TrackOptions): Promise<Differences> {
    const differences = await this.#tracking.track(table, options)
    await this.retention.apply()
    return differences
  }

  untrack(table: string, keepLog: boolean): Promise<boolean> {
    return this.#tracking.untrack(table, keepLog)
  }

  form(): Promise<{readonly version: number; readonly position: Position}> {
    return this.#connection.retry(() => {
      // In this order it takes no transaction: what is up to the position was made in this version or an earlier one.
      const position = readBounds(this.#connection).newest
      const [version] = this.#connection.prepare('PRAGMA schema_version').get() as [number]
      return {version, position}
    })
  }

  logId(): Promise<string> {
    return this.#connection.retry(db => readMeta(db)?.id ?? '')
  }

  mend(tables: readonly string[] | undefined, options: MendOptions): Promise<readonly Mended[]> {
    return this.#tracking.mend(tables, options)
  }

  migrate(table: string, work: () => Promise<void>): Promise<Migrated> {
    return this.#tracking.migrate(table, work)
  }

  applicationTables(): Promise<readonly ApplicationTable[]> {
    return this.#connection.read(() => listApplicationTables(this.#connection))
  }

  async create(table: string): Promise<void> {
    checkName(table)
    if ((await this.find(table)) !== undefined)
      return void (await this.#connection.read(() => requireDocuments(this.#connection, table)))
    await this.#connection.write('hard', () => makeTable(this.#connection, table))
  }

  drop(table: string, {durability}: WriteOptions): Promise<Dropped> {
    return this.#connection.write(durability, () => {
      const name = requireDocuments(this.#connection, table)
      const before = readBounds(this.#connection).newest
      this.#connection.prepare(`DELETE FROM ${identifier(name)}`).run()
      const position = readBounds(this.#connection).newest
      this.#connection.execute(`DROP TABLE ${identifier(name)}`)
      this.#connection.prepare('DELETE FROM _litefeed_tables WHERE name = ?').run(name)
      return {deleted: position - before, position}
    })
  }

  async write(table: string, writes: readonly Write[], options: WriteOptions): Promise<Written> {
    const written = await this.#write(table, writes, options)
    await this.retention.apply()
    return written
  }

  get(table: string, keys: readonly Key[]): Promise<readonly (string | null)[]> {
    return this.#connection.read(() => {
      const source = readable(this.#connection, table)
      return keys.map(key => source.get(key))
    })
  }

  page(table: string, after: Cursor | undefined, limit: number, where?: Comparisons): Promise<Page> {
    return this.#connection.read(() => readable(this.#connection, table).page(after, limit, where))
  }

  async ordered(table: string, order: Order, after: Stored | undefined, limit: number): Promise<Ordered> {
    await this.#makeIndex(table, order)
    return this.#connection.read(() =>
      readOrdered(this.#connection, readable(this.#connection, table), order, after, limit),
    )
  }

  snapshot(selection: Selection, at?: Position): Promise<Snapshot> {
    return this.#connection.read(() => readSnapshot(this.#connection, selection, at))
  }

  changes(range: Range): Promise<Changes> {
    return this.#connection.read(() => readChanges(this.#connection, range))
  }

  lines(range: Range): Promise<Lines> {
    return this.#connection.read(
      () => readLines(this.#connection, range) ?? joinLines(readChanges(this.#connection, range)),
    )
  }

  locate(place: Place): Promise<Position> {
    return this.#connection.read(() => locatePosition(this.#connection, place))
  }

  check(): Promise<readonly Finding[]> {
    return checkDatabase(this.#connection)
  }

  watch(): Watcher {
    const {file, inode} = this.#connection
    this.#connection.keepFewPages()
    return new CommitWatcher({
      file,
      inode,
      newest: () => readBounds(this.#connection).newest,
      version: () => this.#connection.version,
      closed: this.#closed.signal,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort()
    this.#connection[Symbol.dispose]()
  }

  async #write(table: string, writes: readonly Write[], {durability}: WriteOptions): Promise<Written> {
    if (writes.length === 0) {
      return this.#connection.read(() => {
        requireDocuments(this.#connection, table)
        return {outcomes: [], position: readBounds(this.#connection).newest}
      })
    }
    if (!this.#conflicts && writes.length > 1 && writes.every(write => 'insert' in write)) {
      const written = await this.#insertAll(table, writes, durability)
      if (written !== undefined) return written
    }
    const written = await this.#connection.write(durability, () => {
      const name = requireDocuments(this.#connection, table)
      const outcomes = writeDocuments(this.#connection, name, writes)
      return {outcomes, position: readBounds(this.#connection).newest}
    })
    this.#conflicts = written.outcomes.some(outcome => outcome.verdict.kind === 'taken')
    return written
  }

  /** Without the index an order is read all the same, more slowly: so a file that cannot be written now is no error. */
  async #makeIndex(table: string, {path}: Order): Promise<void> {
    if (performance.now() < this.#indexesAfter) return
    const missing = () => missingIndex(this.#connection, readable(this.#connection, table), path)
    if ((await this.#connection.read(missing)) === undefined) return
    try {
      await this.#connection.write('soft', () => {
        // Another process may have been faster.
        const sql = missing()
        if (sql !== undefined) this.#connection.execute(sql)
      })
    } catch (error) {
      if (!(error instanceof LitefeedError && ['READ_ONLY', 'BUSY', 'FULL'].includes(error.code))) throw error
      this.#indexesAfter = error.code === 'READ_ONLY' ? Number.POSITIVE_INFINITY : performance.now() + 60_000
    }
  }

  async #insertAll(
    table: string,
    writes: readonly Write[],
    durability: WriteOptions['durability'],
  ): Promise<Written | undefined> {
    try {
      return await this.#connection.write(durability, () => {
        const name = requireDocuments(this.#connection, table)
        if (!insertDocuments(this.#connection, name, writes)) throw new NotAll()
        return {outcomes: Array<Outcome>(writes.length).fill(inserted), position: readBounds(this.#connection).newest}
      })
    } catch (error) {
      if (error instanceof NotAll) return undefined
      throw error
    }
  }
}

/** Thrown to roll a transaction back. */
class NotAll extends Error {}

const inserted: Outcome = {old: null, verdict: {kind: 'inserted'}}
