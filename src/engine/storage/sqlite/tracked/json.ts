import {identifier, literal} from '../sql.ts'

/** A column of a row, and whether its text is JSON by the word of whoever tracks the table. */
export interface Column {
  readonly name: string
  readonly json: boolean
}

/**
 * An SQL expression for the JSON text of a whole row; `row` is what its columns are qualified with.
 *
 * The values go through a VALUES list, so that the rule for one value stands there once: written out for each column, the
 * trigger of a table of 60 columns has 90 kB, which every connection parses and every statement compiles. Nor is there a
 * limit to the number of arguments (127 before SQLite 3.48) or to the depth of an expression to run into.
 */
export function documentJson(row: string, columns: readonly Column[]): string {
  const mixed = columns.some(column => column.json)
  const rows = columns.map(({name, json}, index) =>
    [
      literal(`${JSON.stringify(name)}:`),
      plain(`${row}.${identifier(name)}`, index),
      ...(mixed ? [json ? '1' : '0'] : []),
    ].join(', '),
  )
  const value = mixed
    ? `CASE WHEN column3 AND typeof(column2) = 'text' AND instr(column2, char(0)) = 0 AND json_valid(column2)
        THEN json(column2) ELSE ${valueJson('column2')} END`
    : valueJson('column2')
  return `(SELECT '{' || group_concat(column1 || ${value}) || '}' FROM (VALUES ${tuples(rows)}))`
}

/** An SQL expression for the JSON text of a key: the value of its column, or an array of the values in their order. */
export function keyJson(row: string, columns: readonly string[]): string {
  const values = columns.map((name, index) => plain(`${row}.${identifier(name)}`, index))
  const list = `(SELECT group_concat(${keyValueJson('column1')}) FROM (VALUES ${tuples(values)}))`
  return columns.length === 1 ? list : `'[' || ${list} || ']'`
}

/**
 * An SQL expression for the JSON text of any value, that reads back as what it was in all versions of SQLite:
 * - a blob is `{"$blob":"<HEX>"}`, an infinity `{"$real":"Infinity"}`; text that holds a NUL, where most of SQLite's functions
 *   stop, is `{"$text":"<HEX>"}`;
 * - a real is told from an integer by its point or exponent. 15 digits when they read back the same, else 17. 16 would do
 *   for many, but before 3.43 a CAST can be wrong about one in 20,000 of those. (Beyond 1e100 the older versions print the
 *   last digit of 17 wrong now and then, and there is nothing to be done in SQL.)
 *
 * It uses no JSON function: before 3.42 or so none of them may be used in a trigger when the application has set
 * `trusted_schema` to off (https://sqlite.org/pragma.html#pragma_trusted_schema), and the write would fail.
 */
function valueJson(value: string): string {
  return `CASE typeof(${value}) WHEN 'text' THEN ${textJson(value)} WHEN 'real' THEN ${realJson(value)}
    WHEN 'blob' THEN '{"$blob":"' || hex(${value}) || '"}' ELSE coalesce(${value}, 'null') END`
}

/** The same but for a number, whose JSON text is one whatever its type: 1.0 equals 1 as a key, and is spelt 1. */
function keyValueJson(value: string): string {
  return `CASE WHEN typeof(${value}) = 'real' AND ${value} >= -9223372036854775808.0 AND ${value} < 9223372036854775808.0
    AND ${value} = CAST(${value} AS INTEGER) THEN CAST(CAST(${value} AS INTEGER) AS TEXT) ELSE ${valueJson(value)} END`
}

function realJson(value: string): string {
  return `CASE WHEN ${value} = 9e999 THEN '{"$real":"Infinity"}' WHEN ${value} = -9e999 THEN '{"$real":"-Infinity"}'
    WHEN ${value} = 0 THEN '0.0'
    WHEN CAST(printf('%!.15g', ${value}) AS REAL) = ${value} THEN printf('%!.15g', ${value}) ELSE printf('%!.17g', ${value}) END`
}

/**
 * Most text needs two characters escaped, some the ends of lines and tabs as well, and hardly any the other controls: these
 * are replaced in a loop, since the parser of SQLite before 3.46 takes no more than a dozen calls within each other.
 */
function textJson(value: string): string {
  const escaped = `replace(replace(${value}, '\\', '\\\\'), '"', '\\"')`
  const lines = `replace(replace(replace(${escaped}, char(10), '\\n'), char(13), '\\r'), char(9), '\\t')`
  return `CASE WHEN instr(${value}, char(0)) THEN '{"$text":"' || hex(${value}) || '"}'
    WHEN ${value} NOT GLOB ${controls} THEN '"' || ${escaped} || '"'
    WHEN ${value} NOT GLOB ${rareControls} THEN '"' || ${lines} || '"'
    ELSE '"' || (WITH RECURSIVE escaping (code, text) AS (SELECT 1, ${lines} UNION ALL
      SELECT code + 1, replace(text, char(code), printf('\\u%04x', code)) FROM escaping WHERE code < 32)
      SELECT text FROM escaping WHERE code = 32) || '"' END`
}

const controls = `'*[' || char(1) || '-' || char(31) || ']*'`
/** All but the ends of lines and tabs. */
const rareControls = `'*[' || char(1) || '-' || char(8, 11, 12, 14) || '-' || char(31) || ']*'`

/**
 * The first row of a VALUES list gives its columns their names, affinity and collation. In a function a column has
 * none: the names are column1 and so on, and values are compared as they are.
 */
function plain(value: string, index: number): string {
  return index === 0 ? `coalesce(${value}, NULL)` : value
}

function tuples(rows: readonly string[]): string {
  return rows.map(row => `(${row})`).join(', ')
}
