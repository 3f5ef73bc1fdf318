import {LitefeedError} from '../error.ts'
import type {Mended, Position, Storage} from '../storage/storage.ts'
import {Dropped, type Gone} from './dropped.ts'
import type {SchemaEvent} from './event.ts'
import type {FeedOptions} from './options.ts'

/**
 * Looks after the tables that a feed follows when the schema of the file has changed: whether they are still there; and for the
 * form of tracked ones, has their recording repaired when it has changed, and tells, between the last change in the old form
 * and the first in the new.
 */
export class SchemaWatch {
  readonly #storage: Storage
  readonly #options: FeedOptions
  readonly #dropped: Dropped
  readonly #forms = new Map<string, readonly string[]>()
  /** Whether a migration was under way at the last look. */
  migrating = false
  #pending: SchemaEvent[] = []
  #version: number | undefined
  #known: Position = 0
  #log: string | undefined
  #well: Position | undefined

  constructor(storage: Storage, options: FeedOptions) {
    this.#storage = storage
    this.#options = options
    this.#dropped = new Dropped(storage, options.tables)
  }

  /**
   * Up to here the log may be read: up to there the form of the tables is known, and no event is due before. (What is read
   * beyond might be in another form, of which nobody has been told.)
   */
  get until(): Position {
    return Math.min(this.#known, this.#pending[0]?.seq ?? Number.POSITIVE_INFINITY)
  }

  /** The events that are due where the log has been read up to `position`. */
  due(position: Position): readonly SchemaEvent[] {
    const due = this.#pending.filter(({seq}) => seq <= position)
    this.#pending = this.#pending.filter(({seq}) => seq > position)
    return due
  }

  /**
   * Moves `until` on to the end of the log. Returns an error to end the feed with there: one of its tables was dropped, or
   * changes may be missing.
   */
  async look(): Promise<LitefeedError | undefined> {
    const {tables, onGap} = this.#options
    for (;;) {
      const {version, position} = await this.#storage.form()
      // What is read up to the position that was known is of the same log.
      if (version !== this.#version && (await this.#isAnother())) return this.#lost()
      this.#known = position
      if (version === this.#version) break
      const gone = await this.#dropped.look()
      if (gone !== undefined) return this.#end(gone)
      const mended = await this.#storage.mend(tables, {resync: onGap === 'resync', well: this.#well})
      const gap = mended.find(one => one.kind === 'gap')
      if (gap !== undefined) return this.#gap(gap)
      for (const one of mended) if (one.kind === 'ok') this.#compare(one)
      this.migrating = mended.some(({kind}) => kind === 'migrating')
      // Until the migration has ended there is something to look for, also when no form changes.
      if (this.migrating) return undefined
      this.#version = version
    }
    this.#well = this.#known
    return undefined
  }

  /** Whether the log is another one than it was at the first look. */
  async #isAnother(): Promise<boolean> {
    const id = await this.#storage.logId()
    const was = this.#log
    this.#log = id
    return was !== undefined && was !== '' && was !== id
  }

  #lost(): LitefeedError {
    return new LitefeedError(
      'HISTORY_LOST',
      `the log was removed after ${this.#known} with the last table that was tracked, and what is recorded now is another one`,
      {hint: 'start over with --since beginning --include-initial'},
    )
  }

  /** The removals that a drop made were committed with it, so they are before the end of the log as it is now. */
  async #end({error, until = Number.POSITIVE_INFINITY}: Gone): Promise<LitefeedError> {
    this.#known = Math.min((await this.#storage.form()).position, until)
    return error
  }

  #compare({table, columns, before, seq, resynced}: Extract<Mended, {kind: 'ok'}>): void {
    const known = this.#forms.get(table) ?? before
    this.#forms.set(table, columns)
    const added = columns.filter(column => !known.includes(column))
    const gone = known.filter(column => !columns.includes(column))
    if (added.length + gone.length > 0 || resynced) this.#pending.push({type: 'schema', seq, table, added, gone})
    this.#pending.sort((one, other) => one.seq - other.seq)
  }

  #gap({table, reason}: Extract<Mended, {kind: 'gap'}>): LitefeedError {
    const position = this.#well ?? this.#known
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

/** Says of which new columns a set or a window makes use: rows that have a default there have not been written, and not been told. */
export function unknownRows({table, added}: SchemaEvent, {where = '', orderBy = ''}: FeedOptions): readonly string[] {
  const names = new Set(`${where} ${orderBy}`.match(/[\p{L}\p{N}_]+/gu))
  return added
    .filter(column => names.has(column))
    .map(
      column =>
        `the feed may miss rows of ${JSON.stringify(table)}, whose column ${JSON.stringify(column)} is new: begin it anew to have them`,
    )
}
