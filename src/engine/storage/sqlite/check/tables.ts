import type {Finding, TableInfo} from '../../storage.ts'
import type {Connection} from '../connection.ts'
import {identifier} from '../sql.ts'
import {readDefinitions} from '../tracked/definition.ts'
import {describeDrift} from '../tracked/describe.ts'
import {inspectDocuments} from '../tracked/documents.ts'
import {type Drift, inspect} from '../tracked/health.ts'
import {shownArgument} from './words.ts'

/** Whether every table is recorded as it should be: its schema, the triggers, and their places among the application's. */
export function* checkTables(connection: Connection): Generator<Finding> {
  for (const table of documentTables(connection)) yield* tell(table, 'documents', inspectDocuments(connection, table))
  for (const {name} of readDefinitions(connection)) yield* tell(name, 'tracked', inspect(connection, name) ?? [])
}

/** The tables of documents that there are to be, by name. */
export function documentTables(connection: Connection): readonly string[] {
  const rows = connection.prepare('SELECT name FROM _litefeed_tables ORDER BY name').all() as [string][]
  return rows.map(([name]) => name)
}

function* tell(table: string, kind: TableInfo['kind'], drifts: readonly Drift[]): Generator<Finding> {
  for (const [check, message] of soundness) {
    const mine = drifts.filter(({kind}) => checkOf[kind] === check)
    for (const drift of mine) {
      const todo = todoFor(table, drift, kind)
      yield {check, status: 'problem', table, message: describeDrift(drift), todo}
    }
    if (mine.length === 0) yield {check, status: 'ok', table, message}
    // Where there is no table, there is nothing else to be looked at.
    if (mine.some(({kind}) => ['no-table', 'renamed', 'not-trackable'].includes(kind))) return
  }
}

const soundness = [
  ['schema', 'the table is as it was when its recording began'],
  ['triggers', 'all that records it is there'],
  ['order', 'the triggers fire in the right order'],
] as const

const checkOf: Readonly<Record<Drift['kind'], Finding['check']>> = {
  'no-table': 'schema',
  renamed: 'schema',
  'not-trackable': 'schema',
  columns: 'schema',
  key: 'schema',
  unique: 'schema',
  missing: 'triggers',
  altered: 'triggers',
  order: 'order',
  migrating: 'schema',
}

function todoFor(table: string, drift: Drift, kind: TableInfo['kind']): string {
  const name = shownArgument(table)
  const again = `litefeed track ${name} installs its triggers anew${
    kind === 'tracked' ? ', and records what the log has missed' : '; what was not recorded meanwhile stays so'
  }`
  if (drift.kind === 'renamed') {
    return kind === 'tracked'
      ? `litefeed untrack ${name} --keep-log, and then litefeed track ${shownArgument(drift.to)}`
      : `ALTER TABLE ${identifier(drift.to)} RENAME TO ${identifier(table)}, and then litefeed track ${name}`
  }
  if (drift.kind !== 'no-table' && drift.kind !== 'not-trackable') return again
  if (kind === 'tracked') return `litefeed untrack ${name} --keep-log ends its recording`
  return drift.kind === 'no-table'
    ? `litefeed insert ${name} makes it anew; to delete a table so that feeds see it, litefeed drop`
    : `litefeed track ${name} records it as a table of the application`
}
