import type {Batch} from '../feed/feed.ts'
import type {Position} from '../storage/storage.ts'

/**
 * How far a reader is that says nothing. That it has an event shows when it takes the next one; until then the last
 * event counts as not taken.
 */
export class Taken {
  /** The reader took everything up to here; undefined in the initial part. */
  position: Position | undefined
  /** The same, if it took the last event as well. */
  end: Position | undefined
  #last: Position | undefined

  /** The reader has taken these. */
  add({items = [], position}: Pick<Batch, 'items' | 'position'>): void {
    if (position === undefined) return
    const before = items.at(-2)?.event.seq ?? (items.length === 1 ? this.#last : undefined)
    this.end = position
    if (items.length === 0) {
      if (this.#last === undefined) this.position = position
      return
    }
    this.position = before ?? this.position
    this.#last = items.at(-1)?.event.seq
  }
}
