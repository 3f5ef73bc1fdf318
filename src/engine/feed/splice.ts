import {sameDocument} from '../documents/document.ts'
import type {Order} from '../documents/order.ts'
import {changeType, type RawEvent} from '../storage/line.ts'
import {type Entry, indexOf} from './entry.ts'
import type {Delta} from './source.ts'

/**
 * Makes events of what happened to a window. Each is one splice: it takes out at its old offset, and then puts in at its
 * new one, and after each the reader's list is in order and not longer than the window. What left is paired with what came
 * in.
 */
export class Splicer {
  readonly #order: Order
  readonly #offsets: boolean
  readonly #projects: boolean
  /** What the reader has now. */
  readonly #list: Entry[]

  constructor(order: Order, list: readonly Entry[], {offsets, projects}: {offsets: boolean; projects: boolean}) {
    this.#order = order
    this.#list = [...list]
    this.#offsets = offsets
    this.#projects = projects
  }

  /** The events of deltas that belong together. */
  splice(deltas: readonly Delta<Entry>[]): RawEvent[] {
    const left: Delta<Entry>[] = []
    const came: Delta<Entry>[] = []
    const events: (RawEvent | undefined)[] = []
    const changed: Delta<Entry>[] = []
    for (const delta of deltas) (delta.old === null ? came : delta.new === null ? left : changed).push(delta)
    for (const delta of changed) events.push(this.#event(delta, delta))
    for (const [index, delta] of left.entries()) events.push(this.#event(delta, came[index]))
    for (const delta of came.slice(left.length)) events.push(this.#event(undefined, delta))
    return growing(events.filter(event => event !== undefined))
  }

  #event(from: Delta<Entry> | undefined, to: Delta<Entry> | undefined): RawEvent | undefined {
    const last = (to === undefined || (from !== undefined && from.seq > to.seq) ? from : to) as Delta<Entry>
    const old = from?.old ?? null
    const next = to?.new ?? null
    const old_offset = old && this.#take(old)
    const new_offset = next && this.#put(next)
    // Only once they are projected can two values be the same.
    const isSame = this.#projects && old !== null && next !== null && sameDocument(old.shown, next.shown)
    if (isSame && (!this.#offsets || old_offset === new_offset)) return undefined
    const {seq, ts_ms, table} = last
    const [old_val, new_val] = [old?.shown ?? null, next?.shown ?? null]
    const event = {seq, ts_ms, table, key: (next ?? (old as Entry)).key, type: changeType(old, next), old_val, new_val}
    const told = last.last === undefined ? event : {...event, sharesSeq: true}
    return this.#offsets ? {...told, old_offset, new_offset} : told
  }

  #take(entry: Entry): number {
    const index = indexOf(this.#list, entry.place, this.#order)
    this.#list.splice(index, 1)
    return index
  }

  #put(entry: Entry): number {
    const index = indexOf(this.#list, entry.place, this.#order)
    this.#list.splice(index, 0, entry)
    return index
  }
}

/** The events, each at the least position of those from it on: positions do not fall, and after each nothing untold is missed. */
function growing(events: readonly RawEvent[]): RawEvent[] {
  let least = Number.POSITIVE_INFINITY
  return events
    .toReversed()
    .map(event => {
      least = Math.min(least, event.seq)
      return {...event, seq: least}
    })
    .reverse()
}
