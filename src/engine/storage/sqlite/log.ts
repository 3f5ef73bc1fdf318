import {isUtf8} from 'node:buffer'
import {canonicalKey, type Key} from '../../documents/key.ts'
import {checkPosition} from '../bounds.ts'
import type {
  Bounds,
  Change,
  Changes,
  Comparisons,
  Lines,
  Place,
  Position,
  Progress,
  Range,
  Selection,
} from '../storage.ts'
import type {Connection} from './connection.ts'
import {isWithoutTable} from './failure.ts'
import type {Fragment} from './fragment.ts'
import {keepsChange, leavingOut} from './leave-out.ts'
import {keyJson, toSql} from './sql.ts'

/** See Storage.bounds. */
export function readBounds(connection: Connection): Bounds {
  try {
    const [oldest, newest] = connection.prepare(boundsSql).get() as [Position | null, Position]
    return {oldest: oldest ?? newest + 1, newest}
  } catch (error) {
    // Rather than to ask first, for each look at the log begins here.
    if (isWithoutTable(error)) return {oldest: 1, newest: 0}
    throw error
  }
}

const boundsSql = `SELECT (SELECT min(seq) FROM _litefeed_changes),
  coalesce((SELECT max(seq) FROM _litefeed_changes), (SELECT seq FROM sqlite_sequence WHERE name = '_litefeed_changes'), 0)`

/** See Storage.changes. Must run in a read transaction. */
export function readChanges(connection: Connection, range: Range): Changes {
  return leavingOut(conditionOf(range), condition => changesOf(connection, range, condition))
}

function changesOf(connection: Connection, range: Range, condition: Fragment | undefined): Changes {
  const plan = planRead(connection, range, condition)
  if (plan.end <= range.after) return {changes: [], position: plan.end, drained: plan.drained(plan.end)}
  const rows = connection
    .prepare(
      `SELECT seq, ts_ms, tbl, key, old_val, new_val FROM _litefeed_changes WHERE ${plan.where} ORDER BY seq LIMIT ?`,
    )
    .iterate(...plan.values, range.limit) as Iterable<[number, number, string, string, string | null, string | null]>
  const changes: Change[] = []
  let bytes = 0
  for (const [seq, ts_ms, table, key, old_val, new_val] of rows) {
    changes.push({seq, ts_ms, table, key: canonicalKey(key), old_val, new_val})
    bytes += (old_val?.length ?? 0) + (new_val?.length ?? 0)
    if (bytes > bytesAtOnce) break
  }
  const full = changes.length === range.limit || bytes > bytesAtOnce
  const position = full ? (changes.at(-1)?.seq ?? plan.end) : plan.end
  return {changes, position, drained: plan.drained(position)}
}

/**
 * See Storage.lines. Returns undefined for a part of the log that cannot be joined in SQL: values that hold a line break
 * (another program may write JSON as it likes) or bytes that are no UTF-8, or long values. Must run in a read transaction.
 */
export function readLines(connection: Connection, range: Range): Lines | undefined {
  if (!connection.isUtf8) return undefined
  return leavingOut(conditionOf(range), condition => linesOf(connection, range, condition))
}

function linesOf(connection: Connection, range: Range, condition: Fragment | undefined): Lines | undefined {
  const plan = planRead(connection, range, condition)
  if (plan.end <= range.after)
    return {lines: new Uint8Array(), count: 0, position: plan.end, drained: plan.drained(plan.end)}
  // Without a condition every change of the span is a line, and the subquery that a LIMIT needs would cost a sixth of it all.
  const source = plan.limited
    ? `(SELECT * FROM _litefeed_changes WHERE ${plan.where} ORDER BY seq LIMIT ${range.limit})`
    : `_litefeed_changes WHERE ${plan.where}`
  const [lines, count, last] = connection
    .prepare(`SELECT CAST(group_concat(${eventLine}, '') AS BLOB), count(*), max(seq) FROM ${source}`)
    .get(...plan.values) as [Uint8Array | null, number, Position | null]
  const position = count === range.limit ? (last ?? plan.end) : plan.end
  const done: Progress = {position, drained: plan.drained(position)}
  if (lines === null) return {lines: new Uint8Array(), count: 0, ...done}
  return countLines(lines) === count && !lines.includes(13) && isUtf8(lines) ? {lines, count, ...done} : undefined
}

/** See Storage.locate. Reads back from the end, so it costs what the feed is going to print anyway. */
export function locatePosition(connection: Connection, place: Place): Position {
  const {oldest, newest} = readBounds(connection)
  if (oldest > newest) return newest
  if ('before' in place) {
    const row = connection
      .prepare('SELECT seq FROM _litefeed_changes WHERE ts_ms < ? ORDER BY seq DESC LIMIT 1')
      .get(place.before) as [Position] | undefined
    return row?.[0] ?? oldest - 1
  }
  if (place.last === 0) return newest
  const {sql, values} = selectionSql(connection, place)
  const row = connection
    .prepare(`SELECT seq FROM _litefeed_changes WHERE true ${sql} ORDER BY seq DESC LIMIT 1 OFFSET ?`)
    .get(...values, place.last - 1) as [Position] | undefined
  return (row?.[0] ?? oldest) - 1
}

/** The SQL condition of a selection, over the log's columns, and its values. */
export function selectionSql(connection: Connection, {tables, keys}: Selection): {sql: string; values: string[]} {
  const parts: string[] = []
  const values: string[] = []
  if (tables !== undefined) {
    // To compare with each of a few costs less than a look into a list.
    const few = tables.length <= 4 && tables.length > 0
    parts.push(
      few
        ? `(${tables.map(() => 'tbl = ? COLLATE NOCASE').join(' OR ')})`
        : 'tbl COLLATE NOCASE IN (SELECT value FROM json_each(?))',
    )
    values.push(...(few ? tables : [JSON.stringify(tables)]))
  }
  if (keys !== undefined) {
    // A real may have several texts, which all read back as it.
    const reals = keys.map(toSql).filter(key => typeof key === 'number')
    parts.push(
      reals.length === 0
        ? 'key IN (SELECT value FROM json_each(?))'
        : '(key IN (SELECT value FROM json_each(?)) OR CAST(key AS REAL) IN (SELECT value FROM json_each(?)))',
    )
    values.push(JSON.stringify(keyTexts(connection, keys)), ...(reals.length === 0 ? [] : [JSON.stringify(reals)]))
  }
  return {sql: parts.map(part => ` AND ${part}`).join(''), values}
}

/** The keys as changes have them: by the same SQL that the triggers use, so that one key has one text. */
export function keyTexts(connection: Connection, keys: readonly Key[]): string[] {
  const spell = connection.prepare(`SELECT ${keyJson('column1', 'NULL')} FROM (VALUES (?))`)
  return keys.map(key => canonicalKey((spell.get(toSql(key)) as [string])[0]))
}

const bytesAtOnce = 4e6

/** A selective feed passes over this many changes in one statement, so that a statement stays short. */
const changesAtOnce = 10_000

/**
 * The event of a change as a line. In the place of a long one stand two empty lines: joining many long ones would take more
 * memory than there should be, and a count of lines that is too high is how `readLines` sees anything unusual.
 */
const eventLine = `CASE WHEN octet_length(old_val) > 16000 OR octet_length(new_val) > 16000 THEN char(10, 10) ELSE
  concat('{"seq":', seq, ',"ts_ms":', ts_ms, ',"table":', json_quote(tbl), ',"key":', key, ',"type":"',
    CASE WHEN old_val IS NULL THEN 'add' WHEN new_val IS NULL THEN 'remove' ELSE 'change' END,
    '","old_val":', ifnull(old_val, 'null'), ',"new_val":', ifnull(new_val, 'null'), '}', char(10)) END`

/** What may be left out. Made once for each feed, since a feed reads thousands of times. */
function conditionOf({filter = none, where = none}: Range): Fragment | undefined {
  const known = conditions.get(filter)
  if (known?.where === where) return known.condition
  const condition = keepsChange(filter, where)
  conditions.set(filter, {where, condition})
  return condition
}

const none: Comparisons = []
const conditions = new WeakMap<Comparisons, {where: Comparisons; condition: Fragment | undefined}>()

function planRead(connection: Connection, range: Range, condition: Fragment | undefined) {
  const bounds = readBounds(connection)
  checkPosition(bounds, range.after)
  const last = Math.min(bounds.newest, range.until ?? bounds.newest)
  const selection = selectionSql(connection, range)
  const limited = selection.sql !== '' || condition !== undefined
  const span = limited ? Math.max(changesAtOnce, range.limit) : range.limit
  const end = Math.max(range.after, Math.min(last, range.after + span))
  return {
    end,
    /** Whether there may be more changes than range.limit up to `end`, or other ones than those asked for. */
    limited,
    drained: (position: Position) => position >= last,
    where: `seq > ? AND seq <= ?${selection.sql}${condition === undefined ? '' : ` AND ${condition.sql}`}`,
    values: [range.after, end, ...selection.values, ...(condition?.values ?? [])] as const,
  }
}

function countLines(lines: Uint8Array): number {
  let count = 0
  for (let at = lines.indexOf(10); at !== -1; at = lines.indexOf(10, at + 1)) count++
  return count
}
