import type {Connection} from '../connection.ts'
import {identifier} from '../sql.ts'
import {type ApplicationTrigger, readApplicationTriggers} from './application.ts'
import {foldName} from './tokens.ts'

export interface Trigger {
  readonly name: string
  /** As SQLite keeps it in sqlite_schema. */
  readonly sql: string
}

/**
 * The triggers that record a table, in the order in which they are made. Of several triggers for one event SQLite fires the
 * newest first. Ours must be the last of the BEFORE triggers, to see the rows as they are when the write begins, and the
 * first of the AFTER triggers, so that what the application's trigger then writes stands in the log after its cause, and
 * cannot disturb the stash, or skip the rest by RAISE(IGNORE). So ours are older than any BEFORE trigger of the application,
 * and newer than any AFTER trigger. (A TEMP trigger of a connection fires before all of them, and nobody else can see it.)
 */
export interface Triggers {
  readonly before: readonly Trigger[]
  readonly after: readonly Trigger[]
}

/**
 * Makes the triggers of a table, which has none of ours. The BEFORE triggers of the application are made again, in their
 * order and word for word, since a trigger cannot be put behind one that exists.
 */
export function placeTriggers(connection: Connection, table: string, {before, after}: Triggers): void {
  for (const trigger of before) connection.execute(trigger.sql)
  if (before.length > 0) {
    for (const {name, sql} of triggersOf(connection, table).filter(({time}) => time === 'before')) {
      connection.execute(`DROP TRIGGER ${identifier(name)}`)
      connection.execute(sql)
    }
  }
  for (const trigger of after) connection.execute(trigger.sql)
}

/** The triggers of the application that fire on the wrong side of ours. */
export function misplacedTriggers(connection: Connection, table: string, {before, after}: Triggers): readonly string[] {
  const [lastBefore = 0] = orders(connection, before).slice(-1)
  const [firstAfter = Number.POSITIVE_INFINITY] = orders(connection, after)
  return triggersOf(connection, table)
    .filter(({time, order}) => (time === 'before' ? order < lastBefore : order > firstAfter))
    .map(({name}) => name)
}

function triggersOf(connection: Connection, table: string): readonly ApplicationTrigger[] {
  return readApplicationTriggers(connection).filter(trigger => trigger.table === foldName(table))
}

function orders(connection: Connection, triggers: readonly Trigger[]): readonly number[] {
  const names = JSON.stringify(triggers.map(({name}) => name))
  const rows = connection
    .prepare(
      `SELECT rowid FROM sqlite_schema WHERE type = 'trigger' AND name IN (SELECT value FROM json_each(?)) ORDER BY rowid`,
    )
    .all(names) as [number][]
  return rows.map(([order]) => order)
}
