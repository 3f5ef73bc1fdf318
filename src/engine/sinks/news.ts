import type {Failure} from '../told.ts'

/** What there is to tell of a pipe, and when: what went wrong at once, how far it is now and then. */
export class News {
  readonly #ring: () => void
  #counts = {delivered: 0, refused: 0, retried: 0}
  #warnings: string[] = []
  #failures: Failure[] = []
  /** Whether anything is different since it was told. */
  #isNew = true
  #toldAt = Number.NEGATIVE_INFINITY
  #saidAt = Number.NEGATIVE_INFINITY

  /** `ring` is called when there is something to tell at once. */
  constructor(ring: () => void) {
    this.#ring = ring
  }

  /** When to tell, by performance.now(). */
  get due(): number {
    if (this.#warnings.length > 0 || this.#failures.length > 0) return 0
    return this.#isNew ? this.#toldAt + tellEvery : Number.POSITIVE_INFINITY
  }

  count(what: 'delivered' | 'refused' | 'retried', number = 1): void {
    this.#counts[what] += number
    this.changed()
  }

  /** Something that is not counted is different, the position for one. */
  changed(): void {
    this.#isNew = true
  }

  warn(text: string): void {
    this.#warnings.push(text)
    this.#ring()
  }

  /** Of what is tried again one warning a second. */
  again(text: string): void {
    if (performance.now() - this.#saidAt < 1000) return
    this.#saidAt = performance.now()
    this.warn(text)
  }

  failed(failures: readonly Failure[]): void {
    this.#failures.push(...failures)
  }

  /** All of it, which is then told. */
  take() {
    this.#toldAt = performance.now()
    this.#isNew = false
    return {...this.#counts, warnings: this.#warnings.splice(0), failures: this.#failures.splice(0)}
  }
}

/** Milliseconds. */
const tellEvery = 100
