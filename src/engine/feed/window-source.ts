import {sameDocument} from '../documents/document.ts'
import {parseOrder} from '../documents/order.ts'
import type {DocumentSet} from '../documents/set.ts'
import type {RawEvent} from '../storage/line.ts'
import type {Change, Changes, Position, Range, Storage} from '../storage/storage.ts'
import type {Entry} from './entry.ts'
import {EventFlow} from './event-flow.ts'
import type {Flow} from './flow.ts'
import {followEach} from './follow.ts'
import type {FeedOptions} from './options.ts'
import type {Delta, Followed, Part, Shown, Source} from './source.ts'
import {Splicer} from './splice.ts'
import {SquashFlow} from './squash-flow.ts'
import type {Start} from './start.ts'
import type {Teller} from './tell.ts'
import {Window} from './window.ts'

/** The first documents of a table, or of a set of its documents, in an order. */
export class WindowSource implements Source<Entry> {
  readonly needsInitial = true
  readonly #storage: Storage
  readonly #options: FeedOptions
  readonly #table: string
  readonly #window: Window
  readonly #projects: boolean
  #splicer: Splicer | undefined

  constructor(storage: Storage, options: FeedOptions, set: DocumentSet) {
    const {tables: [table = ''] = [], orderBy = '', limit = 0, signal} = options
    this.#storage = storage
    this.#options = options
    this.#projects = set.projects
    this.#table = table
    this.#window = new Window({storage, table, order: parseOrder(orderBy), limit, set, signal})
  }

  async *initial({position}: Start): AsyncGenerator<Part> {
    const ts_ms = Date.now()
    const {orderBy = '', includeOffsets = false} = this.#options
    const entries = await this.#window.start(position)
    // As it is written in the log.
    const table = (await this.#storage.find(this.#table)) ?? this.#table
    this.#splicer = new Splicer(parseOrder(orderBy), entries, {offsets: includeOffsets, projects: this.#projects})
    const events = entries.map(
      ({key, shown}, index): RawEvent => ({
        seq: position,
        ts_ms,
        table,
        key,
        type: 'initial',
        new_val: shown,
        ...(includeOffsets ? {new_offset: index} : {}),
      }),
    )
    yield {events, failures: this.#window.takeFailures(), position}
  }

  flow(teller: Teller, position: Position): Flow {
    return this.#options.squash === undefined
      ? new EventFlow(this.#options, this, teller, position)
      : new SquashFlow(this.#storage, this.#options, this, teller, position)
  }

  read(range: Range): Promise<Changes> {
    return this.#storage.changes(range)
  }

  async show(changes: readonly Change[]): Promise<Shown> {
    const {deltas, ...rest} = await this.follow(changes)
    const events: RawEvent[] = []
    for (let at = 0; at < deltas.length; ) {
      let end = at + 1
      while (end < deltas.length && deltas[end]?.seq === deltas[at]?.seq) end++
      events.push(...this.events(deltas.slice(at, end)))
      at = end
    }
    return {events, ...rest}
  }

  async follow(changes: readonly Change[]): Promise<Followed<Entry>> {
    const {results, ...rest} = await followEach<Delta<Entry>>(
      changes,
      this.#options,
      async (change, deltas, failures) => {
        const {seq, ts_ms, table} = change
        for (const one of await this.#window.apply(change)) {
          const {key} = (one.new ?? one.old) as Entry
          deltas.push({seq, ts_ms, table, key, ...one})
        }
        for (const failure of this.#window.takeFailures()) failures.push(failure)
      },
    )
    return {deltas: results, ...rest}
  }

  events(deltas: readonly Delta<Entry>[]): readonly RawEvent[] {
    return (this.#splicer as Splicer).splice(deltas)
  }

  /** Whether it is shown in the same place as well. What is shown may depend on the order of the fields. */
  same(one: Entry, other: Entry): boolean {
    return sameDocument(one.text, other.text) && (!this.#projects || sameDocument(one.shown, other.shown))
  }

  size({text, shown}: Entry): number {
    return text.length + shown.length
  }
}
