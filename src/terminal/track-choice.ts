import {LitefeedError} from '../engine/error.ts'
import type {Store} from '../engine/store.ts'
import {misuse} from './arguments.ts'
import {matchTables} from './patterns.ts'

/** Which tables to track, and which of their columns are JSON. */
export interface TrackChoice {
  readonly tables: readonly {readonly name: string; readonly json: readonly string[] | undefined}[]
  /** Why the others of `all` are left out. */
  readonly leftOut: readonly string[]
}

/**
 * What names and patterns, or `all`, stand for. Looks before anything is written: a file in which nothing is to be tracked
 * after all shall stay as it is. Throws MISUSE, NO_TABLE and NOT_A_TABLE.
 */
export async function chooseTables(
  store: Store,
  asked: readonly string[],
  json: readonly string[] | undefined,
  all: boolean,
): Promise<TrackChoice> {
  const tables = await store.applicationTables()
  const leftOut = tables.flatMap(({refused, view}) => (all && !view && refused !== undefined ? [refused.message] : []))
  const names = all
    ? tables.filter(({refused}) => refused === undefined).map(({name}) => name)
    : matchTables(tables, asked)
  for (const name of names) {
    const table = tables.find(one => isSame(one.name, name))
    if (table?.refused !== undefined) throw table.refused
    // One of documents is none of the application's, and can be repaired.
    if (table === undefined && !(await store.tables()).some(one => isSame(one.name, name)))
      throw new LitefeedError('NO_TABLE', `there is no table ${JSON.stringify(name)}`)
  }
  const columnsOf = (name: string) => tables.find(table => isSame(table.name, name))?.columns ?? []
  const has = (name: string, column: string) => columnsOf(name).some(one => isSame(one, column))
  const unknown = json?.find(column => names.length > 0 && !names.some(name => has(name, column)))
  if (unknown !== undefined) throw misuse(`no column ${unknown} in ${names.join(', ')}`)
  return {tables: names.map(name => ({name, json: json?.filter(column => has(name, column))})), leftOut}
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}
