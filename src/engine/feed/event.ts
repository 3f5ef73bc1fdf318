import type {Document} from '../documents/document.ts'
import type {Key} from '../documents/key.ts'
import type {ChangeType, RawEvent} from '../storage/line.ts'
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
 * The event as an expression sees it: a value is parsed when the expression asks for it, and not before. Written as
 * literals, since properties that are defined one by one make objects that are several times slower.
 */
export function lazyEvent(event: RawEvent): object {
  const {seq, ts_ms, table, key, type, old_val, new_val, new_offset} = event
  if (new_val === undefined || new_offset !== undefined) return parsedEvent(event)
  const keyOnce = once(key)
  const newOnce = once(new_val)
  if (old_val === undefined) {
    return {
      seq,
      ts_ms,
      table,
      get key() {
        return keyOnce()
      },
      type,
      get new_val() {
        return newOnce()
      },
    }
  }
  const oldOnce = once(old_val)
  return {
    seq,
    ts_ms,
    table,
    get key() {
      return keyOnce()
    },
    type,
    get old_val() {
      return oldOnce()
    },
    get new_val() {
      return newOnce()
    },
  }
}

/** The less usual events: those of a window, and those without a new value. */
function parsedEvent({key, old_val, new_val, ...rest}: RawEvent): object {
  const parse = (text: string | null) => (text === null ? null : JSON.parse(text))
  return {
    ...rest,
    key: parse(key),
    ...(old_val === undefined ? {} : {old_val: parse(old_val)}),
    ...(new_val === undefined ? {} : {new_val: parse(new_val)}),
  }
}

/** The value of a text, parsed at the first call. */
function once(text: string | null): () => unknown {
  let value: unknown
  return () => {
    if (value === undefined) value = text === null ? null : JSON.parse(text)
    return value
  }
}
