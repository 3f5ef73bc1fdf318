import {type Fragment, fragment, joined} from './fragment.ts'
import {globbed, mayBeAnother} from './glob.ts'

/**
 * Whether the text of a document says, before anybody parses it, that this is a field whose number is on the wrong side of a
 * bound: the field is there once, and its digits are fewer or more than those of the bound, or as many with another first one.
 * Undefined where too few numbers show it so.
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

/** Whether the text says that this field is there once and is a number that SQLite reads as JavaScript does: 1 or 0. */
export function isOnlyNumber(doc: Fragment, name: string): Fragment {
  const isNumber = fragment`${doc} GLOB ${`{*${globbed(name)}":[-0-9]*`}`
  return fragment`(${isNumber} AND NOT ${mayBeAnother(doc, name)} AND NOT ${hasRoomForLongExponent(doc)})`
}

/** For SQLite an exponent of six digits or more is 10000, also where as many zeros as it says stand before it: `0.000…1e110001`. */
export function hasRoomForLongExponent(doc: Fragment): Fragment {
  return fragment`octet_length(${doc}) > 50000`
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
