import type {Position} from '../../storage.ts'
import type {Connection} from '../connection.ts'
import type {TableShape} from './shape.ts'
import {describeUnique} from './unique.ts'

/** What a table was like when its recording began: what the log says is said by this. */
export interface Definition {
  /** As it was then; the application may have renamed it. */
  readonly name: string
  readonly columns: readonly string[]
  /** The columns whose text is JSON. */
  readonly json: readonly string[]
  readonly key: readonly string[]
  readonly unique: readonly string[]
}

/** What is kept of a table besides: where in the log its present recording begins, and how that goes. */
export interface Kept extends Definition {
  /** The end of the log when the triggers were made. What was found to be different then follows. */
  readonly seq: Position
  /** The end of the log with those differences: up to here it is known to say what happened. */
  readonly settled: Position
  /** Whether its triggers are lifted for a migration, which is under way, or was broken off. */
  readonly migrating: boolean
}

/** The tables that are tracked, by name. */
export function readDefinitions(connection: Connection): readonly Kept[] {
  if (!hasDefinitions(connection)) return []
  const rows = connection.prepare('SELECT name, definition FROM _litefeed_tracked ORDER BY name').all() as [
    string,
    string,
  ][]
  return rows.map(([name, text]) => parse(name, text))
}

/** The table of this name, or undefined when it is not tracked. */
export function readDefinition(connection: Connection, table: string): Kept | undefined {
  if (!hasDefinitions(connection)) return undefined
  const row = connection.prepare('SELECT name, definition FROM _litefeed_tracked WHERE name = ?').get(table) as
    | [string, string]
    | undefined
  return row && parse(...row)
}

export function keepDefinition(connection: Connection, definition: Kept): void {
  const {name, ...rest} = definition
  connection
    .prepare('INSERT OR REPLACE INTO _litefeed_tracked (name, definition) VALUES (?, ?)')
    .run(name, JSON.stringify(rest))
}

export function forgetDefinition(connection: Connection, name: string): void {
  connection.prepare('DELETE FROM _litefeed_tracked WHERE name = ?').run(name)
}

export function describe({name, columns, key, unique}: TableShape): Definition {
  return {
    name,
    columns: columns.map(column => column.name),
    json: columns.filter(column => column.json).map(column => column.name),
    key: key.map(column => column.name),
    unique: unique.map(describeUnique),
  }
}

/** The first files that had tracked tables do not say where their recording began. */
function parse(name: string, text: string): Kept {
  return {seq: 0, settled: 0, migrating: false, ...(JSON.parse(text) as Omit<Definition, 'name'>), name}
}

/** A file of an earlier layout that is only read has none. */
function hasDefinitions(connection: Connection): boolean {
  return connection.prepare(`SELECT 1 FROM sqlite_schema WHERE name = '_litefeed_tracked'`).get() !== undefined
}
