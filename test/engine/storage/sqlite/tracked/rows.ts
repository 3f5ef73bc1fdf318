import Sqlite, {type Database} from 'better-sqlite3'
import {identifier} from '../../../../../src/engine/storage/sqlite/sql.ts'

/** The rows of a table by their keys, both in a form in which 1 and 1.0 differ: what the log must lead to, without its SQL. */
export function readRows(file: string, table: string, json: readonly string[] = []): Map<string, string> {
  const db = new Sqlite(file, {readonly: true})
  try {
    const columns = db
      .prepare('SELECT name, pk, "notnull" FROM pragma_table_xinfo(?) ORDER BY cid')
      .raw()
      .all(table) as [string, number, number][]
    const names = columns.map(([name]) => name)
    const primary = columns.filter(([, pk]) => pk > 0).sort((one, other) => one[1] - other[1])
    const rowid = rowidOf(db, table, names)
    const select = names.map(
      name => `CAST(${identifier(name)} AS BLOB), typeof(${identifier(name)}), ${identifier(name)}`,
    )
    const rows = db
      .prepare(`SELECT ${[rowid ?? 'NULL', ...select].join(', ')} FROM ${identifier(table)}`)
      .raw()
      .safeIntegers()
      .all() as unknown[][]
    return new Map(
      rows.map(([place, ...cells]) => {
        const values = new Map(
          names.map((name, at) => {
            const [bytes, type, value] = cells.slice(at * 3, at * 3 + 3) as [Buffer | null, string, unknown]
            const isJson = json.some(other => other.toLowerCase() === name.toLowerCase())
            return [name, shown(bytes, type, value, isJson)]
          }),
        )
        return [
          keyOf(
            primary.map(([name]) => values.get(name)),
            place,
          ),
          JSON.stringify(Object.fromEntries(values)),
        ]
      }),
    )
  } finally {
    db.close()
  }
}

/** The text of a value in the log, in the same form. */
export function readText(text: string): string {
  return JSON.stringify(parse(text))
}

/** The same of a key, in which 1 and 1.0 are one. */
export function readKey(text: string): string {
  return JSON.stringify(parse(text), sameNumber)
}

function keyOf(values: readonly unknown[], place: unknown): string {
  if (values.length === 0) return JSON.stringify(`integer ${place}`)
  if (values.includes(null)) return JSON.stringify({$rowid: `integer ${place}`})
  return JSON.stringify(values.length === 1 ? values[0] : values, sameNumber)
}

function sameNumber(_name: string, value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith('real ')) return value
  const number = Number(value.slice(5))
  return Number.isInteger(number) && number >= -(2 ** 63) && number < 2 ** 63 ? `integer ${BigInt(number)}` : value
}

function shown(bytes: Buffer | null, type: string, value: unknown, isJson: boolean): unknown {
  if (bytes === null) return null
  if (type === 'blob') return {$blob: `text ${bytes.toString('hex').toUpperCase()}`}
  if (type === 'integer') return `integer ${value}`
  if (type === 'real') {
    if (Number.isFinite(value)) return `real ${(value as number) + 0}`
    return {$real: `text ${value}`}
  }
  if (bytes.includes(0)) return {$text: `text ${bytes.toString('hex').toUpperCase()}`}
  if (isJson) {
    try {
      return parse(bytes.toString())
    } catch {}
  }
  return `text ${bytes}`
}

function parse(text: string): unknown {
  return JSON.parse(text, ((_name: string, value: unknown, {source = ''}: {source?: string}) => {
    if (typeof value === 'string') return `text ${value}`
    if (typeof value !== 'number') return value
    return /[.e]/i.test(source) ? `real ${value}` : `integer ${source}`
  }) as Parameters<typeof JSON.parse>[1])
}

function rowidOf(db: Database, table: string, names: readonly string[]): string | undefined {
  const wr = db.prepare(`SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?`).pluck().get(table)
  return wr === 1 ? undefined : ['rowid', '_rowid_', 'oid'].find(name => !names.includes(name))
}
