import {LitefeedError} from '../error.ts'
import type {Mended, Position, Storage} from '../storage/storage.ts'
import type {SchemaEvent} from './event.ts'
import type {FeedOptions} from './options.ts'

interface Form {
  readonly columns: readonly string[]
  readonly seq: Position
}

/** Looks after the form of the tracked tables that a feed follows: has it repaired when it has changed, and tells. */
export class SchemaWatch {
  readonly #storage: Storage
  readonly #options: FeedOptions
  readonly #forms = new Map<string, Form>()
  /** Whether a migration was under way at the last look. */
  migrating = false
  #pending: SchemaEvent[] = []
  #version: number | undefined
  #well: Position | undefined

  constructor(storage: Storage, options: FeedOptions) {
    this.#storage = storage
    this.#options = options
  }

  /** Up to here the log is to be read before the next event is due. Infinity when there is none. */
  get next(): Position {
    return this.#pending[0]?.seq ?? Number.POSITIVE_INFINITY
  }

  /** The events that are due where the log has been read up to `position`. */
  due(position: Position): readonly SchemaEvent[] {
    const due = this.#pending.filter(({seq}) => seq <= position)
    this.#pending = this.#pending.filter(({seq}) => seq > position)
    return due
  }

  /** Returns an error to end the feed with when changes may be missing. `position` is how far the log has been read. */
  async look(position?: Position): Promise<LitefeedError | undefined> {
    const {tables, onGap} = this.#options
    const version = await this.#storage.schemaVersion()
    if (version === this.#version) {
      this.#well = position
      return undefined
    }
    const mended = await this.#storage.mend(tables, {resync: onGap === 'resync', well: this.#well})
    for (const one of mended) {
      if (one.kind === 'ok') this.#compare(one)
      else if (one.kind === 'gap') return await this.#gap(one)
    }
    // Until a migration has ended there is something to look for, also when no form changes.
    this.migrating = mended.some(({kind}) => kind === 'migrating')
    if (this.migrating) return undefined
    this.#version = version
    this.#well = position
    return undefined
  }

  #compare({table, columns, before, seq, resynced}: Extract<Mended, {kind: 'ok'}>): void {
    const known = this.#forms.get(table)?.columns ?? before
    this.#forms.set(table, {columns, seq})
    const added = columns.filter(column => !known.includes(column))
    const gone = known.filter(column => !columns.includes(column))
    if (added.length + gone.length > 0 || resynced) this.#pending.push({type: 'schema', seq, table, added, gone})
    this.#pending.sort((one, other) => one.seq - other.seq)
  }

  async #gap({table, reason}: Extract<Mended, {kind: 'gap'}>): Promise<LitefeedError> {
    const position = this.#well ?? (await this.#storage.bounds()).newest
    const isAsked = this.#options.onGap === 'resync'
    return new LitefeedError(
      'HISTORY_LOST',
      `changes of the table ${JSON.stringify(table)} after ${position} may be missing: ${reason}`,
      {
        hint: isAsked
          ? 'this cannot be made good: untrack the table, and track what there is now'
          : '`onGap` resync compares the table with the log, records the differences, and goes on',
      },
    )
  }
}
