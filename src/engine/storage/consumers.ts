import type {Position} from './storage.ts'

/**
 * Positions that have names and stay with the log, each moved by one process at a time: who has claimed a consumer holds a
 * lease, which runs out unless it is renewed, and which a number of its own (`fence`) tells from every later one.
 */
export interface Consumers {
  /** All of them, by name. */
  list(): Promise<readonly Consumer[]>

  find(name: string): Promise<Consumer | undefined>

  /**
   * Takes the lease, unless somebody else holds one that has not run out and is not `abandoned`. A new consumer gets the
   * position `at`; without one, or when it has been pruned, it is not made, and there is nothing to claim. The answer is the
   * consumer as it is then: it was claimed if its owner is the one who asked. `initial` says of a new one that its initial part is still to be delivered.
   */
  claim(
    name: string,
    claim: Claim,
  ): Promise<{readonly consumer: Consumer; readonly lease: Lease | undefined} | undefined>

  /**
   * Renews the lease, and moves the consumer on: never back, and not at all when the lease is no longer this one. Whether it is.
   * A power cut may undo the last moves, which only delivers something again. Throws MISUSE for a position beyond the log.
   */
  advance(lease: Lease, move: Move): Promise<boolean>

  /** Gives the lease back, if it is still this one. */
  release(lease: Lease): Promise<void>

  /** Moves a consumer on to a position, whoever holds its lease: never back. Its position then, or undefined without one. */
  acknowledge(name: string, position: Position): Promise<Position | undefined>

  /** Puts a consumer at a position, or makes it there; an unfinished initial part is forgotten. Its lease must not be held. */
  place(name: string, position: Position): Promise<void>

  /** Whether there was one. */
  delete(name: string): Promise<boolean>
}

export interface Consumer {
  readonly name: string
  /** Everything up to here has been delivered. */
  readonly position: Position
  /** Of which log: `Storage.id`. */
  readonly feed: string
  /** Milliseconds since 1970, UTC, by the clock of whoever moved it last. */
  readonly updated: number
  /** Whether the documents that were there at `position` are still to be delivered. */
  readonly initial: boolean
  /** The last change of the batch that was about to be sent, so that it can be sent again as it was. */
  readonly sending: Position | undefined
  readonly owner: Owner | undefined
}

/** Who holds a lease. */
export interface Owner {
  /** As it is shown to people. */
  readonly name: string
  /** By which those on the same machine know each other. */
  readonly place: string
  /** When the lease runs out: milliseconds since 1970, UTC. */
  readonly expires: number
}

export interface Claim {
  readonly owner: Pick<Owner, 'name' | 'place'>
  /** Milliseconds. */
  readonly duration: number
  readonly at: Position | undefined
  readonly initial: boolean
  /** Whether the owner is known to be gone. */
  abandoned(owner: Owner): boolean
}

export interface Lease {
  readonly consumer: string
  readonly fence: number
  /** By which the consumer is told from another one of the same name; undefined for one of an older file. */
  readonly mark?: string | undefined
  /** How often somebody has put it elsewhere. */
  readonly resets: number
  /** Whether it has not moved on since the last time. */
  readonly moved: boolean
}

export interface Move {
  /** Where to; it stays where it is without. */
  readonly to?: Position | undefined
  /** The last change of the batch that is sent next. */
  readonly sending?: Position | undefined
  /** How long the lease goes on: milliseconds. */
  readonly duration: number
}
