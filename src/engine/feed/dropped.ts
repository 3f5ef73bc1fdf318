import {LitefeedError} from '../error.ts'
import type {Mark, Position, Storage} from '../storage/storage.ts'

/** That a table is no longer the one that was there. */
export interface Gone {
  /** To end the feed with, once the removals that the drop made are told. */
  readonly error: LitefeedError
  /** Where the next table of that name begins, when there is one and that is known. */
  readonly until: Position | undefined
}

/**
 * Looks whether one of the tables that were there, or have come since, has been dropped: another one of the same name is
 * not the one that the feed follows.
 */
export class Dropped {
  readonly #storage: Storage
  readonly #tables: readonly string[]
  readonly #marks = new Map<string, Mark>()

  constructor(storage: Storage, tables: readonly string[] = []) {
    this.#storage = storage
    this.#tables = tables
  }

  async look(): Promise<Gone | undefined> {
    for (const table of this.#tables) {
      const mark = await this.#storage.mark(table)
      const known = this.#marks.get(table)
      if (known !== undefined && mark?.id !== known.id) {
        const error = new LitefeedError('NO_TABLE', `the table ${JSON.stringify(table)} was dropped`, {
          hint: 'a feed of every table goes on when one is dropped',
        })
        return {error, until: mark?.made}
      }
      if (mark !== undefined) this.#marks.set(table, mark)
    }
    return undefined
  }
}
