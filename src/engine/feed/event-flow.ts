import type {Position} from '../storage/storage.ts'
import {batchSize, type Conditions, type Flow, type Step} from './flow.ts'
import type {FeedOptions} from './options.ts'
import {EventQueue} from './queue.ts'
import type {Source} from './source.ts'
import type {Teller} from './tell.ts'

/** Changes that are made events by a source, each as it comes, and told. */
export class EventFlow<S> implements Flow {
  readonly due = Number.POSITIVE_INFINITY
  readonly #options: FeedOptions
  readonly #source: Source<S>
  readonly #queue: EventQueue
  readonly #conditions: Conditions
  #position: Position
  readonly #worthwhile: number
  /** How many more reads do without the conditions. */
  #unasked = 0

  constructor(
    options: FeedOptions,
    source: Source<S>,
    teller: Teller,
    position: Position,
    conditions: Conditions = {},
  ) {
    this.#options = options
    this.#source = source
    this.#queue = new EventQueue(teller, position)
    this.#conditions = conditions
    this.#worthwhile = worthwhile(conditions)
    this.#position = position
  }

  get position(): Position {
    return this.#position
  }

  get told(): Position {
    return this.#position
  }

  get safe(): Position {
    return this.#queue.isEmpty ? this.#position : this.#queue.told
  }

  get start(): Position {
    return this.safe
  }

  release(): boolean {
    return false
  }

  async step(limit: number, end: Position | undefined): Promise<Step> {
    const drained = this.#queue.isEmpty && (await this.#read(end))
    const told = await this.#queue.tell(limit)
    return {...told, idle: this.#queue.isEmpty && drained}
  }

  async #read(until: Position | undefined): Promise<boolean> {
    const {tables, keys} = this.#options
    const after = this.#position
    const {changes, ...read} = await this.#source.read({after, until, limit: batchSize, tables, keys, ...this.#asked()})
    // To leave out little costs more than it saves.
    if (this.#unasked === 0 && changes.length > (read.position - after) * this.#worthwhile) this.#unasked = readsUnasked
    const {events, tried, failures} = await this.#source.show(changes)
    const isWhole = tried === changes.length
    this.#position = isWhole ? read.position : (changes[tried - 1]?.seq ?? after)
    this.#queue.add(events, failures)
    return isWhole && read.drained
  }

  #asked(): Conditions {
    if (this.#unasked === 0) return this.#conditions
    this.#unasked--
    return {}
  }
}

/** For so many reads the storage engine is not asked to leave anything out once it has left out little. */
const readsUnasked = 20

/**
 * Of all changes, the share that may be kept where it pays to have the others left out. To compare two fields with each other
 * costs a storage engine about what the changes cost that it leaves out.
 */
function worthwhile({filter = [], where = []}: Conditions): number {
  const isOfFields = [...filter, ...where].some(({value}) => typeof value === 'object' && value !== null)
  return isOfFields ? 0.2 : 0.75
}
