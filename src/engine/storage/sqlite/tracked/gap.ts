import type {Position} from '../../storage.ts'
import type {Connection} from '../connection.ts'
import {identifier} from '../sql.ts'
import {readApplicationTriggers} from './application.ts'
import type {Kept} from './definition.ts'
import {describeDrift} from './describe.ts'
import type {Drift} from './health.ts'
import {columnNames, renamedColumns} from './renamed.ts'
import {triggerName} from './row.ts'
import {readShape} from './shape.ts'
import {tokens} from './tokens.ts'
import {describeUnique} from './unique.ts'

/**
 * Why a drift is a gap: because of it a row may have come or gone while the log has no word of it. Undefined when that cannot
 * be; then the last values that the log has say what is missing. `well` is a position up to which nothing is.
 */
export function gapOf(
  connection: Connection,
  definition: Kept,
  drifts: readonly Drift[],
  well: Position,
): string | undefined {
  return drifts.filter(drift => isGap(connection, definition, drifts, drift, well)).map(describeDrift)[0]
}

function isGap(connection: Connection, definition: Kept, all: readonly Drift[], drift: Drift, well: Position): boolean {
  switch (drift.kind) {
    // Triggers that are made for another form of the table. Not every hand that could have altered them can be told.
    case 'altered':
    case 'columns':
      return false
    case 'key':
      return !isRenamed(connection, definition, drift)
    case 'unique':
      // Rows that were replaced for the sake of a key that the triggers did not know: then something was written.
      return hasNewUnique(connection, definition) && hasChanges(connection, definition.name, well)
    case 'missing':
      // Which triggers there are depends on what else SQLite may do while it writes to the table: then all are different.
      return !isOtherKind(definition.name, drift.names, all) || hasChanges(connection, definition.name, well)
    case 'order':
      // A trigger that fires before ours can keep ours from firing.
      return readApplicationTriggers(connection).some(
        ({name, sql}) => drift.names.includes(name) && tokens(sql).some(({text}) => text.toLowerCase() === 'ignore'),
      )
    default:
      return true
  }
}

function isOtherKind(table: string, missing: readonly string[], all: readonly Drift[]): boolean {
  const ofOneKind = ['before_delete', 'after_move'].map(suffix => triggerName(table, suffix))
  return missing.every(name => ofOneKind.includes(name)) && all.some(({kind}) => kind === 'altered')
}

/** SQLite has renamed the columns in the triggers as well. */
function isRenamed(
  connection: Connection,
  definition: Kept,
  {was, is}: {readonly was: readonly string[]; readonly is: readonly string[]},
): boolean {
  const renamed = renamedColumns(definition.columns, columnNames(connection, definition.name))
  return was.length === is.length && was.every((name, at) => (renamed.get(name) ?? name) === is[at])
}

function hasNewUnique(connection: Connection, definition: Kept): boolean {
  const {columns, unique} = readShape(connection, definition.name)
  const names = columns.map(({name}) => name)
  const known = new Set(definition.unique)
  const renamed = renamedColumns(definition.columns, names)
  const before = (text: string) =>
    [...renamed].reduce((sql, [was, is]) => sql.replaceAll(identifier(is), identifier(was)), text)
  return unique.map(describeUnique).some(text => !known.has(before(text)))
}

/** Whether anything about the table is in the log after a position. */
export function hasChanges(connection: Connection, table: string, after: Position): boolean {
  return (
    connection
      .prepare('SELECT 1 FROM _litefeed_changes WHERE seq > ? AND tbl = ? COLLATE NOCASE LIMIT 1')
      .get(after, table) !== undefined
  )
}
