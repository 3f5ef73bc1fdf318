import {docText, literal} from './sql.ts'

/**
 * By what an index puts documents into the order of a field, as a text that SQLite can compare: RethinkDB's order of the
 * values, except that some share a text. Those have to be sorted by whoever reads them:
 *
 * - `''`: documents whose field this SQL cannot be sure of. It is spelled with escapes (`"\u0061"`), stands there twice, or
 *   is a number with an exponent, of more than 17 characters before the point, or with needless zeros after many digits.
 * - a text that `isCoarse`: arrays and objects; fractions of many digits; strings longer than 200 characters.
 *
 * The index is kept by the SQLite of whoever writes, of any version from 3.38 on, and SQLite refuses a DELETE when the text
 * that it computes is not the one in the index. So the text must be the same in every version: numbers are never made reals
 * of (their conversion has changed several times), and no escape `\uXXXX` is decoded (so has that).
 *
 * Each JSON function costs about 0.2 us, which is why there are branches where one formula would do. NULL for a document
 * without the field.
 */
export function orderKey(path: readonly string[]): string {
  const doc = docText('doc')
  const at = literal(jsonPath(path))
  const raw = `(${doc} -> ${at})`
  const whole = `100000000000000000 + CAST(${raw} AS INTEGER)`
  const fraction = `CAST(substr(substr(${raw}, instr(${raw}, '.') + 1) || '000000000000000', 1, 15) AS INTEGER)`
  const real = (sign: '+' | '-', coarse: 0 | 2) =>
    `printf('3%018d%016d%d', ${whole}, 1000000000000000 ${sign} ${fraction}, CASE WHEN length(${raw}) > 17 THEN ${coarse} ELSE 1 END)`
  const text = `json_extract(${doc}, ${at})`
  return `CASE WHEN NOT json_valid(${doc}) THEN '' WHEN ${isUnsure(doc, path)} THEN '' ELSE CASE json_type(${doc}, ${at})
    WHEN 'array' THEN '0' WHEN 'false' THEN '10' WHEN 'true' THEN '11' WHEN 'null' THEN '2'
    WHEN 'integer' THEN CASE WHEN length(${raw}) > 17 THEN '' ELSE printf('3%018d10000000000000001', ${whole}) END
    WHEN 'real' THEN CASE WHEN ${raw} GLOB '*[eE]*' OR instr(${raw}, '.') > 17 OR (length(${raw}) > 17 AND substr(${raw}, -1) = '0') THEN ''
      WHEN ${raw} < '0' THEN ${real('-', 0)} ELSE ${real('+', 2)} END
    WHEN 'object' THEN '4'
    WHEN 'text' THEN CASE WHEN instr(${raw}, '\\u') THEN ''
      ELSE '5' || substr(${text}, 1, 200) || CASE WHEN length(${text}) > 200 THEN '~' ELSE '' END END END END`
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

/** Whether the field may be there twice, or under a name that is spelled with escapes. */
function isUnsure(doc: string, path: readonly string[]): string {
  const escapes = escapesOf(path).map(start => `instr(${doc}, ${literal(start)})`)
  const twice = path.map((name, depth) => {
    const part = literal(jsonPath(path.slice(0, depth + 1)))
    const word = literal(`"${name}"`)
    // The first condition spares most documents the second one.
    return `(instr(substr(${doc}, instr(${doc}, ${word}) + 1), ${word})
      AND json_type(json_remove(${doc}, ${part}), ${part}) IS NOT NULL)`
  })
  return [`(instr(${doc}, '\\u') AND (${escapes.join(' OR ')}))`, ...twice].join(' OR ')
}
