import {LitefeedError} from '../error.ts'
import type {Storage} from '../storage/storage.ts'

/**
 * Looks whether one of the tables that were there, or have come since, has been dropped: another one of the same name is
 * not the one that the feed follows. Returns what asks; the answer is an error to end the feed with, once the removals that
 * the drop made are told.
 */
export async function watchTables(
  storage: Storage,
  tables: readonly string[] = [],
): Promise<() => Promise<LitefeedError | undefined>> {
  const marks = new Map<string, string>()
  const look = async () => {
    for (const table of tables) {
      const mark = await storage.mark(table)
      const known = marks.get(table)
      if (known !== undefined && mark !== known) {
        return new LitefeedError('NO_TABLE', `the table ${JSON.stringify(table)} was dropped`, {
          hint: 'a feed of every table goes on when one is dropped',
        })
      }
      if (mark !== undefined) marks.set(table, mark)
    }
    return undefined
  }
  await look()
  return look
}
