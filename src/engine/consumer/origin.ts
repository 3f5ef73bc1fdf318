import type {Batch} from '../feed/batch.ts'
import type {Position} from '../storage/storage.ts'

/** Where events come from, and where it is kept how far they have been delivered. */
export interface Origin {
  /** Which log: `Store.id`. */
  readonly id: string
  /** The consumer's, or what says what the feed is of. */
  readonly name: string
  readonly position: Position
  /** By which the consumer is told from another one of the same name. */
  readonly mark?: string | undefined
  /** How often somebody has put the consumer elsewhere. */
  readonly resets?: number
  /** Whether it has not moved on since the last time. */
  readonly moved?: boolean
  /** Whether that is where an earlier pipe ended. */
  readonly isPlaced: boolean
  /** Whether an initial part begins where the log is now, whatever an earlier one had told. */
  readonly forgets?: boolean
  /** Whether the lines are what `map` made of the events. */
  readonly mapped: boolean
  /** Every table when absent. */
  readonly tables?: readonly string[] | undefined
  /** Whether changes are merged. */
  readonly merges: boolean
  /** The last change of the batch that an earlier process was about to send. */
  readonly sending?: Position | undefined
  /**
   * What follows a position; the origin's own, with the initial part if there is to be one, when it is undefined. As items, or, where
   * nobody looks at the events, as `lines` with positions, which is several times as fast.
   */
  deliveries(after: Position | undefined, signal: AbortSignal, lines?: boolean): AsyncGenerator<Batch>
  /** Keeps the position, and the end of what is sent next. Throws when somebody else keeps it now. */
  advance(to: Position | undefined, sending?: Position): Promise<void>
  /** The end of the log. */
  newest(): Promise<Position>
  /** Resolves when it is certain that this process may send. Throws otherwise. */
  confirm(): Promise<void>
}
