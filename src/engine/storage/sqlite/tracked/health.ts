import type {Connection} from '../connection.ts'
import {type Definition, describe, readDefinition} from './definition.ts'
import {misplacedTriggers, type Triggers} from './order.ts'
import {jsonColumns} from './renamed.ts'
import {stashName, triggerName} from './row.ts'
import {readShape} from './shape.ts'
import {recorder} from './triggers.ts'

/**
 * What has happened to a tracked table since its recording began, so that the log does not say, or no longer says exactly,
 * what is done to it. All but `no-table` and `renamed` are repaired by `install`; what was done meanwhile is not.
 */
export type Drift =
  /** Its triggers are lifted for a migration. */
  | {readonly kind: 'migrating'}
  | {readonly kind: 'no-table'}
  | {readonly kind: 'renamed'; readonly to: string}
  /** It can no longer be tracked at all. */
  | {readonly kind: 'not-trackable'; readonly reason: string}
  /** A column that was renamed is in both. The log goes on under the old names, and without those that were added. */
  | {readonly kind: 'columns'; readonly added: readonly string[]; readonly gone: readonly string[]}
  | {readonly kind: 'key'; readonly was: readonly string[]; readonly is: readonly string[]}
  /** Unique keys that the triggers do not know: rows that are replaced for their sake are lost. */
  | {readonly kind: 'unique'; readonly added: readonly string[]; readonly gone: readonly string[]}
  /** Triggers or the stash of ours that are missing: changes are lost. */
  | {readonly kind: 'missing'; readonly names: readonly string[]}
  /** Triggers of ours that are not as they should be for the table as it is. */
  | {readonly kind: 'altered'; readonly names: readonly string[]}
  /** Triggers of the application that fire before ours, or before which ours fire: changes are out of order, or lost. */
  | {readonly kind: 'order'; readonly names: readonly string[]}

/** What has drifted, or undefined when the table is not tracked. Must run in a transaction. */
export function inspect(connection: Connection, table: string): readonly Drift[] | undefined {
  const definition = readDefinition(connection, table)
  if (definition === undefined) return undefined
  const {name} = definition
  if (definition.migrating) return [{kind: 'migrating'}]
  if (!isTable(connection, name)) {
    const to = tableOf(connection, triggerName(name, 'after_insert'))
    return [to === undefined ? {kind: 'no-table'} : {kind: 'renamed', to}]
  }
  try {
    const shape = readShape(connection, name, jsonColumns(connection, definition))
    return [
      ...compareTable(definition, describe(shape)),
      ...compareTriggers(connection, name, recorder(shape), stashName(name)),
    ]
  } catch (error) {
    return [{kind: 'not-trackable', reason: (error as Error).message}]
  }
}

export function isTable(connection: Connection, name: string): boolean {
  return exists(connection, 'table', name)
}

function compareTable(was: Definition, is: Definition): readonly Drift[] {
  const drifts: Drift[] = []
  const columns = difference(was.columns, is.columns)
  if (columns !== undefined) drifts.push({kind: 'columns', ...columns})
  if (was.key.join() !== is.key.join()) drifts.push({kind: 'key', was: was.key, is: is.key})
  const unique = difference(was.unique, is.unique)
  if (unique !== undefined) drifts.push({kind: 'unique', ...unique})
  return drifts
}

/** Where the triggers of a table, or the stash that they use, are not as they should be. */
export function compareTriggers(
  connection: Connection,
  table: string,
  wanted: Triggers,
  stash: string,
): readonly Drift[] {
  // Those of a table that was renamed, and that another one has taken the name of, go on with it.
  const found = new Map(
    connection
      .prepare(`SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE`)
      .all(table) as [string, string][],
  )
  const triggers = [...wanted.before, ...wanted.after]
  const missing = triggers.filter(({name}) => !found.has(name)).map(({name}) => name)
  if (!exists(connection, 'table', stash)) missing.push(stash)
  const altered = triggers.filter(({name, sql}) => found.has(name) && found.get(name) !== sql).map(({name}) => name)
  const order = misplacedTriggers(connection, table, wanted)
  const drifts = [
    {kind: 'missing', names: missing},
    {kind: 'altered', names: altered},
    {kind: 'order', names: order},
  ] as const
  return drifts.filter(({names}) => names.length > 0)
}

function difference(was: readonly string[], is: readonly string[]): {added: string[]; gone: string[]} | undefined {
  const added = is.filter(one => !was.includes(one))
  const gone = was.filter(one => !is.includes(one))
  return added.length + gone.length === 0 ? undefined : {added, gone}
}

export function exists(connection: Connection, type: string, name: string): boolean {
  return (
    connection.prepare('SELECT 1 FROM sqlite_schema WHERE type = ? AND name = ? COLLATE NOCASE').get(type, name) !==
    undefined
  )
}

/** The table that a trigger is on. SQLite renames the table in our triggers when the application renames it. */
export function tableOf(connection: Connection, trigger: string): string | undefined {
  const row = connection.prepare(`SELECT tbl_name FROM sqlite_schema WHERE type = 'trigger' AND name = ?`).get(trigger)
  return (row as [string] | undefined)?.[0]
}
