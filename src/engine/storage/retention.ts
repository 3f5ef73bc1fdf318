import type {Bounds, Position} from './storage.ts'

/**
 * How much of the log stays. Whatever is asked for, the newest change stays, and so does what a consumer has not had yet,
 * unless that consumer is named.
 */
export interface Retention {
  /** The rule by which writers remove old changes; undefined when the log is to grow. */
  rule(): Promise<Keep | undefined>

  /** Makes it the rule from now on, or ends that. Counts the log when the rule is about bytes. */
  setRule(keep: Keep | undefined): Promise<void>

  /** The first change that is to stay by this rule now. Reads much of the log. */
  firstKept(keep: Keep): Promise<Position>

  /**
   * Removes the oldest changes that need not stay: one batch, small enough for the write lock to be held for a few milliseconds
   * only, and lets others have it then for as long. By the rule of the file, when nothing else is said.
   */
  prune(what?: Doomed): Promise<Pruned>

  /**
   * Removes what is due by the rule of the file, for a short time. `write` and `track` do so of themselves; it is for who does not write
   * documents and lives long. Does not throw when that cannot be done now.
   */
  apply(): Promise<void>
}

/** What stays: the last so many changes, those of the last so many milliseconds, or the last that fit into so many bytes. */
export type Keep = {readonly count: number} | {readonly age: number} | {readonly bytes: number}

export interface Prune {
  /** What goes: the changes before this one, or those that `keep` does not hold. */
  readonly what: {readonly before: Position} | Keep
  /** Consumers that may lose changes they have not had. */
  readonly force?: readonly string[]
}

/** Changes that go. */
export interface Doomed {
  /** Those before this one. */
  readonly before: Position
  readonly force?: readonly string[]
}

export interface Pruned extends Bounds {
  /** How many changes went. */
  readonly removed: number
  /** Whether there is another batch to remove. */
  readonly more: boolean
  /** The consumer that keeps changes from being removed. */
  readonly heldBy: string | undefined
}
