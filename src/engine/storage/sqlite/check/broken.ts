import type {Connection} from '../connection.ts'
import {canonicalKeyJson, literal} from '../sql.ts'

/** A table that is to be compared with its part of the log. */
export interface Compared {
  readonly name: string
  readonly kind: 'documents' | 'tracked'
  /** A query for its rows: key and doc. */
  readonly sql: string
  /** Whether every row must be in the log. Those of a tracked table may have been there before. */
  readonly whole: boolean
}

/** Changes of a table that do not begin with what was left, or rows that are not as they were left. */
export interface Broken {
  readonly check: 'history' | 'rows'
  readonly table: string
  readonly count: number
  /** The first of them, as the log spells its key. */
  readonly key: string
  /** Its position; of a row, that of its last change; null when there is none. */
  readonly seq: number | null
}

/**
 * What does not fit in the changes of each key, one after the other. To SQL the row in the table is one more change of its
 * key, after the last one. What is sorted are keys and positions, and the values are looked up: so a log of any length is
 * compared without a copy of it.
 */
export function findBroken(connection: Connection, tables: readonly Compared[]): readonly Broken[] {
  const groups = Array.from({length: Math.ceil(tables.length / tablesAtOnce)}, (_, at) =>
    tables.slice(at * tablesAtOnce, (at + 1) * tablesAtOnce),
  )
  const others = `NOT IN (${names(tables)})`
  const found = [
    ...groups.flatMap(group => find(connection, `IN (${names(group)})`, group)),
    ...find(connection, others, []),
  ]
  return found.flatMap(describe)
}

/** SQLite takes 500 queries in a UNION. */
const tablesAtOnce = 100

/** The position of a row. */
const end = '9223372036854775807'

type Found = readonly [
  table: string,
  history: number,
  historySeq: number | null,
  historyKey: string | null,
  rows: number,
  rowSeq: number | null,
  rowKey: string | null,
  unknownKey: string | null,
]

function find(connection: Connection, which: string, tables: readonly Compared[]): readonly Found[] {
  const rows = tables.map(
    ({name, sql}) => ` UNION ALL SELECT ${literal(name)}, ${canonicalKeyJson('key')}, ${end}, doc FROM (${sql})`,
  )
  const whole = `tbl IN (${names(tables.filter(table => table.whole))})`
  const tracked = `tbl IN (${names(tables.filter(({kind}) => kind === 'tracked'))})`
  const log = '_litefeed_changes'
  const present = tables.length > 0
  const keyOf = (seq: string) => `(SELECT key FROM ${log} WHERE seq = ${seq})`
  return connection
    .prepare(
      `WITH entry AS (
        SELECT tbl COLLATE NOCASE AS tbl, ${canonicalKeyJson('key')} COLLATE BINARY AS key, seq, NULL AS doc FROM ${log} WHERE tbl COLLATE NOCASE ${which}
        ${rows.join('')}
      ), linked AS (
        SELECT *, lag(seq) OVER keys AS before, lead(seq) OVER keys AS after FROM entry
        WINDOW keys AS (PARTITION BY tbl COLLATE NOCASE, key COLLATE BINARY ORDER BY seq)
      ), sides AS (
        SELECT *, (SELECT new_val FROM ${log} AS c WHERE c.seq = before) AS was,
          CASE WHEN seq = ${end} THEN doc ELSE (SELECT old_val FROM ${log} AS c WHERE c.seq = linked.seq) END AS now
        FROM linked
      ), judged AS (
        SELECT tbl, key, before, seq,
          CASE WHEN before IS NULL THEN now IS NOT NULL AND ${whole}
            WHEN was COLLATE BINARY IS now THEN false
            WHEN ${tracked} THEN NOT ${alike('was', 'now')} ELSE true END AS differs,
          ${present} AND after IS NULL AND seq < ${end}
            AND (SELECT new_val FROM ${log} AS c WHERE c.seq = sides.seq) IS NOT NULL AS gone
        FROM sides
      ), told AS (
        SELECT tbl, key, differs AND seq < ${end} AS history, differs AND seq = ${end} OR gone AS row, seq,
          iif(gone, seq, before) AS last FROM judged WHERE differs OR gone
      ), counts AS (
        SELECT tbl, sum(history) AS history, min(iif(history, seq, NULL)) AS history_seq,
          sum(row) AS rows, min(iif(row, last, NULL)) AS row_seq, min(iif(row AND last IS NULL, key, NULL)) AS unknown
        FROM told GROUP BY tbl COLLATE NOCASE
      )
      SELECT tbl, history, history_seq, ${keyOf('history_seq')}, rows, row_seq, ${keyOf('row_seq')}, unknown FROM counts`,
    )
    .all() as Found[]
}

function describe([table, history, historySeq, historyKey, rows, rowSeq, rowKey, unknownKey]: Found): Broken[] {
  const broken: Broken[] = []
  if (history > 0) broken.push({check: 'history', table, count: history, key: historyKey ?? '', seq: historySeq})
  if (rows > 0) broken.push({check: 'rows', table, count: rows, key: rowKey ?? unknownKey ?? '', seq: rowSeq})
  return broken
}

/**
 * Whether two values of a row agree in the columns that both have: others were added, renamed or dropped between them. Text
 * in which JSON is agrees with that JSON, since a column may have been declared to hold it meanwhile.
 */
function alike(one: string, other: string): string {
  const isSame = 'x.type = y.type AND x.value IS y.value'
  const holds = (text: string, value: string) =>
    `CASE WHEN ${text}.type = 'text' AND ${value}.type <> 'text' AND json_valid(${text}.value)
      THEN json_type(${text}.value) = ${value}.type AND json_extract(${text}.value, '$') IS ${value}.value ELSE false END`
  return `CASE WHEN json_valid(${one}) AND json_valid(${other}) THEN NOT EXISTS (
    SELECT 1 FROM json_each(${one}) AS x JOIN json_each(${other}) AS y ON x.key = y.key
      WHERE NOT (${isSame} OR ${holds('x', 'y')} OR ${holds('y', 'x')})) ELSE false END`
}

function names(tables: readonly Compared[]): string {
  return tables.map(({name}) => literal(name)).join(', ')
}
