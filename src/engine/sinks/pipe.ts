import type {Origin} from '../consumer/origin.ts'
import {LitefeedError} from '../error.ts'
import type {Batch} from '../feed/batch.ts'
import type {Position} from '../storage/storage.ts'
import {Batches} from './batches.ts'
import {Bell} from './bell.ts'
import {Keeper} from './keeper.ts'
import {type Entry, Line} from './line.ts'
import {News} from './news.ts'
import type {PipeOptions, PipeStatus} from './options.ts'
import {makeEntries} from './parcels.ts'
import {Settling} from './settling.ts'
import {Down, type Sink} from './sink.ts'

/**
 * Delivers what comes from an origin to a sink: at least once, and the changes of a document in their order. The position
 * moves when everything up to it is settled. What fails for a time is sent again for as long as it takes. Throws UNDELIVERED, and
 * what the origin throws; what was acknowledged until then counts.
 *
 * It is a loop that sleeps on a bell: whatever happens, to the feed, to the receiver or at a signal, rings it, and each turn does
 * what is possible then.
 */
export class Pipe implements AsyncIterable<PipeStatus> {
  readonly #origin: Origin
  readonly #sink: Sink
  readonly #signal: AbortSignal
  readonly #bell = new Bell()
  readonly #over = new AbortController()
  readonly #batches: Batches | undefined
  readonly #line: Line
  readonly #news = new News(() => this.#bell.ring())
  readonly #settling: Settling
  readonly #keeper: Keeper
  #ended = false
  #error: unknown
  /** Calls of `deliver` that are under way. */
  #running = 0
  #pulling = false

  constructor(origin: Origin, sink: Sink, options: PipeOptions) {
    const {
      id: feed,
      name,
      mark,
      resets = 0,
      moved = false,
      tables,
      isPlaced,
      position,
      mapped,
      merges,
      sending,
    } = origin
    this.#origin = origin
    this.#sink = sink
    this.#signal = options.signal ?? new AbortController().signal
    const kept = isPlaced ? position : undefined
    const stream = {feed, name, mark, resets, moved, kept, tables, mapped}
    this.#line = new Line(sink.order === 'each', position)
    this.#batches = sink.sameBatches ? new Batches(sink.batch, merges ? undefined : sending) : undefined
    this.#settling = new Settling(this.#line, sink, options, this.#news, error => this.#fail(error))
    this.#keeper = new Keeper(origin, sink, stream, this.#line, this.#batches)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<PipeStatus> {
    const signal = this.#signal
    const ring = () => this.#bell.ring()
    signal.addEventListener('abort', ring)
    let feed: AsyncGenerator<Batch> | undefined
    try {
      feed = this.#origin.deliveries(await this.#resume(), this.#over.signal, this.#takesStretches)
      for (;;) {
        const ending = signal.aborted || this.#error !== undefined
        if (!ending) {
          this.#pull(feed)
          await this.#send().catch(error => this.#fail(error))
        }
        if (this.#running > 0 && (ending || (this.#ended && this.#line.due === Number.POSITIVE_INFINITY)))
          this.#sink.finish?.()
        // After an error what is under way is waited for, and then the position is kept once more, if it still is ours.
        if (this.#error === undefined && (ending || performance.now() >= this.#keepAt)) await this.#keep()
        if (performance.now() >= this.#news.due) yield await this.#status()
        if (this.#running === 0 && (ending || (this.#ended && this.#line.length === 0))) break
        await this.#bell.wait(ending ? Number.POSITIVE_INFINITY : this.#nextTurn())
      }
      await this.#keeper.keep().catch(error => this.#fail(error))
      if (!signal.aborted) await this.#origin.confirm().catch(error => this.#fail(error))
      yield await this.#status()
      if (this.#error !== undefined) throw this.#error
    } finally {
      signal.removeEventListener('abort', ring)
      this.#over.abort()
      await feed?.return(undefined)
      await this.#settle()
    }
  }

  /** Who breaks out of the loop may leave something under way, and nobody else shall have the consumer before it has ended. */
  async #settle(): Promise<void> {
    if (this.#running === 0) return
    this.#sink.finish?.()
    while (this.#running > 0) await this.#bell.wait(Number.POSITIVE_INFINITY)
    await this.#keeper.keep().catch(() => {})
  }

  /** From where to deliver, when the receiver knows that better than the origin. */
  async #resume(): Promise<Position | undefined> {
    while (!this.#signal.aborted) {
      try {
        const position = await this.#keeper.begin()
        const {moved = false, forgets = false, position: asked} = this.#origin
        if (forgets && position === undefined && this.#sink.hasInitial)
          this.#news.warn(
            `${this.#sink.name} has an initial part already, and is not told what is gone since: --as keeps where one began`,
          )
        if (moved && position !== undefined && position > asked)
          this.#news.warn(`${this.#sink.name} has everything up to ${position}, and is not given it again`)
        return position
      } catch (error) {
        if (!(error instanceof Down)) throw error
        this.#settling.pause(error.message)
        await this.#bell.wait(this.#settling.pausedUntil)
      }
    }
    return undefined
  }

  /** Reads on while there is room: one batch at a time. */
  #pull(feed: AsyncGenerator<Batch>): void {
    const {batch, parallel} = this.#sink
    const room = Math.max(this.#takesStretches ? 0 : 2000, 2 * batch * parallel)
    if (this.#pulling || this.#ended || this.#line.length >= room) return
    this.#pulling = true
    feed
      .next()
      .then(({done, value}) => {
        if (!done) return this.#take(value)
        this.#ended = true
        this.#line.finish()
      })
      .catch(error => this.#fail(error))
      .finally(() => {
        this.#pulling = false
        this.#bell.ring()
      })
  }

  #take(batch: Batch): void {
    const entries = makeEntries(batch, this.#origin, this.#line.end)
    this.#line.add(this.#keeper.missing(entries), batch)
    for (const warning of batch.warnings) this.#news.warn(warning)
    this.#news.failed(batch.failures)
  }

  /** Hands the sink what may be sent now. */
  async #send(): Promise<void> {
    while (this.#running < this.#sink.parallel && performance.now() >= this.#settling.pausedUntil) {
      let entries: Entry[] = []
      try {
        entries = await this.#next()
        const [first] = entries
        if (first === undefined) return
        await this.#keeper.sends(first)
        await this.#origin.confirm()
      } catch (error) {
        this.#line.putBack(entries, 0)
        if (!isBusy(error)) throw error
        this.#settling.pause(`its consumer cannot be held, ${(error as Error).message}`)
        return
      }
      this.#running++
      this.#sink
        .deliver(entries, this.#over.signal)
        .then(outcomes => this.#settling.settle(entries, outcomes))
        .then(() => this.#keeper.progress())
        .catch(error => this.#fail(error))
        .finally(() => {
          this.#running--
          this.#bell.ring()
        })
    }
  }

  #next(): Promise<Entry[]> | Entry[] {
    if (this.#batches === undefined) return this.#line.next(this.#sink.batch)
    return this.#batches.next(this.#line, this.#ended, end => this.#origin.advance(this.#line.position, end))
  }

  async #keep(): Promise<void> {
    const before = this.#keeper.kept
    // While somebody else writes for long, it is kept a little later.
    await this.#keeper.keep().catch(error => (isBusy(error) ? undefined : this.#fail(error)))
    if (this.#keeper.kept !== before) this.#news.changed()
  }

  /** A stretch has one position, where merged changes have one by one. */
  get #takesStretches(): boolean {
    return this.#sink.stretches === true && !this.#origin.merges
  }

  get #keepAt(): number {
    return this.#keeper.due(this.#running > 0)
  }

  #fail(error: unknown): void {
    this.#error ??= error
    this.#bell.ring()
  }

  #nextTurn(): number {
    const send =
      this.#running < this.#sink.parallel
        ? Math.max(this.#line.due, this.#settling.pausedUntil)
        : Number.POSITIVE_INFINITY
    const keep = this.#keeper.hasMoved ? this.#keepAt : Number.POSITIVE_INFINITY
    return Math.max(performance.now(), Math.min(send, keep, this.#news.due))
  }

  async #status(): Promise<PipeStatus> {
    const position = this.#keeper.kept
    const lag = Math.max(0, (await this.#origin.newest()) - position)
    return {position, lag, ...this.#news.take()}
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof LitefeedError && error.code === 'BUSY'
}
