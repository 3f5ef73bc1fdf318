import {type Fragment, fragment, joined} from './fragment.ts'

export type Constant = string | number | boolean | null

/**
 * Whether the text of a document says, before anybody parses it, that no field of this name, wherever it stands, has this
 * value: 1 or 0. It looks for the ways in which the value may begin; those that it does not know well count as the value.
 * Undefined for a value that may be spelled in too many ways. Costs a third of a look by a JSON function.
 */
export function isNotSpelled(doc: Fragment, name: string, value: Constant): Fragment | undefined {
  const starts = startsOf(value)
  if (starts === undefined) return undefined
  const end = `${globbed(name)}"`
  const patterns = [...starts.map(start => `*${end}:${start}*`), `*${end}[${spaces}]*`, escapesIn(value)]
  const found = patterns.map(pattern => fragment`${doc} GLOB ${pattern}`)
  return fragment`(${joined(found, ' OR ')}) IS FALSE`
}

/**
 * Whether the text says, likewise, that this is a field whose number is on the wrong side of a bound: the field is there once,
 * and its digits are fewer or more than those of the bound, or as many with another first one. Undefined where too few numbers
 * show it so.
 */
export function isOnWrongSide(doc: Fragment, name: string, op: Order, bound: number): Fragment | undefined {
  const numbers = op.startsWith('<') ? numbersOver(bound) : numbersUnder(bound)
  if (numbers.length === 0) return undefined
  const quoted = `${globbed(name)}"`
  const found = numbers.map(number => fragment`${doc} GLOB ${`{*${quoted}:${number}*`}`)
  return fragment`((${joined(found, ' OR ')}) AND NOT ${mayBeAnother(doc, name)})`
}

export type Order = '<' | '<=' | '>' | '>='

/** Patterns of numbers that are less: in digits and what ends them, and negative ones with whatever follows. */
function numbersUnder(bound: number): readonly string[] {
  if (bound < 0) return opposite(numbersOver(-bound))
  const digits = digitsOf(bound)
  if (digits === undefined) return []
  const first = Number(digits.charAt(0))
  const asMany = first > 1 ? [`[1-${first - 1}]${digit.repeat(digits.length - 1)}`] : []
  const fewer = Array.from({length: digits.length - 1}, (_, index) => digit.repeat(index + 1)).toReversed()
  return [...[...asMany, ...fewer].slice(0, 2).map(number => number + end), '-']
}

/** The same of numbers that are more. */
function numbersOver(bound: number): readonly string[] {
  if (bound < 0) return [digit]
  const digits = digitsOf(bound)
  if (digits === undefined) return []
  const first = Number(digits.charAt(0))
  const asMany = first < 9 ? [`[${first + 1}-9]${digit.repeat(digits.length - 1)}`] : []
  return [...asMany, `[1-9]${digit.repeat(digits.length)}`].map(number => number + end)
}

function opposite(numbers: readonly string[]): readonly string[] {
  return numbers.map(number => `-${number}`)
}

/** Of the whole part of a number that is not negative; undefined for zero, and for one that is written with an exponent. */
function digitsOf(bound: number): string | undefined {
  return bound > 0 && bound < 1e15 ? String(Math.floor(bound)) : undefined
}

const digit = '[0-9]'
/** What follows a number that has neither a fraction nor an exponent. */
const end = '[,}]'

/**
 * Whether the document may have another field of this name, for JSON.parse takes the last one and SQLite the first; or one
 * whose name is spelled with escapes. GLOB looks for a rare character, as the first one of a name mostly is, much faster than
 * `instr` looks for anything.
 */
export function mayBeAnother(doc: Fragment, name: string): Fragment {
  const quoted = `${globbed(name)}"`
  return fragment`(${doc} GLOB '*\\u*' OR ${doc} GLOB ${`*${quoted}*${quoted}*`})`
}

/** A text as a part of a pattern of GLOB. */
function globbed(text: string): string {
  return text.replaceAll(/[*?[]/g, '[$&]')
}

/** What may follow the colon, as patterns. */
function startsOf(value: Constant): readonly string[] | undefined {
  if (typeof value === 'number') return startsOfNumber(value)
  if (typeof value !== 'string') return [`[${spaces}${String(value).charAt(0)}]`]
  return value.length > longest ? undefined : [`"${globbed(value)}"`, `[${spaces}]`]
}

/**
 * 42 is also 4.2e1, 0.42e2 and, as the nearest double, 41.99999999999999999; 10 is also 9.999999999999999999. Zero and what is
 * close to it can look like anything.
 */
function startsOfNumber(value: number): readonly string[] | undefined {
  if (!Number.isSafeInteger(value) || value === 0) return undefined
  if (value < 0) return [`[${spaces}-]`]
  const first = Number(String(value).charAt(0))
  return [`[${spaces}0${first === 1 ? 9 : first - 1}${first}]`]
}

/** A name is spelled with escapes only as `\u` followed by digits; a string also as `\/`, and as what it has to be. */
function escapesIn(value: Constant): string {
  return typeof value === 'string' ? '*\\*' : '*\\u*'
}

/** What may stand around a colon. */
const spaces = ' \t\n\r'

/** SQLite refuses patterns of more than 50,000 bytes. */
const longest = 1000
