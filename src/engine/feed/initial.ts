import {isFailure, isMatch, matching} from '../documents/matches.ts'
import type {DocumentSet} from '../documents/set.ts'
import type {RawEvent} from '../storage/line.ts'
import type {Change, Position, Storage, Stored} from '../storage/storage.ts'
import {readKeys} from './initial-keys.ts'
import {readPast} from './initial-past.ts'
import type {FeedOptions} from './options.ts'
import {Pages} from './pages.ts'
import type {Delta, Followed, Part} from './source.ts'
import type {Start} from './start.ts'

/** The documents that are there at the beginning of a feed. */
export function readInitial(
  storage: Storage,
  options: FeedOptions,
  set: DocumentSet,
  start: Start,
  follow: (changes: readonly Change[]) => Promise<Followed<string>>,
): AsyncGenerator<Part> {
  if (options.keys !== undefined) return readKeys(storage, options, set, start)
  if (start.since !== undefined) return readPast(storage, options, set, start.since)
  return readPresent(storage, options, set, start, follow)
}

/**
 * A table may be larger than memory, and nothing may keep a transaction open while the reader takes its time: so tables are
 * read page by page, each page as it is then, and before a page is shown so are the changes up to it of all that has been
 * shown before. At the end the reader knows the set as it was at the last position. A document that was shown and leaves
 * the set meanwhile is `uninitial`.
 */
async function* readPresent(
  storage: Storage,
  options: FeedOptions,
  set: DocumentSet,
  start: Start,
  follow: (changes: readonly Change[]) => Promise<Followed<string>>,
): AsyncGenerator<Part> {
  const {tables, signal} = options
  const pages = new Pages(storage, options, set.comparisons)
  let {position} = start
  for await (const {table, page} of pages.read()) {
    while (position < page.position && !signal?.aborted) {
      const read = await storage.changes({after: position, until: page.position, limit: 500, tables})
      const shown = read.changes.filter(change => pages.covers(change))
      for (let at = 0; at < shown.length && !signal?.aborted; ) {
        const {deltas, tried, failures} = await follow(shown.slice(at))
        at += tried
        yield {events: deltas.map(eventOf), failures, position}
      }
      position = read.position
    }
    yield* initialParts(set, table, page.documents, position, signal)
  }
  yield {events: [], failures: [], position}
}

/** The initial events of those of the documents that belong to the set. */
export async function* initialParts(
  set: DocumentSet,
  table: string,
  documents: readonly Stored[],
  seq: Position,
  signal: AbortSignal | undefined,
): AsyncGenerator<Part> {
  const ts_ms = Date.now()
  for await (const found of matching(set, documents, signal)) {
    const events = found
      .filter(isMatch)
      .map(({key, shown}): RawEvent => ({seq, ts_ms, table, key, type: 'initial', new_val: shown}))
    yield {events, failures: found.filter(isFailure), position: seq}
  }
}

/** A change of what was shown: as any other, except that what leaves the set takes back what was shown. */
function eventOf({seq, ts_ms, table, key, old: before, new: after}: Delta<string>): RawEvent {
  if (after === null) return {seq, ts_ms, table, key, type: 'uninitial', old_val: before}
  return {seq, ts_ms, table, key, type: before === null ? 'add' : 'change', old_val: before, new_val: after}
}
