import {literal} from '../sql.ts'
import {tokens} from './tokens.ts'

/**
 * A column's default, as `PRAGMA table_info` has it, as SQL that has the same value. A name that stands alone there is a string to
 * SQLite (https://sqlite.org/syntax/column-constraint.html), and no column, as it would be elsewhere.
 */
export function defaultSql(written: string | null): string {
  if (written === null) return 'NULL'
  const [only, another] = tokens(written)
  if (only === undefined || another !== undefined) return `(${written})`
  const isName = only.kind === 'quoted' || (only.kind === 'word' && !constants.test(only.text))
  return isName ? literal(only.name) : `(${written})`
}

const constants = /^(null|true|false|current_date|current_time|current_timestamp)$/i
