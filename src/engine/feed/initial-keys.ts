import {type DocumentSet, failureOf} from '../documents/set.ts'
import type {RawEvent} from '../storage/line.ts'
import type {Storage} from '../storage/storage.ts'
import type {Failure} from '../told.ts'
import type {FeedOptions} from './options.ts'
import type {Part} from './source.ts'
import type {Start} from './start.ts'

/**
 * Of a single key what is there, also when that is nothing; of several those that are there, as RethinkDB does it for `get` and
 * `getAll`: https://rethinkdb.com/docs/changefeeds/javascript/.
 */
export async function* readKeys(
  storage: Storage,
  {tables, keys, signal}: FeedOptions,
  set: DocumentSet,
  start: Start,
): AsyncGenerator<Part> {
  const {position, documents} = await storage.snapshot({tables, keys}, start.since)
  const ts_ms = Date.now()
  const isPoint = new Set(documents.map(({key}) => key)).size === 1
  const events: RawEvent[] = []
  const failures: Failure[] = []
  for (const {table, key, text} of documents) {
    if (signal?.aborted) return
    let member: string | null = null
    try {
      if (text !== null) member = await set.member(text)
    } catch (error) {
      failures.push(failureOf(error, {key}))
    }
    if (member !== null || isPoint) events.push({seq: position, ts_ms, table, key, type: 'initial', new_val: member})
  }
  yield {events, failures, position}
}
