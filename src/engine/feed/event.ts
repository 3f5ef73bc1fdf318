import type {Document} from '../documents/document.ts'
import type {Key} from '../documents/key.ts'
import {type Skim, skimmer} from '../documents/skim.ts'
import type {Reads} from '../expression/reads.ts'
import type {ChangeType, RawEvent} from '../storage/line.ts'
import {LineEvent} from '../storage/line-event.ts'
import type {Position} from '../storage/storage.ts'

/** A change of one document. `old_val` is null for an add, `new_val` for a remove. */
export interface ChangeEvent {
  readonly seq: Position
  /** Milliseconds since 1970, UTC, by the clock of the writer. */
  readonly ts_ms: number
  readonly table: string
  readonly key: Key
  readonly type: ChangeType
  readonly old_val: Document | null
  readonly new_val: Document | null
  /** Where the old value stood in the window, with includeOffsets; null when it was not in it. */
  readonly old_offset?: number | null
  /** Where the new value stands once the old one is gone; null when it is not in the window. */
  readonly new_offset?: number | null
}

/** A document that was there when the feed began. `seq` is the position of the snapshot, `ts_ms` when it was taken. */
export interface InitialEvent {
  readonly seq: Position
  readonly ts_ms: number
  readonly table: string
  readonly key: Key
  readonly type: 'initial'
  /** Null only where a feed of a key says that there is no such document. */
  readonly new_val: Document | null
  readonly new_offset?: number
}

/** A document that was shown as initial, and left the set before the initial part was complete. */
export interface UninitialEvent {
  readonly seq: Position
  readonly ts_ms: number
  readonly table: string
  readonly key: Key
  readonly type: 'uninitial'
  readonly old_val: Document
}

/** Where the feed stands: the initial part begins, or is complete. */
export interface StateEvent {
  readonly type: 'state'
  readonly state: 'initializing' | 'ready'
  /** The position to resume from. */
  readonly seq: Position
}

/** A sign of life of a quiet feed. */
export interface HeartbeatEvent {
  readonly type: 'heartbeat'
  /** The position to resume from. */
  readonly seq: Position
}

/** A tracked table has got another form; its changes are told in that from here on. A renamed column is in both lists. */
export interface SchemaEvent {
  readonly type: 'schema'
  /** The position to resume from. */
  readonly seq: Position
  readonly table: string
  readonly added: readonly string[]
  readonly gone: readonly string[]
}

/** What a feed tells, one object a line. */
export type FeedEvent = ChangeEvent | InitialEvent | UninitialEvent | StateEvent | HeartbeatEvent | SchemaEvent

/** A state, heartbeat or schema as a line of JSON. */
export function noticeLine(notice: StateEvent | HeartbeatEvent | SchemaEvent): string {
  return `${JSON.stringify(notice)}\n`
}

/**
 * Events as an expression sees them, one after the other: what it does not ask for is not parsed, and of a value only the
 * fields that it reads where that is quicker. What is returned is good until another one. It is one object for all of them,
 * since V8 gives each object with getters of its own a hidden class of its own, which costs several times what it takes to
 * parse the values.
 */
export function eventReader(reads?: Reads): (event: RawEvent) => object {
  const [skimOld, skimNew] = ['old_val', 'new_val'].map(side => skimmer(reads?.get(side)))
  let event: RawEvent = {seq: 0, ts_ms: 0, table: '', key: 'null', type: 'change'}
  let key: unknown
  let old_val: unknown
  let new_val: unknown
  const view = {
    get seq() {
      return event.seq
    },
    get ts_ms() {
      return event.ts_ms
    },
    get table() {
      return event.table
    },
    get key() {
      if (key === undefined) key = JSON.parse(event.key)
      return key
    },
    get type() {
      return event.type
    },
    get old_val() {
      if (old_val === undefined) old_val = parsed(event.old_val, skimOld)
      return old_val
    },
    get new_val() {
      if (new_val === undefined) new_val = parsed(event.new_val, skimNew)
      return new_val
    },
  }
  return next => {
    if (next === event) return view
    if (!(next instanceof LineEvent)) {
      if (next.old_val === undefined || next.new_val === undefined || next.new_offset !== undefined)
        return parsedEvent(next)
    }
    event = next
    key = old_val = new_val = undefined
    return view
  }
}

/** The less usual events: those of a window, and those of one side. */
function parsedEvent({seq, ts_ms, table, key, type, old_val, new_val, old_offset, new_offset}: RawEvent): object {
  return {
    seq,
    ts_ms,
    table,
    key: parsed(key),
    type,
    ...(old_val === undefined ? {} : {old_val: parsed(old_val)}),
    ...(new_val === undefined ? {} : {new_val: parsed(new_val)}),
    ...(old_offset === undefined ? {} : {old_offset}),
    ...(new_offset === undefined ? {} : {new_offset}),
  }
}

function parsed(text: string | null | undefined, skim?: Skim): unknown {
  return text === null || text === undefined ? null : (skim?.(text) ?? JSON.parse(text))
}
