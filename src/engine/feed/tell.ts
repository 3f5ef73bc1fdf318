import {resultText} from '../documents/json.ts'
import {Expression} from '../expression/expression.ts'
import {eventLine, oneLine, type RawEvent} from '../storage/line.ts'
import type {Comparisons} from '../storage/storage.ts'
import type {Failure, Item, Told} from '../told.ts'
import {eventReader} from './event.ts'
import type {FeedOptions} from './options.ts'

/** Which events a feed tells, and as what. */
export interface Teller {
  /** Whether it tells every event as it is. */
  readonly isPlain: boolean
  /** Comparisons that every event it tells fulfils, or fails on. */
  readonly comparisons: Comparisons
  /** The lines of the first `tried` of these events, at most `limit`: fewer than all when it takes long. */
  tell(events: readonly RawEvent[], limit: number): Promise<Told & {readonly tried: number}>
}

/** Throws BAD_EXPRESSION. `itemised`: it tells items and no lines. */
export async function makeTeller(
  {filter, map, onError = 'skip', signal}: FeedOptions,
  itemised = false,
): Promise<Teller> {
  if (filter === undefined && map === undefined && !itemised) return everything
  const [test, change] = await Promise.all(
    [filter, map].map(text => (text === undefined ? undefined : Expression.compile(text))),
  )
  return new ExpressionTeller(test, change, itemised, onError, signal)
}

const everything: Teller = {
  isPlain: true,
  comparisons: [],
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
  readonly comparisons: Comparisons
  readonly #filter: Expression | undefined
  readonly #map: Expression | undefined
  readonly #itemised: boolean
  readonly #onError: 'skip' | 'fail'
  readonly #signal: AbortSignal | undefined
  /** Made anew after a promise: the official evaluator may have changed what it was given, or still hold it. */
  #readFilter: (event: RawEvent) => object
  #readMap: (event: RawEvent) => object

  constructor(
    filter: Expression | undefined,
    map: Expression | undefined,
    itemised: boolean,
    onError: 'skip' | 'fail',
    signal: AbortSignal | undefined,
  ) {
    this.#filter = filter
    this.#map = map
    this.#itemised = itemised
    this.#onError = onError
    this.#signal = signal
    this.comparisons = filter?.conjuncts ?? []
    this.#readFilter = eventReader(filter?.reads)
    this.#readMap = eventReader(map?.reads)
  }

  async tell(events: readonly RawEvent[], limit: number): Promise<Told & {tried: number}> {
    const lines: string[] = []
    const items: Item[] = []
    const failures: Failure[] = []
    const start = performance.now()
    let tried = 0
    // Only what the official evaluator answers can take long; to ask for the time costs half of what a closure does.
    let isSlow = false
    for (const event of events) {
      if (lines.length === limit || (failures.length > 0 && this.#onError === 'fail')) break
      // Expressions that run into their time limit would keep a whole batch silent for minutes.
      if ((isSlow || tried % 16 === 15) && (this.#signal?.aborted || performance.now() - start > slice)) break
      tried++
      let line = this.#line(event, failures)
      isSlow = line instanceof Promise
      if (line instanceof Promise) line = await line
      if (line === undefined) continue
      lines.push(line)
      if (this.#itemised) items.push({event, line: line.slice(0, -1)})
    }
    if (this.#itemised) return {lines: new Uint8Array(), items, count: items.length, failures, tried}
    return {lines: Buffer.from(lines.join('')), count: lines.length, failures, tried}
  }

  /** The event as a line, or nothing. A promise only where an expression needs one. */
  #line(event: RawEvent, failures: Failure[]): string | undefined | Promise<string | undefined> {
    const filter = this.#filter
    if (filter === undefined) return this.#mapped(event, failures)
    const holds = filter.test(this.#readFilter(event))
    if (typeof holds === 'boolean') return holds ? this.#mapped(event, failures) : undefined
    this.#readFilter = eventReader(filter.reads)
    return holds.then(
      isTrue => (isTrue ? this.#mapped(event, failures) : undefined),
      error => failed(filter, event, failures, error),
    )
  }

  #mapped(event: RawEvent, failures: Failure[]): string | undefined | Promise<string | undefined> {
    const map = this.#map
    if (map === undefined) return eventLine(event)
    const [side, ...deeper] = map.path ?? []
    if ((side === 'old_val' || side === 'new_val') && deeper.length === 0) {
      // The stored text, so that it is neither parsed nor changed.
      const text = event[side]
      return text === undefined ? undefined : `${oneLine(text)}\n`
    }
    const result = map.evaluate(this.#readMap(event))
    if (result instanceof Promise) this.#readMap = eventReader(map.reads)
    const line = (value: unknown) => {
      try {
        const text = resultText(value, [event.key, event.old_val ?? null, event.new_val ?? null])
        return text === undefined ? undefined : `${text}\n`
      } catch (error) {
        return failed(map, event, failures, error)
      }
    }
    return result instanceof Promise ? result.then(line, error => failed(map, event, failures, error)) : line(result)
  }
}

function failed(expression: Expression, {seq}: RawEvent, failures: Failure[], error: unknown): undefined {
  failures.push({expression: expression.text, place: {seq}, message: (error as Error).message})
}

/** Milliseconds after which what there is to tell is told. */
const slice = 100
