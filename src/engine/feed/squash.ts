import type {Position} from '../storage/storage.ts'
import type {Delta, Source} from './source.ts'

/** Changes that wait to be told, merged: for each document the first old value and the last new one. */
export class Squash<S> {
  readonly #source: Pick<Source<S>, 'same' | 'size'>
  readonly #told: Position
  readonly #merged = new Map<string, Merged<S>>()
  /** Of all the changes, those that came to nothing as well. */
  #seqs: Position[] = []
  #size = 0

  /**
   * `told`: up to where an earlier feed may have told what it merged. Whoever it was told to may have any value of a document that
   * was changed before that, so its last one is told whatever the first one was.
   */
  constructor(source: Pick<Source<S>, 'same' | 'size'>, told: Position = 0) {
    this.#source = source
    this.#told = told
  }

  get isEmpty(): boolean {
    return this.#seqs.length === 0
  }

  /** Whether there is more than should be kept in memory. */
  get isFull(): boolean {
    return this.#seqs.length >= mostChanges || this.#size >= mostCharacters
  }

  /** The position before all that waits. */
  get before(): Position | undefined {
    return this.#seqs[0] === undefined ? undefined : this.#seqs[0] - 1
  }

  /** Whether a change, or what it was merged to, comes to nothing that anybody has to be told. */
  isNothing({seq, ...sides}: Pick<Delta<S>, 'seq' | 'old' | 'new'>): boolean {
    return seq > this.#told && this.#isSame(sides)
  }

  add(deltas: readonly Delta<S>[]): void {
    for (const delta of deltas) {
      const place = `${delta.table} ${delta.key}`
      const known = this.#merged.get(place)
      this.#seqs.push(delta.seq)
      this.#size += this.#sizeOf(delta)
      if (known === undefined) this.#merged.set(place, {first: delta.seq, delta, gone: undefined})
      else {
        if (known.first <= this.#told) known.gone = delta.old
        this.#size -= this.#sizeOf(known.delta)
        known.delta = {...delta, old: known.delta.old}
        this.#size += this.#sizeOf(known.delta) - this.#sizeOf(delta)
      }
    }
  }

  /**
   * What waits, in the order in which the documents were first touched; what came to nothing is left out. Since the order
   * is not that of the last changes, each `seq` is the position from which the deltas after it are not missed: that of the
   * last change before the next one's first.
   */
  take(): Delta<S>[] {
    const left = [...this.#merged.values()].filter(({first, delta}) => !this.isNothing({...delta, seq: first}))
    const seqs = this.#seqs
    this.#merged.clear()
    this.#seqs = []
    this.#size = 0
    let at = 0
    return left.map(({delta, gone}, index) => {
      const next = left[index + 1]?.first ?? Number.POSITIVE_INFINITY
      while (at + 1 < seqs.length && (seqs[at + 1] as Position) < next) at++
      const old = gone !== undefined && this.#isSame(delta) ? gone : delta.old
      return {...delta, old, seq: seqs[at] as Position, last: delta.seq}
    })
  }

  #isSame({old, new: next}: Pick<Delta<S>, 'old' | 'new'>): boolean {
    return old === null || next === null ? old === next : this.#source.same(old, next)
  }

  #sizeOf(delta: Delta<S>): number {
    const {old, new: next} = delta
    return overhead + (old === null ? 0 : this.#source.size(old)) + (next === null ? 0 : this.#source.size(next))
  }
}

interface Merged<S> {
  readonly first: Position
  delta: Delta<S>
  /** What the last of several changes took away, where that may have been told. */
  gone: S | null | undefined
}

/** What is kept with each document, in the same measure as its text. */
const overhead = 400

const mostChanges = 1_000_000
const mostCharacters = 64e6
