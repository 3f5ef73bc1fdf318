import {parse, stringify, typeName} from './json.ts'

/** What a document's `id` may be: a string, a number, a boolean, or an array of those. */
export type Key = string | number | bigint | boolean | readonly Key[]

/**
 * The key that an `id` stands for. A whole number that a double cannot hold becomes a bigint.
 * Throws a RangeError that says what is wrong with it.
 */
export function toKey(id: unknown): Key {
  if (JSON.isRawJSON(id)) return toKey(BigInt(wholeNumber(id.rawJSON)))
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

function wholeNumber(digits: string): string {
  if (/^-?\d+$/.test(digits)) return digits
  throw new RangeError(`\`id\` ${digits} has more digits than a number can hold; write it as a string`)
}
