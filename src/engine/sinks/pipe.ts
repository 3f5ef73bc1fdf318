import type {Origin} from '../consumer/origin.ts'
import {LitefeedError} from '../error.ts'
import type {Batch} from '../feed/feed.ts'
import type {Position} from '../storage/storage.ts'
import type {Failure, Item} from '../told.ts'
import {backoff} from './backoff.ts'
import {Batches} from './batches.ts'
import {Bell} from './bell.ts'
import {type Entry, Line} from './line.ts'
import {Down, type Outcome, type Parcel, type Sink, type Stream} from './sink.ts'

export interface PipeOptions {
  /** What becomes of an event that the receiver will never take: the pipe ends, goes on without it, or buries it. */
  readonly onPoison: 'stop' | 'skip' | 'dlq'
  /** Keeps such events; resolves when they are on disk. */
  readonly bury?: ((refused: readonly Refused[]) => Promise<void>) | undefined
  /** Ends the pipe in order: nothing more is sent, and what is under way is waited for. */
  readonly signal: AbortSignal
}

export interface Refused {
  readonly parcel: Parcel
  readonly reason: string
}

/** How far a pipe is. */
export interface PipeStatus {
  readonly position: Position
  /** How many changes the log has after it. */
  readonly lag: number
  readonly delivered: number
  readonly refused: number
  /** How often something was sent again. */
  readonly retried: number
  /** What has happened since the last status. */
  readonly warnings: readonly string[]
  readonly failures: readonly Failure[]
}

/**
 * Delivers what comes from an origin to a sink: at least once, and the changes of a document in their order. The position
 * moves when everything up to it is settled. What fails for a time is sent again for as long as it takes. Throws UNDELIVERED, and
 * what the origin throws; what was acknowledged until then counts.
 */
export class Pipe implements AsyncIterable<PipeStatus> {
  readonly #origin: Origin
  readonly #sink: Sink
  readonly #options: PipeOptions
  readonly #stream: Stream
  readonly #bell = new Bell()
  readonly #batches: Batches | undefined
  readonly #over = new AbortController()
  #line: Line
  #ended = false
  #error: unknown
  /** Calls of `deliver` that are under way. */
  #running = 0
  #pulling = false
  /** After the receiver was down nothing is sent before this time, by performance.now(). */
  #pausedUntil = 0
  #downs = 0
  #kept: Position
  #keptAt = 0
  /** Whether something was settled since then. */
  #isProgress = false
  #warnings: string[] = []
  #warnedAt = Number.NEGATIVE_INFINITY
  #failures: Failure[] = []
  #toldAt = 0
  #counts = {delivered: 0, refused: 0, retried: 0}

  constructor(origin: Origin, sink: Sink, options: PipeOptions) {
    this.#origin = origin
    this.#sink = sink
    this.#options = options
    const {id: feed, name, isPlaced, position: kept} = origin
    this.#stream = {feed, name, kept: isPlaced ? kept : undefined}
    this.#kept = origin.position
    this.#line = new Line(sink.order === 'each', origin.position)
    this.#batches = sink.sameBatches ? new Batches(sink.batch, origin.sending) : undefined
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<PipeStatus> {
    const {signal} = this.#options
    const ring = () => this.#bell.ring()
    signal.addEventListener('abort', ring)
    let feed: AsyncGenerator<Batch> | undefined
    try {
      feed = this.#origin.deliveries(await this.#resume(), this.#over.signal)
      for (;;) {
        const ending = signal.aborted || this.#error !== undefined
        if (!ending) {
          this.#pull(feed)
          await this.#send().catch(error => this.#fail(error))
        }
        if (ending || performance.now() >= this.#keepAt) await this.#keep().catch(error => this.#fail(error))
        if (this.#hasNews()) yield await this.#status()
        if (this.#running === 0 && (ending || (this.#ended && this.#line.length === 0))) break
        await this.#bell.wait(this.#nextTurn())
      }
      await this.#keep().catch(error => this.#fail(error))
      if (!signal.aborted) await this.#origin.confirm().catch(error => this.#fail(error))
      yield await this.#status()
      if (this.#error !== undefined) throw this.#error
    } finally {
      signal.removeEventListener('abort', ring)
      this.#over.abort()
      await feed?.return(undefined)
    }
  }

  /** From where to deliver, when the receiver knows that better than the origin. */
  async #resume(): Promise<Position | undefined> {
    while (this.#sink.position !== undefined && !this.#options.signal.aborted) {
      try {
        const position = await this.#sink.position(this.#stream)
        if (position !== undefined) this.#line = new Line(this.#sink.order === 'each', position)
        return position
      } catch (error) {
        if (!(error instanceof Down)) throw error
        this.#pause(error.message)
        await this.#bell.wait(this.#pausedUntil)
      }
    }
    return undefined
  }

  /** Reads on while there is room: one batch at a time. */
  #pull(feed: AsyncGenerator<Batch>): void {
    if (this.#pulling || this.#ended || this.#line.length >= this.#room) return
    this.#pulling = true
    feed
      .next()
      .then(({done, value}) => {
        if (done) this.#ended = true
        else this.#take(value)
      })
      .catch(error => this.#fail(error))
      .finally(() => {
        this.#pulling = false
        this.#bell.ring()
      })
  }

  get #room(): number {
    return Math.max(2000, 2 * this.#sink.batch * this.#sink.parallel)
  }

  #take({items = [], position, warnings, failures}: Batch): void {
    this.#line.add(
      items.map(item => this.#entry(item)),
      position,
    )
    this.#warnings.push(...warnings)
    this.#failures.push(...failures)
  }

  #entry({event, line}: Item): Entry {
    const change = `${this.#origin.id}:${event.seq}`
    const id = event.type === 'initial' || event.type === 'uninitial' ? `${change}:${event.table}:${event.key}` : change
    return {event, line, mapped: this.#origin.mapped, id, attempts: 0, settled: false, notBefore: 0}
  }

  /** Hands the sink what may be sent now. */
  async #send(): Promise<void> {
    while (this.#running < this.#sink.parallel && performance.now() >= this.#pausedUntil) {
      const entries = await this.#next()
      if (entries.length === 0) return
      try {
        await this.#origin.confirm()
      } catch (error) {
        this.#line.putBack(entries, 0)
        throw error
      }
      this.#running++
      this.#sink
        .deliver(entries, this.#over.signal)
        .then(outcomes => this.#settle(entries, outcomes))
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

  async #settle(entries: readonly Entry[], outcomes: readonly Outcome[]): Promise<void> {
    this.#isProgress = true
    const refused: (Refused & {parcel: Entry})[] = []
    const again: Entry[] = []
    const later: Entry[] = []
    for (const [index, entry] of entries.entries()) {
      const outcome = outcomes[index] ?? {kind: 'retry', reason: 'it was not acknowledged'}
      switch (outcome.kind) {
        case 'done':
          this.#counts.delivered++
          this.#downs = 0
          this.#line.settle(entry)
          break
        case 'retry':
          this.#retry(entry, outcome)
          break
        case 'down':
          again.push(entry)
          this.#pause(outcome.reason, outcome.after)
          break
        case 'later':
          later.push(entry)
          break
        case 'poison':
          refused.push({parcel: entry, reason: outcome.reason})
          break
        case 'stop':
          again.push(entry)
          this.#fail(new LitefeedError('UNDELIVERED', `${this.#sink.name} wants no more: ${outcome.reason}`))
      }
    }
    for (const entry of again) entry.attempts++
    this.#counts.retried += again.length
    if (again.length + later.length > 0) this.#line.putBack([...again, ...later], 0)
    if (refused.length > 0) await this.#refuse(refused)
  }

  #retry(entry: Entry, {reason, after}: {readonly reason: string; readonly after?: number | undefined}): void {
    const wait = after ?? backoff(entry.attempts)
    entry.attempts++
    this.#counts.retried++
    this.#line.putBack([entry], performance.now() + wait)
    this.#warn(`${this.#sink.name} did not take seq ${entry.event.seq}: ${reason}; again in ${seconds(wait)}`)
  }

  #pause(reason: string, after?: number): void {
    if (performance.now() < this.#pausedUntil) return
    const wait = after ?? backoff(this.#downs++)
    this.#pausedUntil = performance.now() + wait
    this.#warn(`${this.#sink.name} is not there: ${reason}; again in ${seconds(wait)}`)
  }

  async #refuse(refused: readonly (Refused & {parcel: Entry})[]): Promise<void> {
    const {onPoison, bury} = this.#options
    if (onPoison === 'stop') {
      this.#line.putBack(
        refused.map(({parcel}) => parcel),
        0,
      )
      const {parcel, reason} = refused[0] as Refused
      this.#fail(
        new LitefeedError('UNDELIVERED', `${this.#sink.name} refused seq ${parcel.event.seq}: ${reason}`, {
          hint: 'nothing after it was lost; --on-poison skip leaves it out, --on-poison dlq --dlq FILE keeps it',
        }),
      )
      return
    }
    if (onPoison === 'dlq') await bury?.(refused)
    for (const {parcel, reason} of refused) {
      this.#counts.refused++
      this.#warnings.push(`${this.#sink.name} refused seq ${parcel.event.seq}, which is left out: ${reason}`)
      this.#line.settle(parcel)
    }
  }

  async #keep(): Promise<void> {
    if (!this.#hasMoved) return
    const {position} = this.#line
    this.#keptAt = performance.now()
    this.#isProgress = false
    try {
      await this.#sink.reach?.(this.#stream, position)
    } catch (error) {
      if (!(error instanceof Down)) throw error
      return
    }
    await this.#origin.advance(position, this.#batches?.end)
    this.#kept = position
  }

  #fail(error: unknown): void {
    this.#error ??= error
    this.#bell.ring()
  }

  /** One line a second tells of what is tried again. */
  #warn(text: string): void {
    if (performance.now() - this.#warnedAt < 1000) return
    this.#warnedAt = performance.now()
    this.#warnings.push(text)
    this.#bell.ring()
  }

  #nextTurn(): number {
    const now = performance.now()
    const send = this.#running < this.#sink.parallel ? Math.max(this.#line.due, this.#pausedUntil) : Infinity
    return Math.max(now, Math.min(send, this.#hasMoved ? this.#keepAt : Number.POSITIVE_INFINITY))
  }

  /** Whether there is a position to keep. An initial part that is settled has the one that it began with. */
  get #hasMoved(): boolean {
    return this.#line.position > this.#kept || (!this.#origin.isPlaced && this.#line.isPlaced)
  }

  /** When the position is kept next: at once when all that was sent is settled; now and then when nothing had to be sent. */
  get #keepAt(): number {
    if (this.#ended) return 0
    if (!this.#isProgress) return this.#keptAt + passEvery
    return this.#running === 0 ? 0 : this.#keptAt + keepEvery
  }

  #hasNews(): boolean {
    return this.#warnings.length > 0 || this.#failures.length > 0 || performance.now() - this.#toldAt > tellEvery
  }

  async #status(): Promise<PipeStatus> {
    this.#toldAt = performance.now()
    return {
      position: this.#kept,
      lag: Math.max(0, (await this.#origin.newest()) - this.#kept),
      ...this.#counts,
      warnings: this.#warnings.splice(0),
      failures: this.#failures.splice(0),
    }
  }
}

function seconds(wait: number): string {
  return `${(wait / 1000).toFixed(1)} s`
}

/** Milliseconds between two moves of the position, at least, while there is always something under way. */
const keepEvery = 100
/** The same while it moves only past what is not for the receiver. */
const passEvery = 1000
const tellEvery = 100
