import {canonicalKey, type Key} from '../../documents/key.ts'
import {checkPosition} from '../bounds.ts'
import type {Position, Selection, Snapshot} from '../storage.ts'
import type {Connection} from './connection.ts'
import {keyTexts, readBounds} from './log.ts'
import {readable} from './readable.ts'
import {findTable, isInitialised} from './tables.ts'
import {readDefinitions} from './tracked/definition.ts'

/** See Storage.snapshot. Must run in a read transaction. */
export function readSnapshot(connection: Connection, selection: Selection, at: Position | undefined): Snapshot {
  const bounds = readBounds(connection)
  const position = at ?? bounds.newest
  checkPosition(bounds, position)
  const wanted = selection.keys && [...new Set(keyTexts(connection, selection.keys))]
  const asked = selection.tables && new Map(selection.tables.map(name => [name.toLowerCase(), name]))
  const tables = asked ? [...asked.values()].map(name => tableNow(connection, name)) : tablesSince(connection, position)
  const documents = tables.flatMap(({table, exists}) => {
    const there = exists ? readDocuments(connection, table, selection.keys, wanted) : new Map<string, string>()
    if (position < bounds.newest) wind(there, connection, table, position, wanted)
    const keys = wanted ?? [...there.keys()]
    return keys.map(key => ({table, key, text: there.get(key) ?? null}))
  })
  return {position, documents}
}

interface Found {
  readonly table: string
  readonly exists: boolean
}

function tableNow(connection: Connection, asked: string): Found {
  const table = findTable(connection, asked)
  return {table: table ?? asked, exists: table !== undefined}
}

/** Every table of now, and those that were dropped after the position. */
function tablesSince(connection: Connection, position: Position): Found[] {
  if (!isInitialised(connection)) return []
  const hasTracked = readDefinitions(connection).length > 0
  const listed = `(SELECT name FROM _litefeed_tables${hasTracked ? ' UNION ALL SELECT name FROM _litefeed_tracked' : ''})`
  const rows = connection
    .prepare(
      `SELECT t.name, s.name IS NOT NULL FROM ${listed} t
        LEFT JOIN sqlite_schema s ON s.type = 'table' AND s.name = t.name COLLATE NOCASE
      UNION ALL SELECT DISTINCT tbl COLLATE NOCASE, false FROM _litefeed_changes
        WHERE seq > ? AND tbl COLLATE NOCASE NOT IN (SELECT name FROM ${listed})`,
    )
    .all(position) as [string, number][]
  return rows.map(([table, exists]) => ({table, exists: exists === 1}))
}

/** By their keys as the log spells them. */
function readDocuments(
  connection: Connection,
  table: string,
  keys: readonly Key[] | undefined,
  wanted: readonly string[] | undefined,
): Map<string, string> {
  const source = readable(connection, table)
  if (keys === undefined || wanted === undefined)
    return new Map(
      (connection.prepare(source.sql).all() as [string, string][]).map(([key, doc]) => [canonicalKey(key), doc]),
    )
  const spelled = keyTexts(connection, keys)
  const found = keys.map((key, index) => [spelled[index] as string, source.get(key)] as const)
  return new Map(found.filter((one): one is [string, string] => one[1] !== null))
}

/**
 * Takes the documents back to an earlier position: a key that has changed since then had the old value of its first later
 * change.
 */
function wind(
  there: Map<string, string>,
  connection: Connection,
  table: string,
  position: Position,
  wanted: readonly string[] | undefined,
): void {
  // A bare column beside min() is the one of the row that has the minimum: https://sqlite.org/lang_select.html#bareagg
  const changed = connection
    .prepare(
      'SELECT key, old_val, min(seq) FROM _litefeed_changes WHERE seq > ? AND tbl = ? COLLATE NOCASE GROUP BY key',
    )
    .iterate(position, table) as Iterable<[string, string | null]>
  for (const [text, old_val] of changed) {
    const key = canonicalKey(text)
    if (wanted !== undefined && !wanted.includes(key)) continue
    if (old_val === null) there.delete(key)
    else there.set(key, old_val)
  }
}
