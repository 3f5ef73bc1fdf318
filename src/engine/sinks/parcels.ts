import {createHash} from 'node:crypto'
import type {Origin} from '../consumer/origin.ts'
import type {Batch} from '../feed/batch.ts'
import type {RawEvent} from '../storage/line.ts'
import type {Position} from '../storage/storage.ts'
import type {Item} from '../told.ts'
import type {Entry} from './line.ts'

/** What a feed has told as parcels: one for each item, or one for all the lines. `after`: where the feed was before. */
export function makeEntries({items, lines, count, position, merged}: Batch, origin: Origin, after: Position): Entry[] {
  if (items !== undefined) return items.map(item => entryOf(item, origin, merged))
  // Notices have no events.
  if (count === 0) return []
  const event: RawEvent = {
    seq: position ?? after,
    ts_ms: 0,
    table: '',
    key: 'null',
    type: position === undefined ? 'initial' : 'change',
  }
  return [{...entryOf({event, line: ''}, origin), lines, count}]
}

function entryOf({event, line}: Item, {id: feed, mapped}: Origin, merged?: Position): Entry {
  const change = `${feed}:${event.last ?? event.seq}`
  const isShared = event.type === 'initial' || event.type === 'uninitial' || event.sharesSeq
  const id = isShared ? `${change}:${documentId(event)}` : change
  return {event, line, lines: undefined, count: 1, mapped, id, attempts: 0, settled: false, merged, notBefore: 0}
}

/** All of an initial part have one seq, and so have some of a window. An id has to fit into headers, which take 255 bytes of ASCII everywhere. */
function documentId({table, key}: RawEvent): string {
  const name = `${table}:${key}`
  return /^[!-~]{1,128}$/.test(name) ? name : createHash('sha256').update(name).digest('hex')
}
