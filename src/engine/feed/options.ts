import type {Key} from '../documents/key.ts'
import {LitefeedError} from '../error.ts'
import type {Position} from '../storage/storage.ts'

/** What a feed follows, what of it is told, and where it begins and ends. */
export interface FeedOptions {
  /** The tables to follow; every table when absent. One that does not exist yet is followed from its first document. */
  readonly tables?: readonly string[] | undefined
  /** Only documents with these keys. */
  readonly keys?: readonly Key[] | undefined
  /** A JSONata expression over the event; an event for which it is not true is not told. */
  readonly filter?: string | undefined
  /** A JSONata expression over the event; its result is told instead, and nothing when it has none. */
  readonly map?: string | undefined
  /** Tell the documents that are there at the beginning first. */
  readonly includeInitial?: boolean | undefined
  /** Tell when the initial part begins and when it is complete. */
  readonly includeStates?: boolean | undefined
  /** Where to begin; `now` when absent. */
  readonly since?: Since | undefined
  /** Where to end; never when absent. */
  readonly until?: Until | undefined
  /** Whether to go on at the end of the log; true when absent. */
  readonly follow?: boolean | undefined
  /** End after so many events. States and heartbeats do not count. */
  readonly take?: number | undefined
  /** End when there was no event for so long, in milliseconds. */
  readonly idleTimeout?: number | undefined
  /** Tell the position when nothing was told for so long, in milliseconds. */
  readonly heartbeat?: number | undefined
  /** What an expression that fails on an event does: `skip` the event, or `fail` the feed. `skip` when absent. */
  readonly onError?: 'skip' | 'fail' | undefined
  /** Ends the feed. */
  readonly signal?: AbortSignal | undefined
}

/**
 * `now`; the oldest change that is kept; after a position; before the last so many changes of the selection; the changes of
 * the last so many milliseconds; the changes since an instant.
 */
export type Since = 'now' | 'beginning' | Position | {readonly last: number} | {readonly ago: number} | Date

/** The end of the log as it is at the beginning; after a position; after an instant. */
export type Until = 'now' | Position | Date

/** Refuses what cannot be. Throws MISUSE. */
export function checkFeedOptions(options: FeedOptions): void {
  const {tables, keys, since, until, take, idleTimeout, heartbeat} = options
  if (tables?.length === 0) throw misuse('a feed of no table', 'leave tables out to follow every table')
  if (keys?.length === 0) throw misuse('a feed of no key', 'leave keys out to follow every key')
  if (typeof since === 'number') checkWhole('since', since, 0)
  if (typeof since === 'object' && 'last' in since) checkWhole('since', since.last, 0)
  if (typeof until === 'number') checkWhole('until', until, 0)
  if (take !== undefined) checkWhole('take', take, 1)
  for (const [name, value] of Object.entries({idleTimeout, heartbeat})) {
    if (value !== undefined && !(value > 0)) throw misuse(`${name} must be more than 0 ms, not ${value}`)
  }
}

function checkWhole(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least)
    throw misuse(`${name} must be a whole number from ${least} on, not ${value}`)
}

function misuse(message: string, hint?: string): LitefeedError {
  return new LitefeedError('MISUSE', message, {hint})
}
