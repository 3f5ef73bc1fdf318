import type {Key} from '../documents/key.ts'
import type {SetOptions} from '../documents/set.ts'
import type {Position} from '../storage/storage.ts'

/**
 * What a feed follows, what of it is told, and where it begins and ends. `where`, `pluck`, `without` and `select` make it a
 * set: a document that comes to belong to it is an add, one that no longer does is a remove.
 */
export interface FeedOptions extends SetOptions {
  /** The tables to follow; every table when absent. One that does not exist yet is followed from its first document. */
  readonly tables?: readonly string[] | undefined
  /** Only documents with these keys. */
  readonly keys?: readonly Key[] | undefined
  /**
   * Follow a window: the first `limit` documents of the set in the order of this field, `age` or `address.city`, with
   * `:desc` the greatest first. Documents without the field are outside of it.
   */
  readonly orderBy?: string | undefined
  /** How many documents the window holds. */
  readonly limit?: number | undefined
  /** Tell where in the window a value stood and stands: each event takes out at old_offset, and then puts in at new_offset. */
  readonly includeOffsets?: boolean | undefined
  /**
   * Merge the changes of a document: 0, those that are waiting to be read; otherwise, those of so many milliseconds after a
   * change that came after a quiet time, which is told at once. The `seq` of a merged event is the position from which
   * nothing that was not told is missed.
   */
  readonly squash?: number | undefined
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
  /**
   * What is done when changes of a tracked table may be missing from the log, since it was made anew without its triggers, say:
   * `fail`, the feed ends; `resync`, the table is compared with the log, and the differences are recorded. `fail` when absent.
   */
  readonly onGap?: 'fail' | 'resync' | undefined
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
