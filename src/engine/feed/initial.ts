import {matching} from '../documents/matches.ts'
import {type DocumentSet, failureOf} from '../documents/set.ts'
import {LitefeedError} from '../error.ts'
import type {RawEvent} from '../storage/line.ts'
import type {Change, Cursor, Page, Position, Storage, Stored} from '../storage/storage.ts'
import type {Failure} from '../told.ts'
import type {FeedOptions} from './options.ts'
import type {Delta, Followed, Part} from './source.ts'
import type {Start} from './start.ts'

/**
 * The documents that are there at the beginning. A table may be larger than memory, and nothing may keep a transaction open
 * while the reader takes its time: so tables are read page by page, each page as it is then, and before a page is shown so
 * are the changes up to it of all that has been shown before. At the end the reader knows the set as it was at the last
 * position. A document that was shown and leaves the set meanwhile is `uninitial`.
 */
export function readInitial(
  storage: Storage,
  options: FeedOptions,
  set: DocumentSet,
  start: Start,
  follow: (changes: readonly Change[]) => Promise<Followed<string>>,
): AsyncGenerator<Part> {
  if (options.keys !== undefined || start.since !== undefined) return readSnapshot(storage, options, set, start)
  return new Paging(storage, options, set, start, follow).parts()
}

/** All at once: few documents, or those of an earlier position. */
async function* readSnapshot(
  storage: Storage,
  {tables, keys, signal}: FeedOptions,
  set: DocumentSet,
  start: Start,
): AsyncGenerator<Part> {
  const {position, documents} = await storage.snapshot({tables, keys}, start.since)
  const ts_ms = Date.now()
  const initial = (table: string, key: string, new_val: string | null): RawEvent => ({
    seq: position,
    ts_ms,
    table,
    key,
    type: 'initial',
    new_val,
  })
  let events: RawEvent[] = []
  let failures: Failure[] = []
  let began = performance.now()
  for (const {table, key, text} of documents) {
    if (signal?.aborted) return
    let member: string | null = null
    try {
      if (text !== null) member = await set.member(text)
    } catch (error) {
      failures.push(failureOf(error, {key}))
    }
    // Whoever asks for keys is told of each of them, also when there is nothing.
    if (member !== null || keys !== undefined) events.push(initial(table, key, member))
    if (events.length === 500 || performance.now() - began > slice) {
      yield {events, failures, position}
      events = []
      failures = []
      began = performance.now()
    }
  }
  yield {events, failures, position}
}

class Paging {
  readonly #storage: Storage
  readonly #options: FeedOptions
  readonly #set: DocumentSet
  readonly #follow: (changes: readonly Change[]) => Promise<Followed<string>>
  /** The tables of which nothing has been shown yet, and the one that is being shown: by the names in lower case. */
  readonly #unread = new Map<string, string>()
  #page: Page | undefined
  #table: string | undefined
  #position: Position

  constructor(
    storage: Storage,
    options: FeedOptions,
    set: DocumentSet,
    start: Start,
    follow: (changes: readonly Change[]) => Promise<Followed<string>>,
  ) {
    this.#storage = storage
    this.#options = options
    this.#set = set
    this.#follow = follow
    this.#position = start.position
  }

  async *parts(): AsyncGenerator<Part> {
    const {signal} = this.#options
    for (const name of await this.#tables()) this.#unread.set(name.toLowerCase(), name)
    for (const [id, name] of this.#unread) {
      let cursor: Cursor | undefined
      do {
        const page = await this.#read(name, cursor)
        yield* this.#catchUp(page.position)
        this.#unread.delete(id)
        this.#table = id
        this.#page = page
        yield* this.#show(name, page.documents)
        cursor = page.next
      } while (cursor !== undefined && !signal?.aborted)
      this.#page = undefined
      if (signal?.aborted) return
    }
    yield {events: [], failures: [], position: this.#position}
  }

  /** The tables that are there now. One that is made later is empty as far as this part is concerned, and followed. */
  async #tables(): Promise<readonly string[]> {
    const {tables} = this.#options
    if (tables === undefined) return (await this.#storage.tables()).map(({name}) => name)
    const found = await Promise.all(tables.map(table => this.#storage.find(table)))
    return found.filter(name => name !== undefined)
  }

  async #read(table: string, cursor: Cursor | undefined): Promise<Page> {
    try {
      return await this.#storage.page(table, cursor, pageSize)
    } catch (error) {
      // Dropped meanwhile: the removals of its documents are in the log.
      if (!(error instanceof LitefeedError && error.code === 'NO_TABLE')) throw error
      return {position: this.#position, documents: [], covers: () => true}
    }
  }

  async *#show(table: string, documents: readonly Stored[]): AsyncGenerator<Part> {
    const ts_ms = Date.now()
    const seq = this.#position
    for await (const {matches, failures} of matching(this.#set, documents, this.#options.signal)) {
      const events = matches.map(
        ({key, shown}): RawEvent => ({seq, ts_ms, table, key, type: 'initial', new_val: shown}),
      )
      yield {events, failures, position: seq}
    }
  }

  /** The changes up to a position of what has been shown. */
  async *#catchUp(until: Position): AsyncGenerator<Part> {
    while (this.#position < until && !this.#options.signal?.aborted) {
      const {tables} = this.#options
      const read = await this.#storage.changes({after: this.#position, until, limit: 500, tables})
      const shown = read.changes.filter(change => this.#isShown(change))
      for (let at = 0; at < shown.length; ) {
        const {deltas, tried, failures} = await this.#follow(shown.slice(at))
        at += tried
        yield {events: deltas.map(eventOf), failures, position: this.#position}
        if (this.#options.signal?.aborted) return
      }
      this.#position = read.position
    }
  }

  #isShown({table, key}: Change): boolean {
    const id = table.toLowerCase()
    if (this.#unread.has(id)) return false
    return id !== this.#table || this.#page === undefined || this.#page.covers(key)
  }
}

/** A change of what was shown: as any other, except that what leaves the set takes back what was shown. */
function eventOf({seq, ts_ms, table, key, old: before, new: after}: Delta<string>): RawEvent {
  if (after === null) return {seq, ts_ms, table, key, type: 'uninitial', old_val: before}
  return {seq, ts_ms, table, key, type: before === null ? 'add' : 'change', old_val: before, new_val: after}
}

const pageSize = 2000

/** Milliseconds after which what there is to show is shown. */
const slice = 100
