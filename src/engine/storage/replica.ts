import type {Position} from './storage.ts'

/**
 * A database that repeats what happens in another one. How far it is is part of each of its transactions, so that a change
 * takes effect once, whatever happens to whoever brings it.
 */
export interface Replica extends AsyncDisposable {
  /** How far it is with what comes under this name: in an initial part, or at a position; undefined when nothing has come. */
  position(stream: string): Promise<Position | 'initial' | undefined>

  /** There is nothing more to carry out up to here. */
  reach(stream: string, position: Position): Promise<void>

  /**
   * Carries these out in their order, in one transaction, except those that it has already. The outcomes are in the order of the
   * changes; one that is refused is the last that was tried. Throws BUSY, FULL, IO, READ_ONLY, UNDELIVERED.
   */
  apply(stream: string, changes: readonly ReplicaChange[]): Promise<readonly ReplicaOutcome[]>
}

export interface ReplicaChange {
  readonly seq: Position
  /** Whether it is of an initial part, whose changes all have the position that is reached with the last of them. */
  readonly initial: boolean
  readonly table: string
  /** JSON text. */
  readonly key: string
  /** What stands under the key from now on: JSON text, or null for nothing. */
  readonly document: string | null
}

export type ReplicaOutcome = {readonly kind: 'done' | 'untried'} | {readonly kind: 'refused'; readonly reason: string}
