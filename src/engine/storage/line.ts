import {parse, stringify} from '../documents/json.ts'
import type {Change, Changes, Lines, Position} from './storage.ts'

/** What a change is called in an event. */
export type ChangeType = 'add' | 'change' | 'remove'

/**
 * An event before anybody has parsed its values. `key` and the values are JSON text; an initial has no `old_val`, and an
 * uninitial no `new_val`. Offsets are those of a window, null where there is no value.
 */
export interface RawEvent {
  readonly seq: Position
  readonly ts_ms: number
  readonly table: string
  readonly key: string
  readonly type: ChangeType | 'initial' | 'uninitial'
  readonly old_val?: string | null
  readonly new_val?: string | null
  readonly old_offset?: number | null
  readonly new_offset?: number | null
  /** Of merged changes the last one, whose value `new_val` is; `seq` may be of another document then. */
  readonly last?: Position | undefined
  /** Whether events of other documents may have the same `seq`: those of a window, when changes are merged. */
  readonly sharesSeq?: boolean | undefined
  /** The event as it is told, newline included, when that is known. */
  readonly line?: string
}

/** A row of the log as an event. */
export function changeEvent({seq, ts_ms, table, key, old_val, new_val}: Change): RawEvent {
  return {seq, ts_ms, table, key, type: changeType(old_val, new_val), old_val, new_val}
}

/** What a change from one to the other is. */
export function changeType(old: unknown, next: unknown): ChangeType {
  return old === null ? 'add' : next === null ? 'remove' : 'change'
}

/** The event as a line of JSON, newline included. The values are spliced in as they are stored. */
export function eventLine(event: RawEvent): string {
  if (event.line !== undefined) return event.line
  const {seq, ts_ms, table, key, type, old_val, new_val, old_offset, new_offset} = event
  const old = old_val === undefined ? '' : `,"old_val":${oneLine(old_val)}`
  const next = new_val === undefined ? '' : `,"new_val":${oneLine(new_val)}`
  const from = old_offset === undefined ? '' : `,"old_offset":${old_offset}`
  const to = new_offset === undefined ? '' : `,"new_offset":${new_offset}`
  return `{"seq":${seq},"ts_ms":${ts_ms},"table":${JSON.stringify(table)},"key":${oneLine(key)},"type":"${type}"${old}${next}${from}${to}}\n`
}

/** JSON text without line breaks. Only a program other than litefeed stores any. */
export function oneLine(text: string | null): string {
  if (text === null) return 'null'
  return /[\n\r]/.test(text) ? (stringify(parse(text)) as string) : text
}

/** Rows of the log as lines. */
export function joinLines({changes, ...progress}: Changes): Lines {
  const text = changes.map(change => eventLine(changeEvent(change))).join('')
  return {lines: Buffer.from(text), count: changes.length, ...progress}
}
