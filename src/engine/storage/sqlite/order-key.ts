import {docText, literal} from './sql.ts'

/**
 * By what an index puts documents into the order of a field, as a text that SQLite can compare: RethinkDB's order of the
 * values, except that some share a text. Those have to be sorted by whoever reads them:
 *
 * - `''`: documents whose field this SQL cannot be sure of. It is spelled with escapes (`"\u0061"`), stands there twice, or
 *   is a number with an exponent or of more than 16 digits before the point.
 * - a text that `isCoarse`: arrays and objects; fractions of more than 15 digits; strings longer than 200 characters.
 *
 * The index is kept by the SQLite of whoever writes, of any version from 3.38 on, and SQLite refuses a DELETE when the text
 * that it computes is not the one in the index. So the text must be the same in every version: numbers are never made reals
 * of (their conversion has changed several times), and no escape `\uXXXX` is decoded (so has that).
 *
 * NULL for a document without the field.
 */
export function orderKey(path: readonly string[]): string {
  const doc = docText('doc')
  const at = literal(jsonPath(path))
  const type = `json_type(${doc}, ${at})`
  const raw = `(${doc} -> ${at})`
  const whole = `CAST(${raw} AS INTEGER)`
  const fraction = `CASE WHEN instr(${raw}, '.') THEN rtrim(substr(${raw}, instr(${raw}, '.') + 1), '0') ELSE '' END`
  const sign = `CASE WHEN substr(${raw}, 1, 1) = '-' THEN -1 ELSE 1 END`
  const unsure = [
    ...escapesOf(path).map(start => `instr(${doc}, ${literal(start)})`),
    ...path.map((_, depth) => {
      const part = literal(jsonPath(path.slice(0, depth + 1)))
      return `json_type(json_remove(${doc}, ${part}), ${part}) IS NOT NULL`
    }),
    `${type} IN ('integer', 'real') AND (instr(lower(${raw}), 'e') OR NOT ${whole} BETWEEN -9999999999999999 AND 9999999999999999)`,
    `${type} = 'text' AND instr(${raw}, '\\u')`,
  ]
  const fractionDigits = `CAST(substr(${fraction} || '000000000000000', 1, 15) AS INTEGER)`
  const number = `printf('3%017d%016d%d', 10000000000000000 + ${whole}, 1000000000000000 + ${sign} * ${fractionDigits},
    1 + ${sign} * (length(${fraction}) > 15))`
  const text = `json_extract(${doc}, ${at})`
  return `CASE WHEN NOT json_valid(${doc}) THEN '' WHEN ${unsure.join(' OR ')} THEN '' ELSE CASE ${type}
    WHEN 'array' THEN '0' WHEN 'false' THEN '10' WHEN 'true' THEN '11' WHEN 'null' THEN '2'
    WHEN 'integer' THEN ${number} WHEN 'real' THEN ${number} WHEN 'object' THEN '4'
    WHEN 'text' THEN '5' || substr(${text}, 1, 200) || CASE WHEN length(${text}) > 200 THEN '~' ELSE '' END END END`
}

/** Whether different values may share this text. */
export function isCoarse(key: string): boolean {
  if (key === '') return true
  if (key.startsWith('3')) return !key.endsWith('1')
  return key === '0' || key === '4' || [...key].length > 201
}

/** Whether SQL can find the field: a JSON path of SQLite has no escapes. https://sqlite.org/json1.html#path_arguments */
export function isPlainPath(path: readonly string[]): boolean {
  return path.every(name => name !== '' && !/["\\/\p{Cc}\p{Cs}]/u.test(name))
}

function jsonPath(path: readonly string[]): string {
  return `$${path.map(name => `."${name}"`).join('')}`
}

/** How a text starts in which one of these names may be spelled with an escape. */
function escapesOf(path: readonly string[]): string[] {
  const isAscii = path.every(name => /^[\x20-\x7f]*$/.test(name))
  return isAscii ? ['2', '3', '4', '5', '6', '7'].map(digit => `\\u00${digit}`) : ['\\u']
}
