import type {Differences, Mended, Position, TrackOptions} from '../../storage.ts'
import type {Connection} from '../connection.ts'
import {readBounds} from '../log.ts'
import {dropImages, recordDifferences} from './compare.ts'
import {keepDefinition, readDefinition} from './definition.ts'
import {gapOf, hasChanges} from './gap.ts'
import {inspect, isTable} from './health.ts'
import {install} from './install.ts'
import {jsonColumns} from './renamed.ts'
import {readShape} from './shape.ts'
import {foldName} from './tokens.ts'

/** How a tracked table is found: as `Mended` has it, or in need of a repair that loses nothing. */
export type Found = Mended | {readonly table: string; readonly kind: 'drifted'}

/** Looks how a table is that is tracked, or no longer is: then undefined. Must run in a transaction. */
export function examine(connection: Connection, table: string, well?: Position): Found | undefined {
  const definition = readDefinition(connection, table)
  const drifts = inspect(connection, table)
  if (definition === undefined || drifts === undefined) return undefined
  const {name, columns, seq, settled} = definition
  if (drifts.length === 0) return {table: name, kind: 'ok', columns, before: columns, seq, resynced: false}
  if (definition.migrating) return {table: name, kind: 'migrating'}
  const reason = gapOf(connection, definition, drifts, Math.max(well ?? 0, settled))
  return reason === undefined ? {table: name, kind: 'drifted'} : {table: name, kind: 'gap', reason}
}

/**
 * Records what the log does not say of a table that has drifted, and brings its triggers up to date. Must run in a write
 * transaction, in which `found` is what `examine` says. A table that cannot be repaired stays a gap.
 */
export function repair(connection: Connection, found: Found): Mended {
  const before = readDefinition(connection, found.table)
  if (before === undefined || found.kind === 'ok') return found as Mended
  const drifts = inspect(connection, found.table) ?? []
  if (found.kind === 'gap' && drifts.some(({kind}) => kind === 'renamed' || kind === 'not-trackable')) return found
  const {seq} = putRight(connection, found.table, undefined, found.kind !== 'drifted')
  const columns = readDefinition(connection, found.table)?.columns ?? []
  return {table: found.table, kind: 'ok', columns, before: before.columns, seq, resynced: found.kind !== 'drifted'}
}

/** See Storage.track. Must run in a write transaction. */
export function trackAnew(connection: Connection, table: string, options: TrackOptions): Differences {
  const found = examine(connection, table)
  const known = readDefinition(connection, table)
  const json = (list: readonly string[]) => list.map(foldName).sort().join()
  if (found?.kind === 'ok' && json(options.json ?? known?.json ?? []) === json(known?.json ?? [])) {
    install(connection, table, options, known?.seq)
    return none
  }
  const {added, changed, removed} = putRight(connection, table, options, found?.kind === 'gap')
  return {added, changed, removed}
}

const none: Differences = {added: 0, changed: 0, removed: 0}

/**
 * The same for a table in any state, a migration that was broken off included, for whoever wants it tracked. `strangers`: see
 * `recordDifferences`; of a migration the rows are known. Throws as `install` does.
 */
export function putRight(
  connection: Connection,
  table: string,
  options: TrackOptions | undefined,
  strangers: boolean,
): Differences & {readonly seq: Position} {
  const definition = readDefinition(connection, table)
  const seq = readBounds(connection).newest
  if (definition === undefined) return {...begin(connection, table, options, seq), seq}
  const {name, migrating} = definition
  const known = definition.columns
  const images = migrating
    ? ({images: 'kept', strangers: true, known} as const)
    : ({images: 'logged', strangers, known} as const)
  if (options === undefined && !isTable(connection, name)) {
    const differences = recordDifferences(connection, name, undefined, images)
    dropImages(connection, name)
    keepDefinition(connection, {...definition, seq, settled: readBounds(connection).newest, migrating: false})
    return {...differences, seq}
  }
  const json = options?.json ?? jsonColumns(connection, definition)
  const differences = recordDifferences(connection, name, readShape(connection, name, json), images)
  install(connection, name, {json}, seq)
  return {...differences, seq}
}

/** What was done to a table that had been tracked before, and whose log was kept, is not in that. */
function begin(connection: Connection, table: string, options: TrackOptions | undefined, seq: Position): Differences {
  const shape = readShape(connection, table, options?.json)
  const images = {images: 'logged', strangers: true, known: []} as const
  const differences = hasChanges(connection, shape.name, 0)
    ? recordDifferences(connection, shape.name, shape, images)
    : none
  install(connection, table, options, seq)
  return differences
}
