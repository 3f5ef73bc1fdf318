import type {Connection} from '../connection.ts'
import type {Definition} from './definition.ts'
import {foldName} from './tokens.ts'

/** The columns of a tracked table whose text is JSON, by the names that they have now. */
export function jsonColumns(connection: Connection, {name, columns, json}: Definition): readonly string[] {
  const present = columnNames(connection, name)
  const renamed = renamedColumns(columns, present)
  return json.flatMap(column => {
    const now = renamed.get(column) ?? column
    return present.some(one => foldName(one) === foldName(now)) ? [now] : []
  })
}

/** In their order; generated ones too. */
export function columnNames(connection: Connection, table: string): readonly string[] {
  const rows = connection.prepare('SELECT name FROM pragma_table_xinfo(?) ORDER BY cid').all(table) as [string][]
  return rows.map(([column]) => column)
}

/** The new names of columns that were renamed: of one that is gone while another that was not there stands in its place. */
export function renamedColumns(was: readonly string[], is: readonly string[]): ReadonlyMap<string, string> {
  const pairs = was.flatMap((column, at): [string, string][] => {
    const now = is[at]
    return now !== undefined && !is.includes(column) && !was.includes(now) ? [[column, now]] : []
  })
  return new Map(pairs)
}
