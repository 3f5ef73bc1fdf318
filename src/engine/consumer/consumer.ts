import {checkWhole, LitefeedError} from '../error.ts'
import type {Batch} from '../feed/batch.ts'
import {Feed} from '../feed/feed.ts'
import type {FeedOptions} from '../feed/options.ts'
import type {Lease, Consumer as Stored} from '../storage/consumers.ts'
import type {Position, Storage} from '../storage/storage.ts'
import {claimLease, leaseDuration, type Owner, releaseLease} from './lease.ts'
import {checkConsumerName} from './name.ts'
import type {Origin} from './origin.ts'

/** A feed that goes on where the consumer of this name stood, which nobody else moves meanwhile. Whoever claims it disposes of it. */
export class Consumer implements Origin, AsyncDisposable {
  readonly name: string
  readonly id: string
  readonly mapped: boolean
  readonly tables: readonly string[] | undefined
  readonly merges: boolean
  /** Aborts with an error when somebody else has the consumer. */
  readonly lost: AbortSignal
  readonly #lost = new AbortController()
  readonly #storage: Storage
  readonly #lease: Lease
  readonly #options: FeedOptions
  readonly #timer: NodeJS.Timeout
  #position: Position
  #initial: boolean
  #sending: Position | undefined
  #heldUntil = performance.now() + leaseDuration

  /**
   * Claims a consumer, or makes it where `since` says. Waits for a lease that is about to run out; throws TAKEN when its owner
   * lives, HISTORY_LOST when the position is gone, and MISUSE for what cannot be resumed.
   */
  static async claim(storage: Storage, name: string, options: FeedOptions, owner: Owner): Promise<Consumer> {
    checkConsumerName(name)
    if (options.orderBy !== undefined)
      throw new LitefeedError(
        'MISUSE',
        '`orderBy` with `as`: a window begins with what stands in it now, and cannot be resumed',
      )
    const {consumer, lease} = await claimLease(storage, name, options, owner)
    try {
      if (consumer.feed !== storage.id)
        throw new LitefeedError('HISTORY_LOST', `the position of ${name} is one of another log, ${consumer.feed}`, {
          hint: `litefeed consumers reset ${name} --to now`,
        })
      return new Consumer(storage, consumer, lease, options)
    } catch (error) {
      await releaseLease(storage, lease)
      throw error
    }
  }

  private constructor(
    storage: Storage,
    {name, position, initial, sending}: Stored,
    lease: Lease,
    options: FeedOptions,
  ) {
    this.name = name
    this.id = storage.id
    this.#initial = initial
    this.mapped = options.map !== undefined
    this.tables = options.tables
    this.merges = options.squash !== undefined
    this.lost = this.#lost.signal
    this.#storage = storage
    this.#lease = lease
    this.#position = position
    this.#sending = sending !== undefined && sending > position ? sending : undefined
    // An initial part that was broken off is begun again as it was, so that what has gone since is told as gone.
    this.#options = {...options, since: position, includeInitial: initial}
    // A process that was stopped, and goes on, finds out at once and not at its next move.
    this.#timer = setInterval(() => void this.#renew().catch(() => {}), renewEvery).unref()
  }

  get isPlaced(): boolean {
    return !this.#initial
  }

  get mark(): string | undefined {
    return this.#lease.mark
  }

  get resets(): number {
    return this.#lease.resets
  }

  get moved(): boolean {
    return this.#lease.moved
  }

  /** Everything up to here has been delivered. */
  get position(): Position {
    return this.#position
  }

  /** The last change of what was being sent together when an earlier owner ended. */
  get sending(): Position | undefined {
    return this.#sending
  }

  /** What is to be delivered, item by item, after this position or a later one. Ends when somebody else has the consumer. */
  deliveries(after: Position | undefined, signal: AbortSignal, lines = false): AsyncGenerator<Batch> {
    const place = after === undefined ? {} : {since: after, includeInitial: false}
    return this.#feed(signal, place).deliveries({lines, cut: this.#merging})
  }

  /**
   * What is to be told to a reader, who says at most now and then, by `took`, what it has. What is told of merged changes goes
   * beyond the position that it then has, and so it is noted before up to where.
   */
  async *tail(signal: AbortSignal): AsyncGenerator<Batch> {
    for await (const batch of this.#feed(signal).deliveries({told: this.#merging})) {
      const {merged = 0} = batch
      if (merged > (this.#sending ?? 0)) await this.#note(merged, signal)
      yield batch
    }
  }

  /** Of what `tail` tells the reader has everything up to here. Throws as `advance` does. */
  async took(to: Position): Promise<void> {
    await this.advance(to, this.#merging !== undefined && this.#merging > to ? this.#merging : undefined)
  }

  /**
   * Moves on to a position, and notes what is sent next. Throws TAKEN when somebody else has the consumer: then what was
   * delivered since may be delivered again by that one. Throws MISUSE for a position that is beyond the log.
   */
  async advance(to: Position | undefined, sending?: Position): Promise<void> {
    if (to !== undefined) checkWhole('to', to, 0)
    this.#sending = sending
    await this.#move(to)
    if (to === undefined) return
    this.#position = Math.max(this.#position, to)
    this.#initial = false
  }

  async newest(): Promise<Position> {
    return (await this.#storage.bounds()).newest
  }

  /** Resolves when the lease is certain to be held: to be asked before anything is sent. Throws TAKEN. */
  async confirm(): Promise<void> {
    this.lost.throwIfAborted()
    if (performance.now() >= this.#heldUntil) await this.#move(undefined)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer)
    if (!this.lost.aborted) await releaseLease(this.#storage, this.#lease)
  }

  get #merging(): Position | undefined {
    return this.merges ? this.#sending : undefined
  }

  #feed(signal: AbortSignal, place: FeedOptions = {}): Feed {
    const signals = [signal, this.lost, ...(this.#options.signal === undefined ? [] : [this.#options.signal])]
    return new Feed(this.#storage, {...this.#options, ...place, signal: AbortSignal.any(signals)})
  }

  /** While somebody else writes for long, it waits. */
  async #note(merged: Position, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        return await this.advance(undefined, merged)
      } catch (error) {
        if (!(error instanceof LitefeedError && error.code === 'BUSY')) throw error
      }
    }
  }

  #renew(): Promise<void> {
    return this.#move(undefined)
  }

  async #move(to: Position | undefined): Promise<void> {
    const heldUntil = performance.now() + leaseDuration
    const held = await this.#storage.consumers.advance(this.#lease, {
      to,
      sending: this.#sending,
      duration: leaseDuration,
    })
    if (held) {
      this.#heldUntil = heldUntil
      return
    }
    if (!this.lost.aborted) {
      const {owner} = (await this.#storage.consumers.find(this.name)) ?? {}
      this.#lost.abort(
        new LitefeedError(
          'TAKEN',
          owner === undefined
            ? `the consumer ${this.name} was moved or deleted by somebody else`
            : `the consumer ${this.name} was taken over by ${owner.name}`,
        ),
      )
    }
    throw this.lost.reason
  }
}

/** Milliseconds: often enough for the lease not to run out while its owner lives. */
const renewEvery = 2000
