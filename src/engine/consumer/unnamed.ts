import {keyText} from '../documents/key.ts'
import type {Batch} from '../feed/batch.ts'
import {Feed} from '../feed/feed.ts'
import type {FeedOptions} from '../feed/options.ts'
import {startFeed} from '../feed/start.ts'
import type {Position, Storage} from '../storage/storage.ts'
import type {Origin} from './origin.ts'

/** A feed of which nobody keeps how far it has been delivered, unless its receiver does. */
export class Unnamed implements Origin {
  readonly id: string
  readonly name: string
  readonly position: Position
  isPlaced = false
  readonly forgets: boolean
  readonly mapped: boolean
  readonly tables: readonly string[] | undefined
  readonly merges: boolean
  readonly #storage: Storage
  readonly #options: FeedOptions

  /** Throws HISTORY_LOST. */
  static async begin(storage: Storage, options: FeedOptions): Promise<Unnamed> {
    return new Unnamed(storage, options, (await startFeed(storage, options)).position)
  }

  private constructor(storage: Storage, options: FeedOptions, position: Position) {
    const {tables, keys, where, pluck, without, select, filter, map} = options
    this.id = storage.id
    this.name = JSON.stringify({tables, keys: keys?.map(keyText), where, pluck, without, select, filter, map})
    this.position = position
    this.tables = tables
    this.forgets = options.includeInitial === true
    this.mapped = options.map !== undefined
    this.merges = options.squash !== undefined
    this.#storage = storage
    this.#options = options
  }

  deliveries(after: Position | undefined, signal: AbortSignal, lines = false): AsyncGenerator<Batch> {
    // A window begins with what stands in it now.
    const since = after ?? (this.#options.orderBy === undefined ? this.position : this.#options.since)
    const includeInitial = after === undefined && this.#options.includeInitial
    return new Feed(this.#storage, {...this.#options, since, includeInitial, signal}).deliveries({lines})
  }

  async advance(): Promise<void> {
    this.isPlaced = true
  }

  async newest(): Promise<Position> {
    return (await this.#storage.bounds()).newest
  }

  async confirm(): Promise<void> {}
}
