import type {Key} from '../documents/key.ts'
import type {Order} from '../documents/order.ts'
import type {LitefeedError} from '../error.ts'
import type {Consumers} from './consumers.ts'
import type {Retention} from './retention.ts'

/**
 * What a storage engine must do. An engine is done when it passes test/engine/storage.contract.ts.
 *
 * Everything is asynchronous and works on batches, so that an engine may sit on the other side of a network. Documents
 * and old and new values cross as JSON text, so that nobody pays for a parse that nobody needs.
 */
export interface Storage extends AsyncDisposable {
  /** A random name made with the database; a copy that goes its own way keeps it, a new database has a new one. */
  readonly id: string

  /** The part of the log that is there. */
  bounds(): Promise<Bounds>

  /** Every table, by name. */
  tables(): Promise<readonly TableInfo[]>

  /**
   * The table's name as it is stored, or undefined when there is none. Throws NOT_A_TABLE for what is not litefeed's, and MISUSE
   * for a name that no table can have.
   */
  find(table: string): Promise<string | undefined>

  /** What tells this table from one that had its name earlier, or will have it later; undefined when there is none. */
  mark(table: string): Promise<Mark | undefined>

  /**
   * Begins to record the changes of an SQL table, or does so anew: then what the log does not say of what has happened to the
   * table is found by comparing the two, and recorded first. Returns that. Of a table of documents, what records it is
   * repaired. Throws NO_TABLE, NOT_A_TABLE, or MISUSE for a column.
   */
  track(table: string, options: TrackOptions): Promise<Differences>

  /**
   * Ends that. The changes stay in the log; with the last table, when there is none of documents, all that is litefeed's goes,
   * unless `keepLog`. Whether it was tracked.
   */
  untrack(table: string, keepLog: boolean): Promise<boolean>

  /**
   * A number that is another one whenever a table, or what records it, may have been changed in its form; and the end of the log
   * at that time. Cheap.
   */
  form(): Promise<{readonly version: number; readonly position: Position}>

  /** The id of the log that is there now: another one than `id` when the log was removed and begun anew. Empty when there is none. */
  logId(): Promise<string>

  /**
   * Brings what records these tracked tables (all of them, when absent) up to date where their form has changed, and records
   * what the log does not say since. What cannot be made good so is a gap, which stays to be seen by others; with `resync` it is
   * made good as well as can be: see `Mended`. `well` is a position up to which the log was known to say everything.
   */
  mend(tables: readonly string[] | undefined, options: MendOptions): Promise<readonly Mended[]>

  /**
   * Stops recording a tracked table, does the work, which may give the table another form, and begins again, whether the work
   * succeeds or throws. What is different afterwards is recorded; in between the table shows as `migrating`, also when this
   * was broken off: then `track`, `mend` with resync, or this put it right. Throws NO_TABLE, NOT_A_TABLE, and what the work throws.
   */
  migrate(table: string, work: () => Promise<void>): Promise<Migrated>

  /** The SQL tables that an application has made: which can be tracked, and, of the others, why they cannot. */
  applicationTables(): Promise<readonly ApplicationTable[]>

  /** Makes a table of documents unless it exists. Throws MISUSE for a name that cannot be, NOT_A_TABLE as `find` does. */
  create(table: string): Promise<void>

  /** Deletes every document, each a change in the log, and then the table, in one step. Throws NO_TABLE. */
  drop(table: string, options: WriteOptions): Promise<Dropped>

  /**
   * Performs the writes in their order, and each by itself: one that is kept back does not stop the others. The outcomes
   * are in the order of the writes. Throws NO_TABLE, and NOT_A_TABLE for one that is tracked, also when there is nothing to
   * write; when it throws, none of the writes has happened.
   */
  write(table: string, writes: readonly Write[], options: WriteOptions): Promise<Written>

  /** The documents with these keys, in the order asked, null where there is none. Throws NO_TABLE. */
  get(table: string, keys: readonly Key[]): Promise<readonly (string | null)[]>

  /**
   * The next documents in the order of the keys, at most `limit`. A table that is read page by page is not frozen: a
   * document that was there all the time comes exactly once, one that was written meanwhile comes as it is then. An engine
   * may leave out documents that do not fulfil `where`, and end a page where it has passed over enough of them: also one
   * without documents may have a next one. Throws NO_TABLE.
   */
  page(table: string, after: Cursor | undefined, limit: number, where?: Comparisons): Promise<Page>

  /**
   * The next documents that have a field, in the order of its values and, where those are equal, of the keys: see
   * `comparePlaces`. At least `limit` of them, unless there are no more; perhaps some more. `after` is a document, which
   * need not be there any more. An engine may make an index to answer. Throws NO_TABLE.
   */
  ordered(table: string, order: Order, after: Stored | undefined, limit: number): Promise<Ordered>

  /**
   * The documents as they were at one position: at the end of the log, or after `at` when that is given. A key that is
   * asked for and not there has a null document. A table that does not exist is empty. Throws HISTORY_LOST.
   */
  snapshot(selection: Selection, at?: Position): Promise<Snapshot>

  /**
   * The next changes after a position, in order, as rows. Throws HISTORY_LOST when the log does not hold the change that
   * follows `after`, or does not reach to `after` at all.
   */
  changes(range: Range): Promise<Changes>

  /** The same as finished lines of JSON. Several times faster than making them of `changes`. */
  lines(range: Range): Promise<Lines>

  /** The position that a place in the log has. */
  locate(place: Place): Promise<Position>

  /** Looks for what is wrong with the database, or will be. Reads all of it, and writes nothing. */
  check(): Promise<readonly Finding[]>

  /** Begins to listen for commits. */
  watch(): Watcher

  /** Positions that have names. */
  readonly consumers: Consumers

  /** How much of the log stays. */
  readonly retention: Retention
}

/** Which one a table is of those that have its name, one after the other. */
export interface Mark {
  readonly id: string
  /** The position at which it was made: changes up to there are of an earlier one. Undefined where that is not known. */
  readonly made?: Position | undefined
}

/** A change's number in the log: whole, dense, in the order of the commits. 0 is before the first change. */
export type Position = number

/** `oldest` is the first change that is kept, `newest` the last that was made: oldest is newest + 1 when none is kept. */
export interface Bounds {
  readonly oldest: Position
  readonly newest: Position
}

export interface TableInfo {
  readonly name: string
  readonly kind: 'documents' | 'tracked'
  /** How many there are; null where the storage engine cannot count them. */
  readonly documents: number | null
  /** The position of the last change of this table that the log holds, or null. */
  readonly seq: Position | null
  /** How far back the log reaches: its oldest change, of whichever table; the next one while it is empty. */
  readonly oldest: Position
  /** Of a table that is tracked: `ok`, or what has happened to it so that its changes are not recorded as they should be. */
  readonly health?: string
}

/** An SQL table that litefeed has not made. */
export interface ApplicationTable {
  readonly name: string
  readonly tracked: boolean
  readonly columns: readonly string[]
  /** Whether it is none, but a view of others. */
  readonly view: boolean
  /** Why it cannot be tracked. */
  readonly refused?: LitefeedError
}

/** What a check has found, in words. */
export interface Finding {
  /**
   * What was looked at: the library (`sqlite`), damage (`file`), the `wal`; of a table its `schema`, the `triggers` that record it
   * and the `order` in which they fire; the size of the `log`, whether its `positions` have holes; whether each change begins
   * with what the one before it left (`history`), and the last one ends with what is in the table (`rows`).
   */
  readonly check: 'sqlite' | 'file' | 'wal' | 'schema' | 'triggers' | 'order' | 'log' | 'positions' | 'history' | 'rows'
  /** A warning is of what may do harm later, a problem of what has done so: changes that are lost, or out of order. */
  readonly status: 'ok' | 'warning' | 'problem'
  readonly table?: string
  readonly message: string
  /** What can be done about it. */
  readonly todo?: string
}

export interface MendOptions {
  readonly resync: boolean
  readonly well?: Position | undefined
}

/** How the rows of an SQL table that an application owns are recorded. */
export interface TrackOptions {
  /** The columns whose text is JSON. When it is not given, those that were given last time. */
  readonly json?: readonly string[] | undefined
}

/** How many rows were found to be different from what the log says, each now a change in it. */
export interface Differences {
  readonly added: number
  readonly changed: number
  readonly removed: number
}

export interface Migrated extends Differences {
  readonly table: string
  /** The end of the log with them. */
  readonly seq: Position
}

/**
 * How a tracked table is. `ok`: as it should be, and the log says what it holds; it has these columns, and had others before;
 * what the log says after `seq` is said in them. `migrating`: a migration is under way. `gap`: changes may be missing.
 *
 * To make a gap good the table is compared with the last value that the log has of each key. A row of which the log has none is
 * an add, whether it is new or was there before the table was tracked; one that is gone and of which it has none is not seen.
 * Where no row can have come or gone unseen, rows of which the log has no value are left alone.
 */
export type Mended = {readonly table: string} & (
  | {
      readonly kind: 'ok'
      readonly columns: readonly string[]
      readonly before: readonly string[]
      readonly seq: Position
      /** Whether a gap was made good just now. */
      readonly resynced: boolean
    }
  | {readonly kind: 'migrating'}
  | {readonly kind: 'gap'; readonly reason: string}
)

/**
 * One write: an insertion, or a decision about a document given its old value. A text that is no JSON, or more than the
 * engine can hold, is refused.
 */
export type Write =
  | {readonly key: Key; readonly insert: string}
  | {readonly key: Key; readonly decide: (old: string | null) => Verdict}

/**
 * What becomes of one document. A decision is a pure function: an engine calls it again when the old value has moved.
 */
export type Verdict =
  | {readonly kind: 'store'; readonly text: string}
  | {readonly kind: 'remove'}
  | {readonly kind: 'unchanged' | 'skipped' | 'moved'}
  | {readonly kind: 'refused'; readonly reason: string}

/** What a write did: `old` is the document before it. An insertion is `inserted`, or, when its key is taken, writes nothing. */
export interface Outcome {
  readonly old: string | null
  readonly verdict: Verdict | {readonly kind: 'inserted' | 'taken'}
}

/** hard: what is committed is on disk before `write` resolves and before a feed shows it. soft: the system writes it when it likes. */
export type Durability = 'hard' | 'soft'

export interface WriteOptions {
  readonly durability: Durability
}

export interface Written {
  readonly outcomes: readonly Outcome[]
  /** The end of the log after these writes. */
  readonly position: Position
}

export interface Dropped {
  /** How many documents; their removals are the last changes of the log. */
  readonly deleted: number
  readonly position: Position
}

/** Where a page ends. Only the engine that made it knows what it means. */
export type Cursor = {readonly cursor: unknown}

/** A document as it is stored. `key` is JSON text as well. */
export interface Stored {
  readonly key: string
  readonly text: string
}

export interface Page {
  /** The end of the log when the page was read: the page shows what the changes up to here have done. */
  readonly position: Position
  /** Their texts may be pieces of one long text: whoever keeps a few of them keeps copies. */
  readonly documents: readonly Stored[]
  /** Whether a document with this key (as the log spells it) would be on this page, or on one before it. */
  readonly covers: (key: string) => boolean
  /** Absent after the last page. */
  readonly next?: Cursor
}

export interface Ordered {
  /** The end of the log when they were read. */
  readonly position: Position
  readonly documents: readonly Stored[]
  /** Whether there are no more. */
  readonly last: boolean
}

/** The documents that somebody watches. No `tables` is every table; no `keys` is every key. */
export interface Selection {
  readonly tables?: readonly string[] | undefined
  readonly keys?: readonly Key[] | undefined
}

export interface Snapshot {
  readonly position: Position
  /** `key` is JSON text. */
  readonly documents: readonly {readonly table: string; readonly key: string; readonly text: string | null}[]
}

/**
 * Before an instant (milliseconds since 1970, UTC): after the last change that was made earlier. Or before the last so many
 * changes of a selection. Either way not before the oldest change that is kept.
 */
export type Place = {readonly before: number} | ({readonly last: number} & Selection)

/** A comparison of a field of an object with a constant or, where `op` is about order, with another of its fields. */
export interface Comparison {
  /** Names of fields, each within the one before. */
  readonly path: readonly string[]
  readonly op: '=' | '!=' | '<' | '<=' | '>' | '>='
  readonly value: string | number | boolean | null | {readonly path: readonly string[]}
}

/**
 * What an engine may use to leave out what nobody wants to see. It never has to: whoever asks looks again at what comes,
 * and to know nothing of some comparisons, or of all, only costs time.
 *
 * A comparison is true, false, or undecided, as `conjunctsOf` in engine/expression/conjuncts.ts says. One may be left out
 * for which a comparison is certainly false, if among those before it there is no order that may be undecided. Certain is
 * only what is so for the values that JSON.parse gives: the last of fields with one name, numbers as doubles. A text that is no
 * JSON may be left out or not.
 */
export type Comparisons = readonly Comparison[]

/** A part of the log: at most `limit` changes of the selection with after < seq <= until. */
export interface Range extends Selection {
  readonly after: Position
  readonly until?: Position | undefined
  readonly limit: number
  /** Over the event: `["new_val", "age"]`, `["table"]`. A change that does not fulfil them may be left out. */
  readonly filter?: Comparisons | undefined
  /** Over a document. A change may be left out if neither its old nor its new value fulfils them. */
  readonly where?: Comparisons | undefined
}

/** What a reading of the log says besides the changes themselves. */
export interface Progress {
  /** Everything of the selection up to here has been returned, or left out. */
  readonly position: Position
  /** Whether this is the end of the log, or `until`. */
  readonly drained: boolean
}

/** One row of the log. `key`, `old_val` and `new_val` are JSON text. */
export interface Change {
  readonly seq: Position
  /** Milliseconds since 1970, UTC, by the clock of the writer. */
  readonly ts_ms: number
  readonly table: string
  readonly key: string
  readonly old_val: string | null
  readonly new_val: string | null
}

export interface Changes extends Progress {
  readonly changes: readonly Change[]
}

export interface Lines extends Progress {
  /** UTF-8, a newline after each line. */
  readonly lines: Uint8Array
  readonly count: number
}

export interface Watcher extends Disposable {
  /**
   * Resolves when a change after `position` may exist, when `signal` aborts, or after `timeout` milliseconds; and about a second
   * after a commit that made no change, such as the drop of an empty table. May resolve too often; must never miss: a commit made since `watch()` counts, also one made before this call.
   */
  wake(
    position: Position,
    options: {readonly signal: AbortSignal; readonly timeout?: number | undefined},
  ): Promise<void>
}
