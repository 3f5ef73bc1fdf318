import type {Origin} from '../consumer/origin.ts'
import type {Position} from '../storage/storage.ts'
import type {Batches} from './batches.ts'
import type {Line} from './line.ts'
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

  constructor(origin: Origin, sink: Sink, stream: Stream, line: Line, batches: Batches | undefined) {
    this.#origin = origin
    this.#sink = sink
    this.#stream = stream
    this.#line = line
    this.#batches = batches
    this.#kept = origin.position
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
