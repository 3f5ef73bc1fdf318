import type {Batch} from '../feed/batch.ts'
import type {Position} from '../storage/storage.ts'
import type {Parcel} from './sink.ts'

/** A parcel between its arrival and its acknowledgement. */
export interface Entry extends Parcel {
  attempts: number
  settled: boolean
  /** Of merged changes: the last one of those that were told together. Nothing that was told later is sent before they are settled. */
  readonly merged: Position | undefined
  /** Not to be sent before, by performance.now(). */
  notBefore: number
}

/**
 * What has been read and is not acknowledged, in its order. With `lanes` only the first change of a document is sent at a
 * time, so that none overtakes an earlier one, whatever becomes of that. An entry leaves when it and all before it are
 * settled, which moves the position.
 */
export class Line {
  readonly #lanes: boolean
  readonly #entries: Entry[] = []
  /** By document: the entries that wait for one before them. */
  readonly #behind = new Map<string, Entry[]>()
  /** Those that may be sent, in their order. */
  #ready: Entry[] = []
  /** None of them waits after this time. */
  #delayed = 0
  #head = 0
  #placed = false
  #position: Position
  #end: Position
  #told: Position | undefined

  constructor(lanes: boolean, position: Position) {
    this.#lanes = lanes
    this.#position = this.#end = position
  }

  /** Begins elsewhere, while nothing has come yet. */
  begin(position: Position): void {
    this.#position = this.#end = position
  }

  /** How many have not left. */
  get length(): number {
    return this.#entries.length - this.#head
  }

  /** Everything up to here is settled, and of what was told together all or nothing. */
  get position(): Position {
    return this.length === 0 ? this.#end : this.#position
  }

  /** Whether the initial part, if there was one, is settled as a whole. */
  get isPlaced(): boolean {
    const first = this.#entries[this.#head]
    return this.#placed && (first === undefined || !isInitial(first))
  }

  /** Everything up to here has been taken in. */
  get end(): Position {
    return this.#end
  }

  /** Takes entries in, of a batch of which these are what the receiver has not got. */
  add(entries: readonly Entry[], {start, position}: Pick<Batch, 'start' | 'position'>): void {
    this.#position = this.position
    for (const entry of entries) {
      this.#entries.push(entry)
      const behind = this.#lanes ? this.#behind.get(laneOf(entry)) : undefined
      if (behind !== undefined) behind.push(entry)
      else {
        if (this.#lanes) this.#behind.set(laneOf(entry), [])
        this.#ready.push(entry)
      }
    }
    // They are unknown in the initial part.
    if (start === undefined) return
    this.#end = start
    this.#told = position
    this.#placed = true
  }

  /** There will be no more. What was told together may not have been told to its end, but what was is not told again. */
  finish(): void {
    this.#end = this.#told ?? this.#end
  }

  /** Takes out the next entries that may be sent: at most `limit`, and none after `last`. */
  next(limit: number, last = Number.POSITIVE_INFINITY): Entry[] {
    const now = performance.now()
    const taken: Entry[] = []
    const left: Entry[] = []
    let at = 0
    for (; at < this.#ready.length && taken.length < limit; at++) {
      const entry = this.#ready[at] as Entry
      if (entry.event.seq > last || !this.#isOpen(entry)) break
      if (entry.notBefore <= now) taken.push(entry)
      // Without lanes nothing passes one that waits.
      else if (this.#lanes) left.push(entry)
      else break
    }
    if (taken.length > 0) this.#ready.splice(0, at, ...left)
    return taken
  }

  /** When the next of them may be sent, by performance.now(); Infinity when there is none. */
  get due(): number {
    const [first] = this.#ready
    if (first === undefined || !this.#isOpen(first)) return Number.POSITIVE_INFINITY
    if (this.#delayed < performance.now()) return 0
    const open = this.#ready.filter(entry => this.#isOpen(entry))
    return open.reduce((least, {notBefore}) => Math.min(least, notBefore), Number.POSITIVE_INFINITY)
  }

  /** Whether all before what this one was told with is settled. */
  #isOpen({merged}: Entry): boolean {
    return merged === this.#entries[this.#head]?.merged
  }

  /** An entry that was taken out is dealt with for good. */
  settle(entry: Entry): void {
    entry.settled = true
    if (this.#lanes) {
      const next = this.#behind.get(laneOf(entry))?.shift()
      if (next === undefined) this.#behind.delete(laneOf(entry))
      else this.#ready.splice(this.#placeOf(next), 0, next)
    }
    while (this.#entries[this.#head]?.settled === true) {
      const entry = this.#entries[this.#head++] as Entry
      // All of an initial part have one position, which is reached with the last of them.
      if (isInitial(entry)) continue
      if (entry.merged === undefined) this.#position = entry.event.seq
      else if (!this.#isOpen(entry)) this.#position = entry.merged
    }
    if (this.#head > 1000 && this.#head * 2 > this.#entries.length) {
      this.#entries.splice(0, this.#head)
      this.#head = 0
    }
  }

  /** Entries that were sent in vain go back to where they were, until a time by performance.now(). */
  putBack(entries: readonly Entry[], notBefore: number): void {
    for (const entry of entries) entry.notBefore = notBefore
    this.#delayed = Math.max(this.#delayed, notBefore)
    this.#ready = [...entries, ...this.#ready].sort((one, other) => one.event.seq - other.event.seq)
  }

  /** Where among those that may be sent, which are in order, an entry belongs. */
  #placeOf({event}: Entry): number {
    let [low, high] = [0, this.#ready.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#ready[middle] as Entry).event.seq <= event.seq) low = middle + 1
      else high = middle
    }
    return low
  }
}

function isInitial({event}: Parcel): boolean {
  return event.type === 'initial' || event.type === 'uninitial'
}

function laneOf({event}: Parcel): string {
  return `${event.table} ${event.key}`
}
