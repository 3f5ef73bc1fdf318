import type {PipeStatus} from '../engine/sinks/options.ts'
import {draw, type FailureReport, say} from './talk.ts'

/**
 * What a pipe says on stderr: what went wrong, at once; and how far it is, on a terminal as a line that is drawn again, otherwise
 * as a line of JSON every minute and at the end.
 */
export class PipeReport implements Disposable {
  readonly #sink: string
  readonly #consumer: string | undefined
  readonly #failures: FailureReport
  readonly #isTerminal = process.stderr.isTTY === true
  readonly #start = performance.now()
  readonly #timer: NodeJS.Timeout | undefined
  #last: PipeStatus | undefined
  #drawn = false

  constructor(sink: string, consumer: string | undefined, failures: FailureReport) {
    this.#sink = sink
    this.#consumer = consumer
    this.#failures = failures
    this.#timer = this.#isTerminal ? undefined : setInterval(() => this.#tell(), minute).unref()
  }

  show(status: PipeStatus): void {
    if (status.warnings.length > 0 || status.failures.length > 0) this.#clear()
    for (const warning of status.warnings) say(`warning: ${warning}`)
    this.#failures.add(status.failures)
    this.#last = status
    if (this.#isTerminal) this.#draw(status)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    if (this.#isTerminal) {
      if (this.#drawn) draw('\n')
    } else if (performance.now() - this.#start > minute) this.#tell()
  }

  #tell(): void {
    if (this.#last === undefined) return
    const {position, lag, delivered, refused, retried} = this.#last
    say(
      JSON.stringify({
        to: this.#sink,
        consumer: this.#consumer,
        position,
        lag,
        delivered,
        refused,
        retried,
      }),
    )
  }

  #draw({position, lag, delivered, refused, retried}: PipeStatus): void {
    const number = (value: number) => value.toLocaleString('en')
    const rate = Math.round((delivered * 1000) / (performance.now() - this.#start))
    const trouble = `${retried > 0 ? `, ${number(retried)} sent again` : ''}${refused > 0 ? `, ${number(refused)} refused` : ''}`
    draw(`\r\x1b[K${number(delivered)} delivered, ${number(rate)}/s, at ${position}, lag ${number(lag)}${trouble}`)
    this.#drawn = true
  }

  #clear(): void {
    if (this.#drawn) draw('\r\x1b[K')
    this.#drawn = false
  }
}

const minute = 60_000
