import type {Finding} from '../../storage.ts'
import type {Connection} from '../connection.ts'
import {readBounds} from '../log.ts'
import {readable} from '../readable.ts'
import {readDefinitions} from '../tracked/definition.ts'
import {exists} from '../tracked/health.ts'
import {type Broken, type Compared, findBroken} from './broken.ts'
import {documentTables} from './tables.ts'
import {counted} from './words.ts'

/**
 * Whether each change begins with what the one before it left of its key, and the last ends with what is in the table, as
 * far as the log goes back.
 */
export function* checkHistory(connection: Connection): Generator<Finding> {
  const {oldest} = readBounds(connection)
  const tables: Compared[] = []
  for (const {name, kind} of presentTables(connection)) {
    try {
      const {sql} = readable(connection, name)
      connection.prepare(sql)
      tables.push({name, sql, kind, whole: kind === 'documents' && oldest === 1})
    } catch (error) {
      const message = `its rows cannot be compared with the log: ${(error as Error).message}`
      yield {check: 'rows', status: 'warning', table: name, message}
    }
  }
  const broken = findBroken(connection, tables)
  for (const one of broken) yield describeBroken(one)
  if (!broken.some(({check}) => check === 'history'))
    yield {check: 'history', status: 'ok', message: 'each change begins with what the one before it left'}
  const wrong = new Set(broken.filter(({check}) => check === 'rows').map(({table}) => table.toLowerCase()))
  for (const {name} of tables) {
    if (wrong.has(name.toLowerCase())) continue
    yield {check: 'rows', status: 'ok', table: name, message: 'the table is as the log says'}
  }
}

function presentTables(connection: Connection): readonly Pick<Compared, 'name' | 'kind'>[] {
  const documents = documentTables(connection).map(name => ({name, kind: 'documents' as const}))
  const tracked = readDefinitions(connection).map(({name}) => ({name, kind: 'tracked' as const}))
  return [...documents, ...tracked].filter(({name}) => exists(connection, 'table', name))
}

function describeBroken({check, table, count, key, seq}: Broken): Finding {
  if (check === 'history') {
    const message = `${counted(count, 'change')} of the log ${count === 1 ? 'does' : 'do'} not begin with what the one before it left; the first is ${seq}, of the key ${key}`
    const todo = 'what was done before it was not recorded; a feed that was there has missed it'
    return {check, status: 'problem', table, message, todo}
  }
  const since = seq === null ? 'which the log does not know' : `whose last change in the log is ${seq}`
  const message = `${counted(count, 'row')} ${count === 1 ? 'is' : 'are'} not as the log says; the first is that of the key ${key}, ${since}`
  const todo =
    'what was done to it was not recorded; a feed has to begin anew, with --include-initial, and see the checks of triggers'
  return {check, status: 'problem', table, message, todo}
}
