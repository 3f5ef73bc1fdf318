import {parse, stringify, typeName} from './json.ts'

/** What a document's `id` may be: a string, a number, a boolean, or an array of those. */
export type Key = string | number | bigint | boolean | readonly Key[]

/**
 * The key that an `id` stands for. A whole number that a double cannot hold becomes a bigint.
 * Throws a RangeError that says what is wrong with it.
 */
export function toKey(id: unknown): Key {
  if (JSON.isRawJSON(id)) return toKey(numberOf(id.rawJSON))
  switch (typeof id) {
    case 'boolean':
      return id
    case 'string':
      if (id.includes('\0')) throw new RangeError('`id` must not contain the character U+0000')
      if (!id.isWellFormed())
        throw new RangeError('`id` must be well-formed Unicode; it holds half of a surrogate pair')
      return id
    case 'number':
      if (!Number.isFinite(id)) throw new RangeError(`\`id\` ${id} is not a finite number`)
      return Object.is(id, -0) ? 0 : id
    case 'bigint':
      if (BigInt.asIntN(64, id) !== id) throw new RangeError(`\`id\` ${id} does not fit 64 bits; write it as a string`)
      return id >= Number.MIN_SAFE_INTEGER && id <= Number.MAX_SAFE_INTEGER ? Number(id) : id
  }
  if (Array.isArray(id)) return id.map(toKey)
  throw new RangeError(`\`id\` must be a string, a number, a boolean or an array of those, not ${typeName(id)}`)
}

/**
 * The key that a row has, as its text says. Throws a RangeError for one that no document has: any SQLite client may store a blob
 * there, or an infinity.
 */
export function storedKey(text: string): Key {
  const key = toKey(parse(text))
  // Those are kept as they are spelled.
  if ((typeof key === 'object' || typeof key === 'boolean') && keyText(key) !== text)
    throw new RangeError(`the key ${text} is not spelled as litefeed does`)
  return key
}

/**
 * One text for the key that a row or a change has: SQLite's versions do not agree on the last digits of a real that takes 16 or
 * 17 of them.
 */
export function canonicalKey(text: string): string {
  return text.length > 16 && /^-?\d+[.e]/.test(text) ? String(Number(text)) : text
}

/** The key as JSON, in one spelling a key. */
export function keyText(key: Key): string {
  return stringify(key) as string
}

/** A key as it is typed at a shell: JSON when it parses as a number, string, boolean or array, otherwise the string itself. */
export function parseKey(argument: string): Key {
  let value: unknown
  try {
    value = parse(argument)
  } catch {
    return toKey(argument)
  }
  return value === null || (typeof value === 'object' && !Array.isArray(value) && !JSON.isRawJSON(value))
    ? toKey(argument)
    : toKey(value)
}

/** A double has up to 17 digits where it is written by others, who do not all look for the fewest. */
function numberOf(digits: string): number | bigint {
  const number = Number(digits)
  if (!Number.isFinite(number)) throw new RangeError(`\`id\` ${digits} is too large; write it as a string`)
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts.exec(digits) ?? []
  const written = whole + fraction
  const unpadded = written.replace(/0+$/, '')
  const zeros = Number(exponent) - fraction.length + written.length - unpadded.length
  const significant = unpadded.replace(/^0+/, '')
  if (zeros >= 0 && significant.length + zeros < 50) return BigInt(sign + significant + '0'.repeat(zeros))
  if (significant.length <= 17 && number !== 0) return number
  throw new RangeError(`\`id\` ${digits} has more digits than a number can hold; write it as a string`)
}

const parts = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/
