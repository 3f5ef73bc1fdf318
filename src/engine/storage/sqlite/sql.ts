import type {Key} from '../../documents/key.ts'
import {keyText} from '../../documents/key.ts'

/** A name, quoted for SQL. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A string, quoted for SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/**
 * How a key is kept in the column `id`, which has no affinity: strings as text, numbers as numbers, and booleans and arrays,
 * which SQLite has no type for, as a blob of their JSON.
 */
export function toSql(key: Key): string | number | bigint | Buffer {
  switch (typeof key) {
    case 'string':
    case 'bigint':
      return key
    case 'number':
      return Number.isInteger(key) ? (wholeNumber(key) ?? key) : key
    default:
      return Buffer.from(keyText(key))
  }
}

/**
 * better-sqlite3 binds every number as a real, and a bigint as an integer. The digits are those that JSON
 * shows, which past 2^53 are not those of the double: 2 ** 62 is written as 4611686018427388000.
 */
function wholeNumber(key: number): bigint | undefined {
  if (Number.isSafeInteger(key)) return BigInt(key)
  if (Math.abs(key) > 2 ** 63) return undefined
  const whole = BigInt(String(key))
  return BigInt.asIntN(64, whole) === whole ? whole : undefined
}

/**
 * An SQL expression for the JSON text of a key in the column `column`, of the document in the column `doc`. One key has one text,
 * whichever SQLite evaluates it: 1.0 is 1, and a real has the fewest digits that read back as the same. (Before 3.43 or so
 * json_quote rounds to 15 digits, and writes infinity as `Inf`.) The versions do not agree on the last of 16 or 17 digits, so
 * a real that needs them is spelled as in the document; where that says otherwise it may have one of several texts, of which
 * `canonicalKeyJson` makes one. A blob that holds neither a boolean nor an array was written by somebody else, and is shown in
 * hexadecimal.
 */
export function keyJson(column: string, doc: string): string {
  const text = `CAST(${column} AS TEXT)`
  const rounded = (digits: number) =>
    `WHEN CAST(printf('%!.${digits}g', ${column}) AS REAL) = ${column} THEN printf('%!.${digits}g', ${column})`
  const spelled = `(SELECT t FROM (SELECT CASE WHEN json_valid(${docText(doc)}) THEN ${docText(doc)} -> '$.id' END AS t)
        WHERE length(t) <= 24 AND NOT t GLOB '*[eE]*' AND CAST(t AS REAL) = ${column})`
  return `CASE typeof(${column})
    WHEN 'integer' THEN ${text}
    WHEN 'text' THEN json_quote(${column})
    WHEN 'real' THEN CASE
      WHEN ${column} >= -9223372036854775808.0 AND ${column} < 9223372036854775808.0 AND ${column} = CAST(${column} AS INTEGER)
        THEN CAST(CAST(${column} AS INTEGER) AS TEXT)
      WHEN ${column} = 9e999 THEN '9.0e+999'
      WHEN ${column} = -9e999 THEN '-9.0e+999'
      ${rounded(15)}
      ELSE coalesce(${spelled}, CASE ${rounded(16)} ELSE printf('%!.17g', ${column}) END) END
    ELSE CASE WHEN CASE WHEN json_valid(${text}) THEN json_type(${text}) END IN ('array', 'true', 'false') THEN ${text}
      ELSE '{"$blob":"' || hex(${column}) || '"}' END
  END`
}

/** An SQL expression for one text of a key of the log, in the column `column`, where a real may have several. */
export function canonicalKeyJson(column: string): string {
  return `CASE WHEN octet_length(${column}) > 16 AND ${column} GLOB '[-0-9]*[.eE]*'
    THEN printf('%!.17g', CAST(${column} AS REAL)) ELSE ${column} END`
}

/** An SQL expression for the JSON text of a document: a column of type TEXT keeps a blob that another program stores. */
export function docText(column: string): string {
  return `CAST(${column} AS TEXT)`
}

/** Milliseconds since 1970, UTC. Julian day 2440587.5 is 1970-01-01T00:00Z; `subsec` would need SQLite 3.42. */
export const now = `CAST(round((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)`
