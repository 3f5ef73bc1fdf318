import type {Position, Storage} from '../storage/storage.ts'
import {batchSize, type Conditions, type Flow, type Step} from './flow.ts'
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
    this.#queue = new EventQueue(teller, position)
    this.#squash = new Squash(source)
    this.#position = position
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

  get due(): number {
    return this.#squash.isEmpty ? Number.POSITIVE_INFINITY : this.#due
  }

  release(): boolean {
    const held = this.#squash.take()
    this.#target = undefined
    if (held.length === 0) return false
    this.#queue.add(this.#source.events(held))
    return true
  }

  async step(limit: number, end: Position | undefined): Promise<Step> {
    const drained = this.#queue.isEmpty && (await this.#read(end))
    const told = await this.#queue.tell(limit)
    return {...told, idle: this.#queue.isEmpty && drained}
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
    this.#queue.add([], failures)
    const drained = isWhole && read.drained
    await this.#merge(deltas, drained)
    if (failures.length > 0 && this.#options.onError === 'fail') this.release()
    return drained
  }

  async #merge(deltas: readonly Delta<S>[], drained: boolean): Promise<void> {
    const squash = this.#squash
    const {squash: interval = 0} = this.#options
    let waiting = deltas
    if (interval > 0 && squash.isEmpty && deltas[0] !== undefined && performance.now() >= this.#due) {
      // The first change after a quiet time is told at once, and begins the time in which others are merged.
      const {seq} = deltas[0]
      const others = deltas.findIndex(delta => delta.seq !== seq)
      this.#queue.add(this.#source.events(deltas.slice(0, others === -1 ? undefined : others)))
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
