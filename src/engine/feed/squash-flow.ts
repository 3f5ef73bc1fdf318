import type {Position, Storage} from '../storage/storage.ts'
import {batchSize, type Conditions, type Earlier, type Flow, type Step} from './flow.ts'
import type {FeedOptions} from './options.ts'
import {EventQueue} from './queue.ts'
import type {Delta, Source} from './source.ts'
import {Squash} from './squash.ts'
import type {Teller} from './tell.ts'

/** Changes that are merged before a source makes them events, and told when they are due. */
export class SquashFlow<S> implements Flow {
  readonly #storage: Storage
  readonly #options: FeedOptions
  readonly #source: Source<S>
  readonly #queue: EventQueue
  readonly #squash: Squash<S>
  readonly #conditions: Conditions
  #position: Position
  /** What waits is told at this time, or once the log has been read up to this position. */
  #due = Number.NEGATIVE_INFINITY
  #target: Position | undefined
  /** Up to here everything is merged, as it was by an earlier feed that began at the same position. */
  #cut: Position | undefined
  /** Between which positions what is being told was merged. */
  #start: Position
  #end: Position

  constructor(
    storage: Storage,
    options: FeedOptions,
    source: Source<S>,
    teller: Teller,
    position: Position,
    conditions: Conditions = {},
    {cut, told}: Earlier = {},
  ) {
    this.#conditions = conditions
    this.#storage = storage
    this.#options = options
    this.#source = source
    this.#queue = new EventQueue(teller, position)
    this.#squash = new Squash(source, told)
    this.#position = this.#start = this.#end = position
    this.#cut = cut !== undefined && cut > position ? cut : undefined
  }

  get position(): Position {
    return this.#position
  }

  get told(): Position {
    return this.#squash.before ?? this.#position
  }

  get safe(): Position {
    return this.#queue.isEmpty ? this.told : this.#queue.told
  }

  get start(): Position {
    return this.#queue.isEmpty && this.#cut === undefined ? this.told : this.#start
  }

  get due(): number {
    return this.#squash.isEmpty ? Number.POSITIVE_INFINITY : this.#due
  }

  release(): boolean {
    const {told} = this
    const held = this.#squash.take()
    this.#target = undefined
    if (held.length === 0) return false
    this.#tell(held, told, this.#position)
    return true
  }

  async step(limit: number, end: Position | undefined): Promise<Step> {
    const drained = this.#queue.isEmpty && (await this.#read(end))
    const merged = this.#queue.isEmpty ? {} : {merged: this.#end}
    const told = await this.#queue.tell(limit)
    return {...told, ...merged, idle: this.#queue.isEmpty && drained}
  }

  #tell(deltas: readonly Delta<S>[], start: Position, end: Position): void {
    if (this.#queue.isEmpty) this.#start = start
    this.#end = end
    this.#queue.add(this.#source.events(deltas))
  }

  async #read(end: Position | undefined): Promise<boolean> {
    const {tables, keys, squash: interval = 0} = this.#options
    const isDue = this.#cut === undefined && (performance.now() >= this.due || this.#squash.isFull)
    if (isDue && this.release()) {
      this.#due = performance.now() + interval
      return false
    }
    const until = this.#cut === undefined ? end : Math.min(this.#cut, end ?? this.#cut)
    const range = {after: this.#position, until, limit: batchSize, tables, keys, ...this.#conditions}
    const read = await this.#storage.changes(range)
    const {deltas, tried, failures} = await this.#source.follow(read.changes)
    const isWhole = tried === read.changes.length
    this.#position = isWhole ? read.position : (read.changes[tried - 1]?.seq ?? this.#position)
    this.#queue.add([], failures)
    const drained = isWhole && read.drained
    if (this.#cut === undefined) await this.#merge(deltas, drained)
    else if (this.#mergeAgain(deltas, drained)) return false
    if (failures.length > 0 && this.#options.onError === 'fail') this.release()
    return drained
  }

  /** Returns whether all is told that an earlier feed had merged. */
  #mergeAgain(deltas: readonly Delta<S>[], drained: boolean): boolean {
    this.#squash.add(deltas)
    if (!drained) return false
    this.#cut = undefined
    if (this.release()) this.#due = performance.now() + (this.#options.squash ?? 0)
    return true
  }

  async #merge(deltas: readonly Delta<S>[], drained: boolean): Promise<void> {
    const squash = this.#squash
    const {squash: interval = 0} = this.#options
    let waiting = deltas
    if (interval > 0 && squash.isEmpty && performance.now() >= this.#due) {
      // The first change after a quiet time is told at once, and begins the time in which others are merged.
      const first = deltas.find(delta => !squash.isNothing(delta))
      waiting = first === undefined ? [] : deltas.filter(({seq}) => seq > first.seq)
      if (first !== undefined) {
        const told = deltas.filter(delta => delta.seq === first.seq && !squash.isNothing(delta))
        this.#tell(told, first.seq - 1, first.seq)
        this.#due = performance.now() + interval
      }
    }
    if (interval === 0 && squash.isEmpty && waiting.length > 0) this.#target = (await this.#storage.bounds()).newest
    squash.add(waiting)
    if (interval > 0) return
    if (drained || squash.isFull || this.#position >= (this.#target ?? 0)) this.release()
    this.#due = Number.POSITIVE_INFINITY
  }
}
