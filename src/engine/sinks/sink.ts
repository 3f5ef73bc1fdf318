import type {RawEvent} from '../storage/line.ts'
import type {Position} from '../storage/storage.ts'

/** Something that events can be delivered to. Opened by its first use: a receiver may start later than the feed. */
export interface Sink extends AsyncDisposable {
  /** As it is shown to people, without secrets. */
  readonly name: string
  /** How many items one call of `deliver` takes at most. */
  readonly batch: number
  /** How many calls of `deliver` may be under way at once. */
  readonly parallel: number
  /**
   * `each`: every item settles by itself, and the items of a call, and of calls at the same time, are of different documents.
   * `prefix`: a call takes items as they come, one call at a time, and when one is not done, then none after it is.
   */
  readonly order: 'each' | 'prefix'
  /** Whether a batch that was about to be sent when an earlier process ended has to be sent again as it was. */
  readonly sameBatches?: boolean
  /** Whether it takes many events as one parcel, of which it sees the lines alone. Only for one with the order `prefix` that refuses none. */
  readonly stretches?: boolean
  /** The database that it writes to, if it is one: no file for anything else. */
  readonly database?: string
  /**
   * From where to go on, when the receiver can say that better than the position that was kept. Asked once, before anything is
   * delivered. Throws Down when it cannot be reached.
   */
  position?(stream: Stream): Promise<Position | undefined>
  /** Whether the last that it has got is of an initial part, which may have been broken off. Known after `position`. */
  readonly hasInitial?: boolean
  /** Nothing up to here is missing any more; called before that position is kept. Throws Down. */
  reach?(stream: Stream, position: Position): Promise<void>
  /** There is no more before what is under way is settled: whoever waits for more shall not. May be called again. */
  finish?(): void
  /** Lets go of what it writes to, which somebody has put away; the next delivery opens what has its name then. */
  reopen?(): Promise<void>
  /**
   * Delivers these, in their order. The outcomes are in the order of the items. A `signal` that aborts means that nobody waits
   * any longer.
   */
  deliver(items: readonly Parcel[], signal: AbortSignal): Promise<readonly Outcome[]>
}

/** What is delivered, as a receiver knows it again. */
export interface Stream {
  /** Of which log. */
  readonly feed: string
  /** The consumer, or, without one, what the feed is of. */
  readonly name: string
  /** By which the consumer is told from another one of the same name. */
  readonly mark: string | undefined
  /** How often somebody has put the consumer elsewhere. */
  readonly resets: number
  /** Whether it has not moved on since the last time. */
  readonly moved: boolean
  /** The position that was kept for it. */
  readonly kept: Position | undefined
  /** The tables that it is of; every one when undefined. */
  readonly tables: readonly string[] | undefined
  /** Whether the lines are what `map` made of the events. */
  readonly mapped: boolean
}

/** One event on its way; or a stretch of them, for a sink that takes such. */
export interface Parcel {
  /** Of a stretch only the position is right. */
  readonly event: RawEvent
  /** The line of JSON to deliver: what `map` made of the event, or the event itself. */
  readonly line: string
  /** The lines of a stretch, a newline after each. */
  readonly lines: Uint8Array | undefined
  /** How many events it is. */
  readonly count: number
  /** Whether `line` is what `map` made. */
  readonly mapped: boolean
  /** By which a receiver knows what it has already: the same whenever it is sent again. */
  readonly id: string
  /** How often it has been sent before. */
  readonly attempts: number
}

export type Outcome =
  | {readonly kind: 'done'}
  /** This one failed, and may succeed later. `after`: not before so many milliseconds. */
  | {readonly kind: 'retry'; readonly reason: string; readonly after?: number | undefined}
  /** The receiver cannot be reached, or takes nothing for now. */
  | {readonly kind: 'down'; readonly reason: string; readonly after?: number | undefined}
  /** This one can never succeed. */
  | {readonly kind: 'poison'; readonly reason: string}
  /** It was not tried, since one before it failed. */
  | {readonly kind: 'later'}
  /** The receiver takes nothing any more. The reason goes on where its name ends: "wants no more". */
  | {readonly kind: 'stop'; readonly reason: string; readonly hint?: string}

export const done: Outcome = {kind: 'done'}

/** Thrown by `position` when the receiver cannot be reached now. */
export class Down extends Error {}
