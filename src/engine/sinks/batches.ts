import type {Position} from '../storage/storage.ts'
import type {Entry, Line} from './line.ts'

/**
 * Batches that are the same whenever they are sent again: by this process as long as it lives, and by a later one since the
 * end of each is kept before it is sent. Those of an initial part are not kept: it begins anew after a crash. Nor are those of
 * what was merged, of which the keeper keeps the end.
 */
export class Batches {
  readonly #size: number
  /** What is sent, in full, until all of it is settled. */
  #batch: readonly Entry[] = []
  /** The end of the batch that an earlier process was about to send. */
  #left: Position | undefined

  constructor(size: number, left: Position | undefined) {
    this.#size = size
    this.#left = left
  }

  /** The end of what is sent. */
  get end(): Position | undefined {
    const last = this.#batch.find(entry => !entry.settled) && this.#batch.at(-1)
    return last === undefined ? this.#left : isInitial(last) || last.merged !== undefined ? undefined : last.event.seq
  }

  /** The next batch, or nothing. `keep` keeps its end. `isAll`: the line will get no more entries. */
  async next(line: Line, isAll: boolean, keep: (end: Position) => Promise<void>): Promise<Entry[]> {
    const unsettled = this.#batch.filter(entry => !entry.settled)
    if (unsettled.length > 0) return line.next(unsettled.length)
    if (this.#left !== undefined) {
      // It has to be read again first.
      if (line.end < this.#left && !isAll) return []
      this.#batch = line.next(Number.POSITIVE_INFINITY, this.#left)
      this.#left = undefined
      if (this.#batch.length > 0) return [...this.#batch]
    }
    const entries = line.next(this.#size)
    const [first] = entries
    if (first === undefined) return entries
    const {merged} = first
    // What was merged has the same batches whenever it is: each is full but for the last.
    if (merged !== undefined && entries.length < this.#size && line.end < merged && !isAll) {
      line.putBack(entries, 0)
      return []
    }
    const change = entries.findIndex(entry => isInitial(entry) !== isInitial(first))
    if (change > 0) line.putBack(entries.splice(change), 0)
    this.#batch = [...entries]
    if (isInitial(first) || merged !== undefined) return entries
    try {
      await keep(entries.at(-1)?.event.seq as Position)
    } catch (error) {
      line.putBack(entries, 0)
      this.#batch = []
      throw error
    }
    return entries
  }
}

function isInitial({event}: Entry): boolean {
  return event.type === 'initial' || event.type === 'uninitial'
}
