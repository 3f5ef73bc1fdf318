import type {DocumentSet} from '../documents/set.ts'
import type {Change, Position, Storage, Stored} from '../storage/storage.ts'
import {initialParts} from './initial.ts'
import type {FeedOptions} from './options.ts'
import {Pages} from './pages.ts'
import type {Part} from './source.ts'

/**
 * The documents as they were at an earlier position. Those that have not changed since then are in the tables, which are
 * read page by page; of the others the log has the old value of their first change. What is kept in memory are the keys
 * that have changed.
 */
export async function* readPast(
  storage: Storage,
  options: FeedOptions,
  set: DocumentSet,
  since: Position,
): AsyncGenerator<Part> {
  const {tables, signal} = options
  const pages = new Pages(storage, options, set.comparisons)
  /** Whether the log has to tell what a document was, since it had changed when its page was read. */
  const changed = new Map<string, boolean>()
  let position = since
  const note = async (until: Position) => {
    for await (const change of changesIn(storage, position, until, tables)) {
      const place = placeOf(change)
      if (!changed.has(place)) changed.set(place, !(pages.has(change.table) && pages.covers(change)))
    }
    position = Math.max(position, until)
  }
  for await (const {table, page} of pages.read()) {
    await note(page.position)
    const unchanged = page.documents.filter(({key}) => !changed.has(placeOf({table, key})))
    yield* initialParts(set, table, unchanged, since, signal)
  }
  await note((await storage.bounds()).newest)
  let found = new Map<string, Stored[]>()
  let count = 0
  for await (const change of changesIn(storage, since, position, tables)) {
    if (signal?.aborted) return
    const {table, key, old_val} = change
    if (!changed.get(placeOf(change))) continue
    changed.set(placeOf(change), false)
    if (old_val === null) continue
    found.set(table, [...(found.get(table) ?? []), {key, text: old_val}])
    if (++count % 100 > 0) continue
    for (const [name, documents] of found) yield* initialParts(set, name, documents, since, signal)
    found = new Map()
  }
  for (const [name, documents] of found) yield* initialParts(set, name, documents, since, signal)
  yield {events: [], failures: [], position: since}
}

async function* changesIn(
  storage: Storage,
  after: Position,
  until: Position,
  tables: readonly string[] | undefined,
): AsyncGenerator<Change> {
  for (let position = after; position < until; ) {
    const read = await storage.changes({after: position, until, limit: 500, tables})
    yield* read.changes
    position = read.position
  }
}

function placeOf({table, key}: {readonly table: string; readonly key: string}): string {
  return `${table.toLowerCase()} ${key}`
}
