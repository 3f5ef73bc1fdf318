import type {Keep} from '../retention.ts'
import type {Position} from '../storage.ts'
import type {Connection} from './connection.ts'
import {readBounds} from './log.ts'
import {isInitialised} from './tables.ts'

/**
 * The rule of the file. For one about bytes the file keeps what the log takes, up to a position, so that a writer counts what is new
 * alone.
 */
export interface Rule {
  readonly keep: Keep
  readonly bytes: number
  readonly counted: Position
}

export function readRule(connection: Connection): Rule | undefined {
  if (!isInitialised(connection)) return undefined
  const known = connection.prepare(`SELECT 1 FROM sqlite_schema WHERE name = '_litefeed_retention'`).get()
  if (known === undefined) return undefined
  const row = connection.prepare('SELECT keep, bytes, counted FROM _litefeed_retention').get() as
    | [string, number, number]
    | undefined
  return row && {keep: JSON.parse(row[0]), bytes: row[1], counted: row[2]}
}

/** How many changes the sum lacks, when there is one. */
export function uncounted(connection: Connection): number {
  const rule = readRule(connection)
  return rule !== undefined && 'bytes' in rule.keep ? readBounds(connection).newest - rule.counted : 0
}

/** Counts on. Whether there is more to count. */
export function countOn(connection: Connection): boolean {
  const rule = readRule(connection)
  if (rule === undefined) return false
  const {newest} = readBounds(connection)
  const reach = Math.min(newest, rule.counted + countAtOnce)
  connection
    .prepare(
      `UPDATE _litefeed_retention SET counted = ?, bytes = bytes +
        (SELECT coalesce(sum(${size}), 0) FROM _litefeed_changes WHERE seq > ? AND seq <= ?)`,
    )
    .run(reach, rule.counted, reach)
  return reach < newest
}

/** How many changes are counted at once. */
export const countAtOnce = 5000

/** SQL for the bytes of a change: those of its two values and its key, and a few more. */
export const size = `(coalesce(octet_length(old_val), 0) + coalesce(octet_length(new_val), 0) + octet_length(key) + 40)`
