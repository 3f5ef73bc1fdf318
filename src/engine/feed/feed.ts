import {setImmediate as nextTurn} from 'node:timers/promises'
import type {Storage} from '../storage/storage.ts'
import {failureError, type Told} from '../told.ts'
import {type FeedEvent, noticeLine} from './event.ts'
import {checkFeedOptions, type FeedOptions} from './options.ts'
import {batchSize, makeSelector} from './select.ts'
import {startFeed} from './start.ts'

/** What a feed tells at once: lines for stdout, and what there is to say about them. */
export interface Batch extends Told {
  readonly warnings: readonly string[]
}

/**
 * The changes of a database, as an async iterable of events. Each iteration is a feed of its own, from the same options.
 * It ends at its `until`, `take` or `idleTimeout`, or when its signal aborts; it throws LitefeedError: BAD_EXPRESSION,
 * HISTORY_LOST, EXPRESSION_FAILED (with onError `fail`), REPLACED, BUSY or IO.
 *
 * An event's numbers are JavaScript's: whoever needs integers past 2^53 to the digit reads `batches`, which has the text.
 * T is the type of an event, or of what `map` makes of it.
 */
export class Feed<T = FeedEvent> implements AsyncIterable<T> {
  /** The events on which an expression failed, in all iterations. */
  failures = 0
  readonly #storage: Storage
  readonly #options: FeedOptions

  /** Throws MISUSE. */
  constructor(storage: Storage, options: FeedOptions) {
    checkFeedOptions(options)
    this.#storage = storage
    this.#options = options
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for await (const {lines} of this.batches()) {
      for (const line of new TextDecoder().decode(lines).split('\n')) if (line !== '') yield JSON.parse(line)
    }
  }

  /** The feed as finished lines, as the command prints them. Nothing is read while a batch is being dealt with. */
  async *batches(): AsyncGenerator<Batch> {
    for await (const batch of this.#run()) {
      this.failures += batch.failures.length
      const [failure] = batch.failures
      if (failure === undefined || this.#options.onError !== 'fail') yield batch
      else {
        // What came before the failure is told; the failure itself is thrown and not told as well.
        yield {...batch, failures: []}
        throw failureError(failure)
      }
    }
  }

  async *#run(): AsyncGenerator<Batch> {
    const {take = Number.POSITIVE_INFINITY, includeStates = false, includeInitial = false} = this.#options
    const {idleTimeout = Number.POSITIVE_INFINITY, heartbeat = Number.POSITIVE_INFINITY} = this.#options
    const signal = this.#options.signal ?? new AbortController().signal
    const selector = await makeSelector(this.#options)
    using watcher = this.#storage.watch()
    const start = await startFeed(this.#storage, this.#options)
    const deadline = this.#options.until instanceof Date ? this.#options.until.getTime() : Number.POSITIVE_INFINITY
    let {position, end} = start
    let left = take

    if (start.warnings.length > 0) yield {...nothing, warnings: start.warnings}
    if (includeStates && includeInitial) yield notice({type: 'state', state: 'initializing', seq: position})
    for (let at = 0; at < start.initial.length && left > 0 && !signal.aborted; ) {
      const {tried, ...told} = await selector.tell(start.initial.slice(at, at + batchSize), left)
      at += tried
      left -= told.count
      if (told.count > 0 || told.failures.length > 0) yield {...told, warnings: []}
    }
    if (left === 0) return
    if (includeStates) yield notice({type: 'state', state: 'ready', seq: position})

    let toldAt = performance.now()
    let beatAt = toldAt
    while (!signal.aborted) {
      if (end === undefined && Date.now() > deadline) end = await this.#storage.locate({before: deadline + 1})
      if (end !== undefined && position >= end) return
      const {tables, keys} = this.#options
      const read = await selector.read(this.#storage, {
        after: position,
        until: end,
        limit: Math.min(left, batchSize),
        tables,
        keys,
      })
      position = read.position
      left -= read.count
      if (read.count > 0 || read.failures.length > 0) {
        yield {...read, warnings: []}
        toldAt = beatAt = performance.now()
      }
      if (left === 0 || (end !== undefined && position >= end)) return
      if (!read.drained) {
        // Reading is synchronous underneath: without this a signal would wait for the end of the log.
        await nextTurn()
        continue
      }
      const now = performance.now()
      if (now - toldAt >= idleTimeout) return
      if (now - beatAt >= heartbeat) {
        yield notice({type: 'heartbeat', seq: position})
        beatAt = performance.now()
      }
      const timeout = Math.min(
        toldAt + idleTimeout - now,
        beatAt + heartbeat - now,
        end === undefined ? deadline + 1 - Date.now() : Number.POSITIVE_INFINITY,
      )
      await watcher.wake(position, {signal, timeout})
    }
  }
}

const nothing: Batch = {lines: new Uint8Array(), count: 0, failures: [], warnings: []}

function notice(event: Parameters<typeof noticeLine>[0]): Batch {
  return {...nothing, lines: Buffer.from(noticeLine(event))}
}
