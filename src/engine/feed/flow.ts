import type {RawEvent} from '../storage/line.ts'
import type {Position, Range, Storage} from '../storage/storage.ts'
import type {Failure, Told} from '../told.ts'
import type {FeedOptions} from './options.ts'
import type {Delta, Source} from './source.ts'
import {Squash} from './squash.ts'
import type {Teller} from './tell.ts'

/** What a step of a flow gave. */
export interface Step extends Told {
  /** Whether all that could be told is told: the log has been read to its end, or to where the feed ends. */
  readonly idle: boolean
}

/** The changes of the log on their way to lines. */
export interface Flow {
  /** How far the log has been read. */
  readonly position: Position
  /** The position from which nothing is missed that has not been told, once a step was idle. */
  readonly told: Position
  /** The same after any step. */
  readonly safe: Position
  /** When there is something to tell that waits, by performance.now(). */
  readonly due: number
  /** Tells at once what waits. Returns whether there is any. */
  release(): boolean
  /** Tells what there is, at most `limit` lines, and reads on when there is nothing. */
  step(limit: number, end: Position | undefined): Promise<Step>
}

/** By what a storage engine may leave out changes of which no event would be told, nor a failure. */
export type Conditions = Pick<Range, 'filter' | 'where'>

/** How many changes are read at once. Enough to make a statement worth its while, few enough to keep it short. */
export const batchSize = 500

/** Changes as they are, which become lines where they are stored. */
export class PlainFlow implements Flow {
  readonly due = Number.POSITIVE_INFINITY
  readonly #storage: Storage
  readonly #options: FeedOptions
  #position: Position

  constructor(storage: Storage, options: FeedOptions, position: Position) {
    this.#storage = storage
    this.#options = options
    this.#position = position
  }

  get position(): Position {
    return this.#position
  }

  get told(): Position {
    return this.#position
  }

  get safe(): Position {
    return this.#position
  }

  release(): boolean {
    return false
  }

  async step(limit: number, until: Position | undefined): Promise<Step> {
    const {tables, keys} = this.#options
    const range = {after: this.#position, until, limit: Math.min(limit, batchSize), tables, keys}
    const {lines, count, position, drained} = await this.#storage.lines(range)
    this.#position = position
    return {lines, count, failures: [], idle: drained}
  }
}

/** Changes that are made events by a source, merged when that is asked for, and told. */
export class EventFlow<S> implements Flow {
  readonly #storage: Storage
  readonly #options: FeedOptions
  readonly #source: Source<S>
  readonly #teller: Teller
  readonly #squash: Squash<S> | undefined
  readonly #conditions: Conditions
  #position: Position
  #safe: Position
  #queue: readonly RawEvent[] = []
  /** Failures in the set, which are told after what came before them. */
  #failures: Failure[] = []
  /** What waits is told at this time, or once the log has been read up to this position. */
  #due = Number.NEGATIVE_INFINITY
  #target: Position | undefined

  constructor(
    storage: Storage,
    options: FeedOptions,
    source: Source<S>,
    teller: Teller,
    position: Position,
    conditions: Conditions = {},
  ) {
    this.#conditions = conditions
    this.#storage = storage
    this.#options = options
    this.#source = source
    this.#teller = teller
    this.#squash = options.squash === undefined ? undefined : new Squash(source)
    this.#position = this.#safe = position
  }

  get position(): Position {
    return this.#position
  }

  get told(): Position {
    return this.#squash?.before ?? this.#position
  }

  get safe(): Position {
    return this.#queue.length === 0 ? this.told : this.#safe
  }

  get due(): number {
    return this.#squash === undefined || this.#squash.isEmpty ? Number.POSITIVE_INFINITY : this.#due
  }

  release(): boolean {
    const held = this.#squash?.take() ?? []
    this.#target = undefined
    if (held.length === 0) return false
    this.#queue = [...this.#queue, ...this.#source.events(held, true)]
    return true
  }

  async step(limit: number, end: Position | undefined): Promise<Step> {
    let drained = false
    if (this.#queue.length === 0) drained = await this.#read(end)
    const {tried, ...told} = await this.#teller.tell(this.#queue, limit)
    this.#safe = this.#queue[tried - 1]?.seq ?? this.#safe
    this.#queue = this.#queue.slice(tried)
    const isTold = this.#queue.length === 0
    const failures = isTold ? [...told.failures, ...this.#failures.splice(0)] : told.failures
    return {...told, failures, idle: isTold && drained}
  }

  async #read(end: Position | undefined): Promise<boolean> {
    if (performance.now() >= this.due && this.release()) {
      this.#due = performance.now() + (this.#options.squash ?? 0)
      return false
    }
    const {tables, keys} = this.#options
    const range = {after: this.#position, until: end, limit: batchSize, tables, keys, ...this.#conditions}
    const read = await this.#storage.changes(range)
    const {deltas, tried, failures} = await this.#source.follow(read.changes)
    const isWhole = tried === read.changes.length
    this.#position = isWhole ? read.position : (read.changes[tried - 1]?.seq ?? this.#position)
    this.#failures.push(...failures)
    const drained = isWhole && read.drained
    if (this.#squash === undefined) this.#queue = this.#source.events(deltas, false)
    else await this.#merge(this.#squash, deltas, drained)
    if (failures.length > 0 && this.#options.onError === 'fail') this.release()
    return drained
  }

  async #merge(squash: Squash<S>, deltas: readonly Delta<S>[], drained: boolean): Promise<void> {
    const {squash: interval = 0} = this.#options
    let waiting = deltas
    if (interval > 0 && squash.isEmpty && deltas[0] !== undefined && performance.now() >= this.#due) {
      // The first change after a quiet time is told at once, and begins the time in which others are merged.
      const {seq} = deltas[0]
      const others = deltas.findIndex(delta => delta.seq !== seq)
      this.#queue = this.#source.events(deltas.slice(0, others === -1 ? undefined : others), false)
      waiting = others === -1 ? [] : deltas.slice(others)
      this.#due = performance.now() + interval
    }
    if (interval === 0 && squash.isEmpty && waiting.length > 0) this.#target = (await this.#storage.bounds()).newest
    squash.add(waiting)
    const isRead = interval === 0 && (drained || this.#position >= (this.#target ?? 0))
    if (isRead || squash.isFull) this.release()
    if (interval === 0) this.#due = Number.POSITIVE_INFINITY
  }
}
