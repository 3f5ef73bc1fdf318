import type {Position} from '../storage/storage.ts'
import type {Told} from '../told.ts'
import {noticeLine} from './event.ts'
import type {Earlier} from './flow.ts'

/** What a feed tells at once: lines for stdout, and what there is to say about them. */
export interface Batch extends Told {
  readonly warnings: readonly string[]
  /** With everything that was told up to here nothing is missed by who goes on from this position; absent in the initial part. */
  readonly position?: Position
  /** The same, before all that is merged and told together, until all of it is told. */
  readonly start?: Position
  /** The last of the changes that are merged and told together: a feed from `start` with this as its `cut` tells the same again. */
  readonly merged?: Position
}

/** How items are wanted, and what an earlier feed has delivered. */
export interface Deliveries extends Earlier {
  /** As `lines` with their position, for who does not look at the events. */
  readonly lines?: boolean | undefined
}

export const nothing: Batch = {lines: new Uint8Array(), count: 0, failures: [], warnings: []}

/** A batch that is one line and no event. */
export function notice(event: Parameters<typeof noticeLine>[0]): Batch {
  return {...nothing, lines: Buffer.from(noticeLine(event))}
}
