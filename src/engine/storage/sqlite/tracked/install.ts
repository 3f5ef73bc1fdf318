import {LitefeedError} from '../../../error.ts'
import type {Position, TrackOptions} from '../../storage.ts'
import type {Connection} from '../connection.ts'
import {readBounds} from '../log.ts'
import {identifier} from '../sql.ts'
import {isDocuments} from './application-tables.ts'
import {describe, forgetDefinition, keepDefinition, readDefinition} from './definition.ts'
import {placeTriggers} from './order.ts'
import {jsonColumns} from './renamed.ts'
import {imagesName, stashName, triggerName} from './row.ts'
import {readShape, type TableShape} from './shape.ts'
import {type Recorder, recorder} from './triggers.ts'

/**
 * Begins to record every change of an SQL table, or, when that is recorded already, brings what records it up to date. Must
 * run in a write transaction of a file that is litefeed's. Throws NO_TABLE, NOT_A_TABLE, or MISUSE for an unknown column.
 * `seq` is where in the log the new shape of the table begins; its end when absent.
 */
export function install(
  connection: Connection,
  table: string,
  options: TrackOptions = {},
  seq: Position = readBounds(connection).newest,
): TableShape {
  const shape = readShape(connection, table, options.json ?? knownJson(connection, table))
  if (isDocuments(connection, shape.name))
    throw new LitefeedError('NOT_A_TABLE', `${shape.name} is a table of documents, which is recorded anyway`)
  uninstall(connection, shape.name)
  makeRecorder(connection, shape, recorder(shape))
  keepDefinition(connection, {...describe(shape), seq, settled: readBounds(connection).newest, migrating: false})
  return shape
}

/**
 * Removes everything that is in the file for the sake of this table, but for its changes in the log. False when it was not
 * tracked. Must run in a write transaction.
 */
export function uninstall(connection: Connection, table: string): boolean {
  const name = readDefinition(connection, table)?.name
  if (name === undefined) return false
  removeRecorder(connection, name)
  connection.execute(`DROP TABLE IF EXISTS ${identifier(imagesName(name))}`)
  forgetDefinition(connection, name)
  return true
}

/** Removes what `makeRecorder` made. */
export function removeRecorder(connection: Connection, name: string): void {
  for (const suffix of triggerSuffixes)
    connection.execute(`DROP TRIGGER IF EXISTS ${identifier(triggerName(name, suffix))}`)
  connection.execute(`DROP TABLE IF EXISTS ${identifier(stashName(name))}`)
}

/** Makes what records a table. Apart from `install` so that a test can put a faulty recorder in. */
export function makeRecorder(connection: Connection, {name}: TableShape, recorder: Recorder): void {
  connection.execute(recorder.stash)
  placeTriggers(connection, name, recorder)
}

/** The columns that were said to hold JSON, and are still there. */
function knownJson(connection: Connection, table: string): readonly string[] {
  const definition = readDefinition(connection, table)
  return definition === undefined ? [] : jsonColumns(connection, definition)
}

const triggerSuffixes = ['insert', 'update', 'delete'].flatMap(event => [`before_${event}`, `after_${event}`])
triggerSuffixes.push('after_move')
