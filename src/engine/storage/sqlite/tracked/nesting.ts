import type {Connection} from '../connection.ts'
import {readApplicationTriggers} from './application.ts'
import {foldName} from './tokens.ts'

/**
 * Whether SQLite may write to a table in the middle of a write to it: between the BEFORE triggers, which see what the row
 * will replace, and the AFTER triggers, which record it. The actions of foreign keys run there
 * (https://sqlite.org/foreignkeys.html#fk_actions). So: can one get from the table, along foreign keys that act, back to
 * itself, or to a table with triggers of the application, which may write anything?
 *
 * A BEFORE trigger of the application for UPDATE or DELETE counts as well: it may write to the very row, and SQLite goes on
 * with what it had read before (https://sqlite.org/lang_createtrigger.html#cautions_on_the_use_of_before_triggers).
 */
export function mayNest(connection: Connection, table: string): boolean {
  const children = readActions(connection)
  const triggers = readApplicationTriggers(connection)
  const start = foldName(table)
  if (triggers.some(({table, time, event}) => table === start && time === 'before' && event !== 'insert')) return true
  const reached = new Set<string>()
  const queue = [start]
  for (let parent = queue.pop(); parent !== undefined; parent = queue.pop()) {
    for (const child of children.get(parent) ?? []) {
      if (child === start || triggers.some(({table}) => table === child)) return true
      if (!reached.has(child)) queue.push(child)
      reached.add(child)
    }
  }
  return false
}

/** From each table to those whose rows change when its rows go or get another key. */
function readActions(connection: Connection): ReadonlyMap<string, readonly string[]> {
  const rows = connection
    .prepare(
      `SELECT DISTINCT f."table", t.name FROM sqlite_schema t JOIN pragma_foreign_key_list(t.name) f
        WHERE t.type = 'table' AND (f.on_delete NOT IN ('NO ACTION', 'RESTRICT') OR f.on_update NOT IN ('NO ACTION', 'RESTRICT'))`,
    )
    .all() as [string, string][]
  const pairs = rows.map(([parent, child]) => [foldName(parent), foldName(child)] as const)
  const children = Map.groupBy(pairs, ([parent]) => parent)
  return new Map([...children].map(([parent, found]) => [parent, found.map(([, child]) => child)]))
}
