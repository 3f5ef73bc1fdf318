import {comparePlaces, type Order, type Place, placeOf} from '../documents/order.ts'
import {type DocumentSet, failureOf} from '../documents/set.ts'
import {LitefeedError} from '../error.ts'
import type {Change, Ordered, Position, Storage, Stored} from '../storage/storage.ts'
import type {Failure} from '../told.ts'
import {type Entry, indexOf} from './entry.ts'

/** What a window is of. */
export interface WindowOf {
  readonly storage: Storage
  readonly table: string
  readonly order: Order
  readonly limit: number
  readonly set: DocumentSet
  readonly signal: AbortSignal | undefined
}

/**
 * The first documents of a set in an order, kept up to date by the changes of the log. It knows some more than it shows, so
 * that most removals are made up for from memory; only when these are used up it reads the table, from the last one that
 * it knew.
 */
export class Window {
  readonly #of: WindowOf
  /** In order: every document of the set up to `#bound`, or all of it when that is undefined. */
  #entries: Entry[] = []
  #bound: (Stored & {place: Place}) | undefined
  readonly #byKey = new Map<string, Entry>()
  /** How many to know after reading, and how many of them beside those that are shown. */
  #wanted: number
  #reserve: number
  #failures: Failure[] = []

  constructor(of: WindowOf) {
    this.#of = of
    this.#reserve = Math.max(100, Math.min(of.limit, 1000))
    this.#wanted = of.limit + this.#reserve
  }

  /** Reads the window as it is at a position, which is the end of the log or was so a moment ago. */
  async start(position: Position): Promise<readonly Entry[]> {
    await this.#refill(position, true)
    return this.#entries.slice(0, this.#of.limit)
  }

  /** What a change makes of the window: who left it, who came into it, or one that is another now. */
  async apply({seq, key, new_val}: Change): Promise<readonly {old: Entry | null; new: Entry | null}[]> {
    const {limit} = this.#of
    const before = this.#byKey.get(key)
    const from = before === undefined ? Number.POSITIVE_INFINITY : this.#indexOf(before.place)
    if (before !== undefined) this.#remove(before, from)

    const after = new_val === null ? undefined : await this.#entryOf({key, text: new_val}, {seq})
    if (after !== undefined && this.#reaches(after.place)) this.#insert(after)
    if (this.#entries.length < limit && this.#bound !== undefined) await this.#refill(seq, false)
    const to = after !== undefined && this.#byKey.has(key) ? this.#indexOf(after.place) : Number.POSITIVE_INFINITY
    if (this.#entries.length > 2 * this.#wanted) this.#cut()

    if (from < limit && to < limit) return [{old: before as Entry, new: after as Entry}]
    if (from < limit) {
      const came = this.#entries[limit - 1]
      return [{old: before as Entry, new: null}, ...(came === undefined ? [] : [{old: null, new: came}])]
    }
    if (to < limit) {
      const gone = this.#entries[limit]
      return [...(gone === undefined ? [] : [{old: gone, new: null}]), {old: null, new: after as Entry}]
    }
    return []
  }

  /** The documents on which an expression failed since the last call. */
  takeFailures(): readonly Failure[] {
    const failures = this.#failures
    this.#failures = []
    return failures
  }

  /**
   * Reads the documents that follow the last one that is known. The table is read as it is now, which may be later than the
   * position: what has changed since then is taken back to what it was, which is the old value of its first change.
   */
  async #refill(position: Position, first: boolean): Promise<void> {
    const {storage, limit, order, signal} = this.#of
    const began = performance.now()
    const isFirst = first
    // Taking the table back costs as much as the feed is behind: who is far behind reads more at once.
    const behind = (await storage.bounds()).newest - position
    const wanted = limit + Math.max(this.#reserve, Math.min(Math.ceil(behind / 8), 100_000))
    this.#wanted = wanted
    while (!signal?.aborted && (first || (this.#bound !== undefined && this.#entries.length < limit))) {
      first = false
      const found: Entry[] = []
      let bound: Stored | undefined = this.#bound
      let read: Ordered
      do {
        // With a condition that few documents meet the pages are many, and had better be long.
        read = await this.#read(bound, found.length === 0 && bound !== this.#bound ? pageSize : wanted)
        for (const stored of read.documents) {
          const entry = await this.#entryOf(stored, {key: stored.key})
          if (entry !== undefined) found.push(entry)
        }
        bound = read.documents.at(-1) ?? bound
      } while (!read.last && this.#entries.length + found.length < wanted && !signal?.aborted)
      const place = read.last || bound === undefined ? undefined : placeOf(order, bound.key, bound.text)
      const within = (entry: Entry) =>
        (this.#bound === undefined || comparePlaces(order, entry.place, this.#bound.place) > 0) &&
        (place === undefined || comparePlaces(order, entry.place, place) <= 0)
      const earlier = await this.#earlier(position, read.position)
      for (const entry of found) if (!earlier.has(entry.key)) this.#insert(entry)
      for (const [key, text] of earlier) {
        const entry = text === null ? undefined : await this.#entryOf({key, text}, {key})
        if (entry !== undefined && within(entry)) this.#insert(entry)
      }
      this.#bound = place === undefined ? undefined : {...(bound as Stored), place}
    }
    // The first time an index is made.
    if (!isFirst && performance.now() - began > slow) this.#readMore()
  }

  /** Where a read takes long, be it that there is no index, or one that cannot tell the documents apart, it had better be rare. */
  #readMore(): void {
    const length = this.#entries.reduce((sum, {text}) => sum + text.length, 0) / Math.max(1, this.#entries.length)
    const most = Math.min(mostReserve, Math.trunc(mostCharacters / (1 + length)))
    this.#reserve = Math.max(this.#reserve, Math.min(4 * this.#reserve, most))
    this.#wanted = Math.max(this.#wanted, this.#of.limit + this.#reserve)
  }

  async #read(after: Stored | undefined, limit: number): Promise<Ordered> {
    const {storage, table, order} = this.#of
    try {
      return await storage.ordered(table, order, after, limit)
    } catch (error) {
      // Not there yet, or not any more: then the log has the removals of its documents.
      if (!(error instanceof LitefeedError && error.code === 'NO_TABLE')) throw error
      return {documents: [], last: true, position: (await storage.bounds()).newest}
    }
  }

  /** The documents as they were at a position, of those that have changed after it and up to another one. */
  async #earlier(position: Position, until: Position): Promise<ReadonlyMap<string, string | null>> {
    const {storage, table} = this.#of
    const earlier = new Map<string, string | null>()
    for (let after = position; after < until; ) {
      const read = await storage.changes({after, until, limit: 500, tables: [table]})
      for (const {key, old_val} of read.changes) if (!earlier.has(key)) earlier.set(key, old_val)
      after = read.position
    }
    return earlier
  }

  async #entryOf({key, text}: Stored, where: Failure['place']): Promise<Entry | undefined> {
    const place = placeOf(this.#of.order, key, text)
    if (place === undefined) return undefined
    try {
      const shown = await this.#of.set.member(text)
      return shown === null ? undefined : {key, text, place, shown}
    } catch (error) {
      this.#failures.push(failureOf(error, where))
      return undefined
    }
  }

  #reaches(place: Place): boolean {
    return this.#bound === undefined || comparePlaces(this.#of.order, place, this.#bound.place) <= 0
  }

  #insert(entry: Entry): void {
    this.#byKey.set(entry.key, entry)
    this.#entries.splice(this.#indexOf(entry.place), 0, entry)
  }

  #remove(entry: Entry, index: number): void {
    this.#byKey.delete(entry.key)
    this.#entries.splice(index, 1)
  }

  /** Forgets what is too much; what comes after the last one is then read when it is needed. */
  #cut(): void {
    for (const {key} of this.#entries.splice(this.#wanted)) this.#byKey.delete(key)
    this.#bound = this.#entries.at(-1)
  }

  #indexOf(place: Place): number {
    return indexOf(this.#entries, place, this.#of.order)
  }
}

const pageSize = 2000
/** Milliseconds of a read after which the next one is to bring more, and how much at most. */
const slow = 10
const mostReserve = 10_000
const mostCharacters = 16e6
