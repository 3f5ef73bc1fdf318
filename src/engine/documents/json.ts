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

/** Why a text is not JSON; undefined when it is. */
export function mistakeIn(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return `not JSON: ${mistakeOf(error)}`
  }
}

/** What `make` makes of text that is JSON; undefined of text that is not, which only a program that turns SQLite's checks off stores. */
export function ifJson<T>(make: () => T): T | undefined {
  try {
    return make()
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
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
 * Puts back the digits that an evaluation lost: a number in `value` that is the rounded form of exactly one number in
 * `sources`, and that a long one, becomes that number again. Throws when it is the rounded form of several whole ones; several
 * fractions that are one double are one number.
 */
export function restoreDigits(value: unknown, sources: readonly (string | null)[]): unknown {
  const written = new Map<number, Set<string>>()
  for (const source of sources) {
    if (source === null || !mayHoldLongNumber(source)) continue
    JSON.parse(source, (key, item, context) => {
      if (typeof item === 'number') remember(written, item, keepDigits(key, item, context))
      return item
    })
  }
  return written.size === 0 ? value : replaceNumbers(value, written)
}

/**
 * What an expression has made of `sources`, as JSON with their digits; undefined for nothing. Throws when digits would be lost, and
 * for a number that JSON does not have.
 */
export function resultText(result: unknown, sources: readonly (string | null)[]): string | undefined {
  const restored = restoreDigits(result, sources)
  const text = stringify(restored)
  if (text?.includes('null')) refuseInfinite(restored, 'the result')
  return text
}

/** Throws for a number that JSON.stringify makes null of: of a division by zero, say. `what` is what holds it. */
export function refuseInfinite(value: unknown, what: string): void {
  if (!mayBeInfinite(value)) return
  JSON.stringify(value, (name, item) => {
    if (typeof item === 'bigint') return null
    if (typeof item !== 'number' || Number.isFinite(item)) return item
    throw new Error(`${what} holds ${item}${name === '' ? '' : ` as ${JSON.stringify(name)}`}, which is no JSON`)
  })
}

// Sixteen digits are the first that a double may round; three digits of exponent the first that it may not reach.
const longNumber = /[\d.]{16}|\d[eE][+-]?\d{3}/

function keepDigits(_key: string, value: unknown, {source}: {source?: string}): unknown {
  if (typeof value !== 'number' || source === undefined) return value
  const written = String(value)
  return written === source || decimal(written) === decimal(source) ? value : JSON.rawJSON(source)
}

/** One text for each number, whatever way it is written: its digits, without zeros at either end, and the exponent. */
function decimal(text: string): string {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().replace(/^-/, '').split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const digits = whole + fraction
  let end = digits.length
  while (digits[end - 1] === '0') end--
  let start = 0
  while (start < end && digits[start] === '0') start++
  return start === end ? '0' : `${digits.slice(start, end)}e${Number(exponent) - fraction.length + digits.length - end}`
}

/** Spares most values the slower look. */
function mayBeInfinite(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return false
  return 'toJSON' in value || Object.values(value).some(mayBeInfinite)
}

function remember(written: Map<number, Set<string>>, rounded: number, kept: unknown): void {
  const spelling = JSON.isRawJSON(kept) ? kept.rawJSON : String(rounded)
  const known = written.get(rounded)
  if (known === undefined) written.set(rounded, new Set([spelling]))
  else known.add(spelling)
}

function replaceNumbers(value: unknown, written: ReadonlyMap<number, ReadonlySet<string>>): unknown {
  if (typeof value === 'number') {
    const [one, other] = written.get(value) ?? []
    if (other !== undefined && Math.abs(value) < 2 ** 53) return value
    if (other !== undefined)
      throw new RangeError(`${one} and ${other} are one number to an expression; the result would lose digits`)
    return one === undefined || one === String(value) ? value : JSON.rawJSON(one)
  }
  if (Array.isArray(value)) return value.map(item => replaceNumbers(item, written))
  if (!isObject(value)) return value
  const entries = Object.entries(value).map(([name, item]) => [name, replaceNumbers(item, written)] as const)
  return Object.fromEntries(entries)
}
