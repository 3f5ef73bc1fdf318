/**
 * JSON that keeps the digits it was given. A number that a double cannot hold (an integer past 2^53, 1e400) is kept as
 * a `JSON.rawJSON` object, and is written back as it came; every other value is the plain one of `JSON.parse`.
 */
export function parse(text: string): unknown {
  return mayHoldLongNumber(text) ? JSON.parse(text, keepDigits) : JSON.parse(text)
}

/** Whether `parse` may find a number in this text, or in a part of it, that a double cannot hold. */
export function mayHoldLongNumber(text: string): boolean {
  return longNumber.test(text)
}

/**
 * Minified JSON: what `parse` read, or a value of the program. A bigint is written as its digits.
 * Undefined when JSON has no word for the value (undefined, a function).
 */
export function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch (error) {
    // JSON.stringify refuses bigint, and is faster without a replacer.
    if (error instanceof TypeError)
      return JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? JSON.rawJSON(String(item)) : item))
    throw error
  }
}

/** What `parse` found wrong, without the line: who says it names the line of the whole input. */
export function mistakeOf(error: unknown): string {
  return (error as Error).message.replace(/ \(line \d+ column \d+\)$/, '')
}

/** An object of JSON, as opposed to an array, a scalar, or a number kept as text. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !JSON.isRawJSON(value)
}

/** What the value is called in an error message. */
export function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (JSON.isRawJSON(value)) return 'number'
  return typeof value
}

/**
 * Puts back the digits that an evaluation lost: a number in `value` that is the rounded form of exactly one long number
 * in `sources` becomes that number again. Throws when two long numbers round to the same.
 */
export function restoreDigits(value: unknown, sources: readonly (string | null)[]): unknown {
  const long = new Map<number, object>()
  for (const source of sources) {
    if (source === null || !mayHoldLongNumber(source)) continue
    JSON.parse(source, (_key, item, context) => {
      const raw = keepDigits(_key, item, context)
      if (raw !== item) remember(long, item as number, raw as {rawJSON: string})
      return item
    })
  }
  return long.size === 0 ? value : replaceNumbers(value, long)
}

// Sixteen digits are the first that a double may round; three digits of exponent the first that it may not reach.
const longNumber = /[\d.]{16}|\d[eE][+-]?\d{3}/

function keepDigits(_key: string, value: unknown, {source}: {source?: string}): unknown {
  if (typeof value !== 'number' || source === undefined || String(value) === source) return value
  if (!Number.isFinite(value)) return JSON.rawJSON(source)
  const digits = source.replace(/[eE].*$/, '').replace(/^-?0*\.?0*|\./g, '')
  return digits.length > 15 && !/^0*$/.test(digits.slice(15)) ? JSON.rawJSON(source) : value
}

function remember(long: Map<number, object>, rounded: number, raw: {rawJSON: string}): void {
  const known = long.get(rounded)
  if (known !== undefined && (known as {rawJSON: string}).rawJSON !== raw.rawJSON) {
    throw new RangeError(
      `${(known as {rawJSON: string}).rawJSON} and ${raw.rawJSON} are one number to an expression; the result would lose digits`,
    )
  }
  long.set(rounded, raw)
}

function replaceNumbers(value: unknown, long: ReadonlyMap<number, object>): unknown {
  if (typeof value === 'number') return long.get(value) ?? value
  if (Array.isArray(value)) return value.map(item => replaceNumbers(item, long))
  if (!isObject(value)) return value
  const entries = Object.entries(value).map(([name, item]) => [name, replaceNumbers(item, long)] as const)
  return Object.fromEntries(entries)
}
