import {comparePlaces, type Order, type Place} from '../documents/order.ts'
import type {Stored} from '../storage/storage.ts'

/** A document in a window: where it stands, its own text, and that of what stands for it. */
export interface Entry extends Stored {
  readonly place: Place
  readonly shown: string
}

/** Where an entry with this place stands, or would stand. */
export function indexOf(entries: readonly Entry[], place: Place, order: Order): number {
  let low = 0
  let high = entries.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (comparePlaces(order, (entries[middle] as Entry).place, place) < 0) low = middle + 1
    else high = middle
  }
  return low
}
