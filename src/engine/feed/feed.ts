import {setImmediate as nextTurn, setTimeout as sleep} from 'node:timers/promises'
import {DocumentSet} from '../documents/set.ts'
import {LitefeedError} from '../error.ts'
import type {Storage} from '../storage/storage.ts'
import {failureError} from '../told.ts'
import {type Batch, type Deliveries, nothing, notice} from './batch.ts'
import type {Entry} from './entry.ts'
import type {FeedEvent} from './event.ts'
import {batchSize} from './flow.ts'
import type {FeedOptions} from './options.ts'
import {checkFeedOptions} from './refuse.ts'
import {SchemaWatch, unknownRows} from './schema.ts'
import {SetSource} from './set-source.ts'
import type {Source} from './source.ts'
import {startFeed} from './start.ts'
import {makeTeller} from './tell.ts'
import {WindowSource} from './window-source.ts'

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
  batches(): AsyncGenerator<Batch> {
    return this.#batches({lines: true}, false)
  }

  /**
   * The feed as items, each a line with its event, or as `lines` with their position, for who does not look at the events. A batch
   * without any may bring the position forward.
   */
  deliveries(how: Deliveries = {}): AsyncGenerator<Batch> {
    return this.#batches(how, true)
  }

  async *#batches(how: Deliveries, placed: boolean): AsyncGenerator<Batch> {
    for await (const batch of this.#begun(how, placed)) {
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

  /** The oldest change that is kept may be pruned before it is read. Then another one is the oldest. */
  async *#begun(how: Deliveries, placed: boolean): AsyncGenerator<Batch> {
    if (this.#options.since !== 'beginning') return yield* this.#run(how, placed)
    for (let begun = false; ; ) {
      const {oldest} = await this.#storage.bounds()
      try {
        for await (const batch of this.#run(how, placed)) {
          begun = true
          yield batch
        }
        return
      } catch (error) {
        if (begun || !isHistoryLost(error)) throw error
        if ((await this.#storage.bounds()).oldest === oldest) throw error
      }
    }
  }

  async *#run({lines = false, ...earlier}: Deliveries, placed: boolean): AsyncGenerator<Batch> {
    const {take = Number.POSITIVE_INFINITY, includeStates = false, includeInitial = false} = this.#options
    const {idleTimeout = Number.POSITIVE_INFINITY, heartbeat = Number.POSITIVE_INFINITY} = this.#options
    const signal = this.#options.signal ?? new AbortController().signal
    const teller = await makeTeller(this.#options, !lines)
    const set = await DocumentSet.compile(this.#options)
    using watcher = this.#storage.watch()
    const source = this.#sourceOf(set)
    const schema = new SchemaWatch(this.#storage, this.#options)
    let lost = await schema.look()
    // Until a migration has ended its tables hold what the log does not know yet.
    while (schema.migrating && (includeInitial || source.needsInitial) && !signal.aborted) {
      await sleep(100)
      lost = await schema.look()
    }
    const start = await startFeed(this.#storage, this.#options)
    let left = take
    let {position, end} = start
    if (start.warnings.length > 0) yield {...nothing, warnings: start.warnings}

    let began = !(includeStates && includeInitial)
    // What is there and what the log says would not fit together.
    if (lost !== undefined && (includeInitial || source.needsInitial)) throw lost
    const initial = includeInitial || source.needsInitial ? source.initial(start) : []
    for await (const part of initial) {
      position = part.position
      if (!began) yield notice({type: 'state', state: 'initializing', seq: position})
      began = true
      const events = includeInitial ? part.events : []
      for (let at = 0; at < events.length && left > 0 && !signal.aborted; ) {
        const {tried, ...told} = await teller.tell(events.slice(at, at + batchSize), left)
        at += tried
        left -= told.count
        if (told.count > 0 || told.failures.length > 0) yield {...told, warnings: []}
      }
      if (part.failures.length > 0) yield {...nothing, failures: part.failures}
      if (left === 0) return
    }
    if (includeStates && !signal.aborted) yield notice({type: 'state', state: 'ready', seq: position})

    const flow = source.flow(teller, position, earlier)
    let started = -1
    const deadline = this.#options.until instanceof Date ? this.#options.until.getTime() : Number.POSITIVE_INFINITY
    let toldAt = performance.now()
    let beatAt = toldAt
    while (!signal.aborted) {
      if (end === undefined && Date.now() > deadline) end = await this.#storage.locate({before: deadline + 1})
      const isThere = flow.position >= Math.min(end ?? schema.until, schema.until)
      if (isThere) lost ??= await schema.look()
      const step = await flow.step(left, Math.min(end ?? schema.until, schema.until))
      left -= step.count
      if (step.count > 0 || step.failures.length > 0) {
        yield {...step, warnings: [], position: flow.safe, start: flow.start}
        toldAt = beatAt = performance.now()
      } else if (placed && flow.start > started) yield {...nothing, position: flow.safe, start: flow.start}
      started = flow.start
      if (left === 0) return
      if (!step.idle) {
        if (performance.now() - beatAt >= heartbeat) {
          yield notice({type: 'heartbeat', seq: flow.safe})
          beatAt = performance.now()
        }
        // Reading is synchronous underneath: without this a signal would wait for the end of the log.
        await nextTurn()
        continue
      }
      const events = schema.due(flow.position).map(event => ({...event, seq: flow.told}))
      for (const event of events) yield {...notice(event), warnings: unknownRows(event, this.#options)}
      if (events.length > 0) {
        beatAt = performance.now()
        continue
      }
      // What was there to be read when the schema was looked at has been told.
      if (!isThere) continue
      const now = performance.now()
      const isOver = lost !== undefined || now - toldAt >= idleTimeout || (end !== undefined && flow.position >= end)
      if (isOver && flow.release()) continue
      // What waited may have come to nothing, and is dealt with as well.
      if (isOver && placed && flow.start > started) yield {...nothing, position: flow.safe, start: flow.start}
      if (lost !== undefined) throw lost
      if (isOver) return
      if (now - beatAt >= heartbeat) {
        yield notice({type: 'heartbeat', seq: flow.told})
        beatAt = performance.now()
      }
      const timeout = Math.min(
        toldAt + idleTimeout - now,
        beatAt + heartbeat - now,
        flow.due - now,
        end === undefined ? deadline + 1 - Date.now() : Number.POSITIVE_INFINITY,
      )
      await watcher.wake(flow.position, {signal, timeout})
    }
  }

  #sourceOf(set: DocumentSet): Source<string> | Source<Entry> {
    return this.#options.limit === undefined
      ? new SetSource(this.#storage, this.#options, set)
      : new WindowSource(this.#storage, this.#options, set)
  }
}

function isHistoryLost(error: unknown): boolean {
  return error instanceof LitefeedError && error.code === 'HISTORY_LOST'
}
