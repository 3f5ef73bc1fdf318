import type {RawEvent} from '../storage/line.ts'
import type {Position} from '../storage/storage.ts'
import type {Failure, Told} from '../told.ts'
import type {Teller} from './tell.ts'

/** Events that wait to be told, and failures in the set, which are told after what came before them. */
export class EventQueue {
  readonly #teller: Teller
  #events: readonly RawEvent[] = []
  #failures: Failure[] = []
  #told: Position

  constructor(teller: Teller, position: Position) {
    this.#teller = teller
    this.#told = position
  }

  get isEmpty(): boolean {
    return this.#events.length === 0
  }

  /** The position of the last event that was told. */
  get told(): Position {
    return this.#told
  }

  add(events: readonly RawEvent[], failures: readonly Failure[] = []): void {
    this.#events = this.isEmpty ? events : [...this.#events, ...events]
    this.#failures.push(...failures)
  }

  async tell(limit: number): Promise<Told> {
    const {tried, ...told} = await this.#teller.tell(this.#events, limit)
    this.#told = this.#events[tried - 1]?.seq ?? this.#told
    this.#events = this.#events.slice(tried)
    return this.isEmpty ? {...told, failures: [...told.failures, ...this.#failures.splice(0)]} : told
  }
}
