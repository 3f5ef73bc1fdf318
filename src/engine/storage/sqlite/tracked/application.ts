import type {Connection} from '../connection.ts'
import {foldName, tokens} from './tokens.ts'

/** A trigger that is not litefeed's. */
export interface ApplicationTrigger {
  readonly name: string
  /** Its table, folded. */
  readonly table: string
  readonly time: 'before' | 'after' | 'instead'
  readonly event: string
  readonly sql: string
  /** Later triggers have higher numbers, and fire first. */
  readonly order: number
}

/**
 * The application's own triggers in the order in which they were made. Of several for one event SQLite fires the newest
 * first: it puts each before those that it knows, also when it reads the schema, which it does in the order of the rowids.
 */
export function readApplicationTriggers(connection: Connection): readonly ApplicationTrigger[] {
  const rows = connection
    .prepare(
      `SELECT name, tbl_name, sql, rowid FROM sqlite_schema
        WHERE type = 'trigger' AND name NOT LIKE '\\_litefeed\\_%' ESCAPE '\\' ORDER BY rowid`,
    )
    .all() as [string, string, string, number][]
  return rows.map(([name, table, sql, order]) => ({name, table: foldName(table), sql, order, ...whenFired(sql)}))
}

/** CREATE TRIGGER name [BEFORE | AFTER | INSTEAD OF] event ...: BEFORE when nothing is said. SQLite drops what else may stand there. */
function whenFired(sql: string): Pick<ApplicationTrigger, 'time' | 'event'> {
  const [first = '', second = '', third = ''] = tokens(sql)
    .slice(3, 6)
    .map(token => token.text.toLowerCase())
  if (first === 'before' || first === 'after') return {time: first, event: second}
  return first === 'instead' ? {time: 'instead', event: third} : {time: 'before', event: first}
}
