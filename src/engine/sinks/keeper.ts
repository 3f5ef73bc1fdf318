import type {Origin} from '../consumer/origin.ts'
import type {Position} from '../storage/storage.ts'
import type {Batches} from './batches.ts'
import type {Entry, Line} from './line.ts'
import {Down, type Sink, type Stream} from './sink.ts'

/** Keeps how far a pipe is: with its receiver, where that keeps it as well, and then with the origin. */
export class Keeper {
  readonly #origin: Origin
  readonly #sink: Sink
  readonly #stream: Stream
  readonly #line: Line
  readonly #batches: Batches | undefined
  #kept: Position
  #keptAt = 0
  /** Whether something was settled since then. */
  #isProgress = false
  /** The end of the changes that were merged into what is under way. */
  #merged: Position | undefined
  /** What the receiver has already of what is merged again. */
  #reached: Position = -1

  constructor(origin: Origin, sink: Sink, stream: Stream, line: Line, batches: Batches | undefined) {
    this.#origin = origin
    this.#sink = sink
    this.#stream = stream
    this.#line = line
    this.#batches = batches
    this.#kept = origin.position
  }

  /** From where to deliver, when the receiver knows that better than the origin. Throws Down when it cannot be reached. */
  async begin(): Promise<Position | undefined> {
    const position = await this.#sink.position?.(this.#stream)
    if (position === undefined) return undefined
    const {merges, isPlaced, position: kept} = this.#origin
    if (merges && isPlaced && position >= kept) {
      // From within, it would not be merged as it was.
      this.#reached = position
      return undefined
    }
    this.#line.begin(position)
    return position
  }

  /** What the receiver has not got yet. */
  missing(entries: readonly Entry[]): readonly Entry[] {
    return this.#reached < 0 ? entries : entries.filter(({event}) => event.seq > this.#reached)
  }

  /** The position that is kept. */
  get kept(): Position {
    return this.#kept
  }

  /** Whether there is a position to keep. An initial part that is settled has the one that it began with. */
  get hasMoved(): boolean {
    return this.#line.position > this.#kept || (!this.#origin.isPlaced && this.#line.isPlaced)
  }

  /** Something was settled. */
  progress(): void {
    this.#isProgress = true
  }

  /** When to keep it: at once when all that was sent is settled; now and then while more is under way, or when nothing had to be sent. */
  due(isUnderWay: boolean): number {
    if (!this.#isProgress) return this.#keptAt + passEvery
    return isUnderWay ? this.#keptAt + keepEvery : 0
  }

  /** To be called before these are sent: after a crash they have to be merged as they are now. */
  async sends({merged}: Entry): Promise<void> {
    if (merged === undefined || merged === this.#merged) return
    const {position} = this.#line
    await this.#origin.advance(position, merged)
    this.#kept = position
    this.#merged = merged
  }

  /** Keeps it, if it has moved and the receiver is there. Throws when somebody else has the consumer. */
  async keep(): Promise<void> {
    if (!this.hasMoved) return
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
}

/** Milliseconds between two moves of the position, at least, while there is always something under way. */
const keepEvery = 100
/** The same while it moves only past what is not for the receiver. */
const passEvery = 1000
