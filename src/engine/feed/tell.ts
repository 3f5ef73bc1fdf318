import {restoreDigits, stringify} from '../documents/json.ts'
import {Expression} from '../expression/expression.ts'
import {eventLine, oneLine, type RawEvent} from '../storage/line.ts'
import type {Failure, Told} from '../told.ts'
import {lazyEvent} from './event.ts'
import type {FeedOptions} from './options.ts'

/** Which events a feed tells, and as what. */
export interface Teller {
  /** Whether it tells every event as it is. */
  readonly isPlain: boolean
  /** The lines of the first `tried` of these events, at most `limit`: fewer than all when it takes long. */
  tell(events: readonly RawEvent[], limit: number): Promise<Told & {readonly tried: number}>
}

/** Throws BAD_EXPRESSION. */
export async function makeTeller({filter, map, onError = 'skip', signal}: FeedOptions): Promise<Teller> {
  if (filter === undefined && map === undefined) return everything
  const [test, change] = await Promise.all(
    [filter, map].map(text => (text === undefined ? undefined : Expression.compile(text))),
  )
  return new ExpressionTeller(test, change, onError, signal)
}

const everything: Teller = {
  isPlain: true,
  async tell(events, limit) {
    const shown = events.slice(0, limit)
    return {
      lines: Buffer.from(shown.map(eventLine).join('')),
      count: shown.length,
      failures: [],
      tried: shown.length,
    }
  },
}

class ExpressionTeller implements Teller {
  readonly isPlain = false
  readonly #filter: Expression | undefined
  readonly #map: Expression | undefined
  readonly #onError: 'skip' | 'fail'
  readonly #signal: AbortSignal | undefined

  constructor(
    filter: Expression | undefined,
    map: Expression | undefined,
    onError: 'skip' | 'fail',
    signal: AbortSignal | undefined,
  ) {
    this.#filter = filter
    this.#map = map
    this.#onError = onError
    this.#signal = signal
  }

  async tell(events: readonly RawEvent[], limit: number): Promise<Told & {tried: number}> {
    const lines: string[] = []
    const failures: Failure[] = []
    const start = performance.now()
    let tried = 0
    for (const event of events) {
      if (lines.length === limit || (failures.length > 0 && this.#onError === 'fail')) break
      // Expressions that run into their time limit would keep a whole batch silent for minutes.
      if (this.#signal?.aborted || performance.now() - start > slice) break
      tried++
      const line = await this.#line(event, failures)
      if (line !== undefined) lines.push(line)
    }
    return {lines: Buffer.from(lines.join('')), count: lines.length, failures, tried}
  }

  async #line(event: RawEvent, failures: Failure[]): Promise<string | undefined> {
    let current = this.#filter
    try {
      if (current !== undefined && !(await current.test(lazyEvent(event)))) return undefined
      current = this.#map
      return current === undefined ? eventLine(event) : await mapped(event, current)
    } catch (error) {
      failures.push({expression: current?.text ?? '', place: {seq: event.seq}, message: (error as Error).message})
      return undefined
    }
  }
}

/** Milliseconds after which what there is to tell is told. */
const slice = 100

async function mapped(event: RawEvent, map: Expression): Promise<string | undefined> {
  const [side, ...deeper] = map.path ?? []
  if ((side === 'old_val' || side === 'new_val') && deeper.length === 0) {
    // The stored text, so that it is neither parsed nor changed.
    const text = event[side]
    return text === undefined ? undefined : `${oneLine(text)}\n`
  }
  const result = await map.evaluate(lazyEvent(event))
  const text = stringify(restoreDigits(result, [event.old_val ?? null, event.new_val ?? null]))
  return text === undefined ? undefined : `${text}\n`
}
