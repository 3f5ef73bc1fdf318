import {restoreDigits, stringify} from '../documents/json.ts'
import {Expression} from '../expression/expression.ts'
import {changeEvent, eventLine, oneLine, type RawEvent} from '../storage/line.ts'
import type {Progress, Range, Storage} from '../storage/storage.ts'
import type {Failure, Told} from '../told.ts'
import {lazyEvent} from './event.ts'
import type {FeedOptions} from './options.ts'

/** Which events a feed tells, and as what. */
export interface Selector {
  /** The next lines of the log, at most range.limit. */
  read(storage: Storage, range: Range): Promise<Told & Progress>
  /** The lines of these events, at most `limit`. */
  tell(events: readonly RawEvent[], limit: number): Promise<Told>
}

/** Throws BAD_EXPRESSION. */
export async function makeSelector({filter, map, onError = 'skip', signal}: FeedOptions): Promise<Selector> {
  if (filter === undefined && map === undefined) return everything
  const [test, change] = await Promise.all(
    [filter, map].map(text => (text === undefined ? undefined : Expression.compile(text))),
  )
  return new ExpressionSelector(test, change, onError, signal)
}

const everything: Selector = {
  async read(storage, range) {
    return {...(await storage.lines(range)), failures: []}
  },
  async tell(events, limit) {
    const shown = events.slice(0, limit)
    return {lines: Buffer.from(shown.map(eventLine).join('')), count: shown.length, failures: []}
  },
}

class ExpressionSelector implements Selector {
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

  async read(storage: Storage, range: Range): Promise<Told & Progress> {
    // The limit is one of lines; how many changes make them is not known before.
    const {changes, position, drained} = await storage.changes({...range, limit: batchSize})
    const told = await this.tell(changes.map(changeEvent), range.limit)
    return {...told, position, drained}
  }

  async tell(events: readonly RawEvent[], limit: number): Promise<Told> {
    const lines: string[] = []
    const failures: Failure[] = []
    for (const event of events) {
      // A batch of expressions that run into their time limit takes minutes; the feed has ended then anyway.
      if (this.#signal?.aborted) break
      if (lines.length === limit || (failures.length > 0 && this.#onError === 'fail')) break
      const line = await this.#line(event, failures)
      if (line !== undefined) lines.push(line)
    }
    return {lines: Buffer.from(lines.join('')), count: lines.length, failures}
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

/** How many changes are read at once. Enough to make a statement worth its while, few enough to keep it short. */
export const batchSize = 500

async function mapped(event: RawEvent, map: Expression): Promise<string | undefined> {
  const [side, ...deeper] = map.path ?? []
  if ((side === 'old_val' || side === 'new_val') && deeper.length === 0) {
    // The stored text, so that it is neither parsed nor changed.
    const text = event[side]
    return text === undefined ? undefined : `${oneLine(text)}\n`
  }
  const result = await map.evaluate(lazyEvent(event))
  const text = stringify(restoreDigits(result, [event.old_val ?? null, event.new_val]))
  return text === undefined ? undefined : `${text}\n`
}
