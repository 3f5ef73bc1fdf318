import {type Fragment, fragment, joined} from './fragment.ts'

export type Constant = string | number | boolean | null

/**
 * Whether the text of a document says, before anybody parses it, that no field of this name, wherever it stands, has this
 * value: 1 or 0. It looks for the ways in which the value may begin; those that it does not know well count as the value.
 * Undefined for a value that may be spelled in too many ways. Costs a third of a look by a JSON function.
 */
export function isNotSpelled(doc: Fragment, name: string, value: Constant): Fragment | undefined {
  const spelling = spellingOf(value)
  if (spelling === undefined) return undefined
  const {starts, seconds, exactly, escapes} = spelling
  const quoted = `${globbed(name)}"`
  const has = (pattern: string) => fragment`${doc} GLOB ${pattern}`
  // What follows the name, where there are no spaces around the colon, or some.
  const begins = (characters: string, next = '') =>
    has(`*${quoted}[:${spaces}][:${spaces}${characters}]${next && `[:${spaces}${characters}${next}]`}*`)
  const closer = joined([...exactly.map(start => has(`*${quoted}:${start}*`)), begins('')], ' OR ')
  const found =
    starts === ''
      ? closer
      : exactly.length === 0
        ? begins(starts)
        : fragment`${begins(starts, seconds)} AND (${closer})`
  return fragment`(${has(escapes)} OR (${found})) IS FALSE`
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

/** The number of a field as its digits say, with the last bit in doubt; meaningless unless `isOnlyNumber`. */
export function spelledNumber(doc: Fragment, name: string): Fragment {
  return fragment`CAST(substr(${doc}, instr(${doc}, ${`${name}":`}) + ${[...name].length + 2}) AS REAL)`
}

/** Whether the text says that this field is there once and is a number: 1 or 0. */
export function isOnlyNumber(doc: Fragment, name: string): Fragment {
  return fragment`(${doc} GLOB ${`{*${globbed(name)}":[-0-9]*`} AND NOT ${mayBeAnother(doc, name)})`
}

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

interface Spelling {
  /** The characters with which it may begin; empty where what begins so is too much to look at first. */
  readonly starts: string
  /** With which it may go on; empty where that is not looked at. */
  readonly seconds: string
  /** What it may begin with, as patterns, for a closer look; none where the first character has to do. */
  readonly exactly: readonly string[]
  /** What there is in a text in which the name or the value may be spelled with escapes, as a pattern. */
  readonly escapes: string
}

function spellingOf(value: Constant): Spelling | undefined {
  // A name is spelled with escapes only as `\u` followed by digits; a string also as `\/`, and as what it has to be.
  const escapes = '*\\u*'
  if (typeof value === 'number') return spellingOfNumber(value, escapes)
  if (typeof value !== 'string') return {starts: String(value).charAt(0), seconds: '', exactly: [], escapes}
  return value.length > longest
    ? undefined
    : {starts: '', seconds: '', exactly: [`"${globbed(value)}"`], escapes: '*\\*'}
}

/**
 * 42 is also 4.2e1, 0.42e2, 420e-1 and, as the nearest double, 41.99999999999999999; 10 is also 9.999999999999999999. Zero and
 * what is close to it can look like anything.
 */
function spellingOfNumber(value: number, escapes: string): Spelling | undefined {
  if (!Number.isSafeInteger(value) || value === 0) return undefined
  if (value < 0) return {starts: '-', seconds: '', exactly: [], escapes}
  const [first = '', second] = String(value)
  const just = Number(first + (second ?? '0')) - 1
  const below = just === 9 ? '99' : String(just)
  const lasts = (second ?? '0') + (below.startsWith(first) ? below.charAt(1) : '')
  const under = below.startsWith(first) ? [] : [`${below.charAt(0)}[.eE${below.charAt(1)}]`]
  // One digit stands alone or is followed by zeros.
  const alone = second === undefined ? `,}${spaces}` : ''
  return {
    starts: `0${first}${below.charAt(0)}`,
    seconds: `.eE${lasts}${alone}${below.charAt(1)}`,
    exactly: ['0', `${first}[.eE${lasts}${alone}]`, ...under],
    escapes,
  }
}

/** What may stand around a colon. */
const spaces = ' \t\n\r'

/** SQLite refuses patterns of more than 50,000 bytes. */
const longest = 1000
