import type {Position, Range, Storage} from '../storage/storage.ts'
import type {Told} from '../told.ts'
import type {FeedOptions} from './options.ts'

/** What a step of a flow gave. */
export interface Step extends Told {
  /** Whether all that could be told is told: the log has been read to its end, or to where the feed ends. */
  readonly idle: boolean
  /** The last of the changes that were merged into what it tells, and into what is told with it. */
  readonly merged?: Position
}

/** The changes of the log on their way to lines. */
export interface Flow {
  /** How far the log has been read. */
  readonly position: Position
  /** The position from which nothing is missed that has not been told, once a step was idle. */
  readonly told: Position
  /** The same after any step. */
  readonly safe: Position
  /** The same, so that what is told after it, merged up to the same change, is told as it was. */
  readonly start: Position
  /** When there is something to tell that waits, by performance.now(). */
  readonly due: number
  /** Tells at once what waits. Returns whether there is any. */
  release(): boolean
  /** Tells what there is, at most `limit` lines, and reads on when there is nothing. */
  step(limit: number, end: Position | undefined): Promise<Step>
}

/** What an earlier feed did with the changes behind the position where this one begins, when they are merged. */
export interface Earlier {
  /** Up to where it had merged what it was telling when it ended; it had begun at this position. They are merged so again. */
  readonly cut?: Position | undefined
  /** Up to where it may have told what it had merged. No document is left out because that cancels out. */
  readonly told?: Position | undefined
}

/** By what a storage engine may leave out changes of which no event would be told, nor a failure. */
export type Conditions = Pick<Range, 'filter' | 'where'>

/** How many changes are read at once. Enough to make a statement worth its while, few enough to keep it short. */
export const batchSize = 500

/**
 * How much is read at once of what becomes lines where it is stored: what fits into the caches of a processor, for larger
 * pieces are made of memory that the system has to find and to clear each time.
 */
const bytesAtOnce = 400_000
const linesAtOnce = 2000

/** Changes as they are, which become lines where they are stored. */
export class PlainFlow implements Flow {
  readonly due = Number.POSITIVE_INFINITY
  readonly #storage: Storage
  readonly #options: FeedOptions
  #position: Position
  /** By how long the lines were that were read before. */
  #atOnce = batchSize

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

  get start(): Position {
    return this.#position
  }

  release(): boolean {
    return false
  }

  async step(limit: number, until: Position | undefined): Promise<Step> {
    const {tables, keys} = this.#options
    const range = {after: this.#position, until, limit: Math.min(limit, this.#atOnce), tables, keys}
    const {lines, count, position, drained} = await this.#storage.lines(range)
    this.#position = position
    if (count > 0) this.#atOnce = Math.min(Math.max(Math.round((bytesAtOnce * count) / lines.length), 10), linesAtOnce)
    return {lines, count, failures: [], idle: drained}
  }
}
