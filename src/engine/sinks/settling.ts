import {LitefeedError} from '../error.ts'
import {backoff} from './backoff.ts'
import type {Entry, Line} from './line.ts'
import type {News} from './news.ts'
import type {PipeOptions, Refused} from './options.ts'
import type {Outcome, Sink} from './sink.ts'

/** What becomes of parcels by what the receiver made of them: they leave the line, or go back to it for later. */
export class Settling {
  readonly #line: Line
  readonly #sink: Sink
  readonly #options: Pick<PipeOptions, 'onPoison' | 'bury'>
  readonly #news: News
  readonly #fail: (error: unknown) => void
  #pausedUntil = 0
  #downs = 0

  /** `fail` ends the pipe. */
  constructor(
    line: Line,
    sink: Sink,
    options: Pick<PipeOptions, 'onPoison' | 'bury'>,
    news: News,
    fail: (error: unknown) => void,
  ) {
    this.#line = line
    this.#sink = sink
    this.#options = options
    this.#news = news
    this.#fail = fail
  }

  /** After the receiver was down nothing is sent before this time, by performance.now(). */
  get pausedUntil(): number {
    return this.#pausedUntil
  }

  /** The outcomes are in the order of the entries. */
  async settle(entries: readonly Entry[], outcomes: readonly Outcome[]): Promise<void> {
    const refused: (Refused & {parcel: Entry})[] = []
    const again: Entry[] = []
    const later: Entry[] = []
    for (const [index, entry] of entries.entries()) {
      const outcome = outcomes[index] ?? {kind: 'retry', reason: 'it was not acknowledged'}
      switch (outcome.kind) {
        case 'done':
          this.#news.count('delivered', entry.count)
          this.#downs = 0
          this.#line.settle(entry)
          break
        case 'retry':
          this.#retry(entry, outcome)
          break
        case 'down':
          again.push(entry)
          this.pause(outcome.reason, outcome.after)
          break
        case 'later':
          later.push(entry)
          break
        case 'poison':
          refused.push({parcel: entry, reason: outcome.reason})
          break
        case 'stop': {
          again.push(entry)
          const {reason, hint} = outcome
          this.#fail(new LitefeedError('UNDELIVERED', `${this.#sink.name} ${reason}`, {hint}))
        }
      }
    }
    for (const entry of again) {
      entry.attempts++
      this.#news.count('retried', entry.count)
    }
    if (again.length + later.length > 0) this.#line.putBack([...again, ...later], 0)
    if (refused.length > 0) await this.#refuse(refused)
  }

  /** Sends nothing for a while: for so many milliseconds, or with backoff. */
  pause(reason: string, after?: number): void {
    if (performance.now() < this.#pausedUntil) return
    const wait = after || backoff(this.#downs++)
    this.#pausedUntil = performance.now() + wait
    this.#news.again(`${this.#sink.name} takes nothing now: ${reason}; again in ${seconds(wait)}`)
  }

  #retry(entry: Entry, {reason, after}: {readonly reason: string; readonly after?: number | undefined}): void {
    const wait = after || backoff(entry.attempts)
    entry.attempts++
    this.#news.count('retried')
    this.#line.putBack([entry], performance.now() + wait)
    this.#news.again(`${this.#sink.name} did not take seq ${entry.event.seq}: ${reason}; again in ${seconds(wait)}`)
  }

  async #refuse(refused: readonly (Refused & {parcel: Entry})[]): Promise<void> {
    const {onPoison = 'stop', bury} = this.#options
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
      this.#news.count('refused')
      this.#news.warn(`${this.#sink.name} refused seq ${parcel.event.seq}, which is left out: ${reason}`)
      this.#line.settle(parcel)
    }
  }
}

function seconds(wait: number): string {
  return `${(wait / 1000).toFixed(1)} s`
}
