import {setTimeout as sleep} from 'node:timers/promises'
import {LitefeedError} from '../engine/error.ts'
import type {Batch} from '../engine/feed/batch.ts'
import type {Position} from '../engine/storage/storage.ts'
import type {Output} from './output.ts'

/**
 * How far a reader is that says nothing. That it took an event shows when the pipe takes the next one, or when the feed ends
 * in order, and the reader is still there a moment later: `head -3` is gone by then, with what it left in the pipe.
 */
export class ReaderPace {
  readonly #output: Output
  readonly #advance: (to: Position) => Promise<void>
  readonly #timer: NodeJS.Timeout
  /** Everything up to here has been taken; the same a moment ago; and if the last event was taken as well. */
  #taken: Position | undefined
  #before: Position | undefined
  #end: Position | undefined
  #last: Position | undefined
  #advanced: Position | undefined
  #error: unknown

  constructor(output: Output, advance: (to: Position) => Promise<void>) {
    this.#output = output
    this.#advance = advance
    this.#timer = setInterval(() => void this.#tick(), moment).unref()
  }

  /** The pipe has taken these. The position is unknown in the initial part. Throws what moving on did. */
  async took({items = [], position}: Pick<Batch, 'items' | 'position'>): Promise<void> {
    if (this.#error !== undefined) throw this.#error
    if (position === undefined || this.#output.gone.aborted) return
    this.#end = position
    if (items.length === 0) {
      if (this.#last === undefined) this.#taken = position
    } else {
      this.#taken = items.at(-2)?.event.seq ?? this.#last ?? this.#taken
      this.#last = items.at(-1)?.event.seq
    }
    // Into a file, say, where nobody can leave, there is nothing to wait for.
    if (!this.#output.showsReader) await this.#moveUnlessBusy(this.#taken)
  }

  /** The feed has ended in order. */
  async end(): Promise<void> {
    clearInterval(this.#timer)
    if (this.#output.showsReader && this.#last !== undefined && !this.#output.gone.aborted) await sleep(moment)
    if (this.#output.isRead) await this.#move(this.#end)
  }

  async #tick(): Promise<void> {
    const due = this.#before
    this.#before = this.#taken
    if (due === undefined || !this.#output.isRead) return
    try {
      await this.#moveUnlessBusy(due)
    } catch (error) {
      this.#error = error
    }
  }

  /** While somebody else writes for long, it moves on a little later. */
  async #moveUnlessBusy(to: Position | undefined): Promise<void> {
    try {
      await this.#move(to)
    } catch (error) {
      if (!(error instanceof LitefeedError && error.code === 'BUSY')) throw error
      this.#advanced = undefined
    }
  }

  async #move(to: Position | undefined): Promise<void> {
    if (to === undefined || to === this.#advanced) return
    this.#advanced = to
    await this.#advance(to)
  }
}

/** Milliseconds. */
const moment = 100
