import {LitefeedError} from '../error.ts'
import type {Storage} from '../storage/storage.ts'

/**
 * Looks whether one of the tables that were there, or have come since, has been dropped: another one of the same name is
 * not the one that the feed follows.
 */
export class Dropped {
  readonly #storage: Storage
  readonly #tables: readonly string[]
  readonly #marks = new Map<string, string>()

  constructor(storage: Storage, tables: readonly string[] = []) {
    this.#storage = storage
    this.#tables = tables
  }

  /** An error to end the feed with, once the removals that the drop made are told. */
  async look(): Promise<LitefeedError | undefined> {
    for (const table of this.#tables) {
      const mark = await this.#storage.mark(table)
      const known = this.#marks.get(table)
      if (known !== undefined && mark !== known) {
        return new LitefeedError('NO_TABLE', `the table ${JSON.stringify(table)} was dropped`, {
          hint: 'a feed of every table goes on when one is dropped',
        })
      }
      if (mark !== undefined) this.#marks.set(table, mark)
    }
    return undefined
  }
}
