import {type Fragment, fragment, joined} from './fragment.ts'
import {globbed, rareEnd} from './glob.ts'

export type Constant = string | number | boolean | null

/**
 * Whether the text of a document says, before anybody parses it, that no field of this name, wherever it stands, has this
 * value: 1 or 0. It looks for the ways in which the value may begin; those that it does not know well count as the value, and so
 * does what is no object: in a list of documents a field with a list of one value is that value to JSONata.
 * Undefined for a value that may be spelled in too many ways. Costs a third of a look by a JSON function.
 */
export function isNotSpelled(doc: Fragment, name: string, value: Constant): Fragment | undefined {
  const spelled = maybeSpelled(doc, name, value)
  return spelled && fragment`(${spelled}) IS FALSE`
}

/** The same of a field within others, any of which may be a list; then a list in it may be the value as well. */
export function isNotSpelledWithin(doc: Fragment, name: string, value: Constant): Fragment | undefined {
  const spelled = maybeSpelled(doc, name, value)
  const list = (end: string) => fragment`${doc} GLOB ${`*${globbed(end)}"?[[:${spaces}]*`}`
  const end = rareEnd(name)
  const isList = end === name ? list(name) : fragment`(${list(end)} AND ${list(name)})`
  return spelled && fragment`(${spelled} OR ${isList}) IS FALSE`
}

function maybeSpelled(doc: Fragment, name: string, value: Constant): Fragment | undefined {
  const spelling = spellingOf(name, value)
  if (spelling === undefined) return undefined
  const has = (pattern: string) => fragment`${doc} GLOB ${pattern}`
  const closely = joined(spelling.closely.map(has), ' OR ')
  return fragment`${has(spelling.escapes)} OR (${has(spelling.glance)} AND (${closely})) OR ${doc} < '{'`
}

/**
 * Whether the text has a field of this name, wherever it stands, with this value in its usual spelling: 1 or 0. Most documents
 * that have it are those that are asked for.
 */
export function isSpelled(doc: Fragment, name: string, value: Constant): Fragment | undefined {
  if (typeof value === 'string' && value.length > longest) return undefined
  const spelling = typeof value === 'string' ? `"${globbed(value)}"` : `${value}[,}]`
  return fragment`${doc} GLOB ${`*${globbed(name)}":${spelling}*`}`
}

/** Patterns of GLOB. */
interface Spelling {
  /** Of the texts that may have the value without escapes, and of others. */
  readonly glance: string
  /** Of which one is true for each of those texts, and for few others. */
  readonly closely: readonly string[]
  /** Of a text in which the name or the value may be spelled with escapes. */
  readonly escapes: string
}

function spellingOf(name: string, value: Constant): Spelling | undefined {
  if (typeof value === 'number') return spellingOfNumber(name, value)
  if (typeof value !== 'string') return spellingByStart(name, String(value).charAt(0))
  if (value.length > longest) return undefined
  const exactly = `*${globbed(name)}":"${globbed(value)}"*`
  // A string is also spelled with `\/`, and as what it has to be.
  return {glance: `*${globbed(rareEnd(`${value}"`))}*`, closely: [exactly, spaced(name)], escapes: '*\\*'}
}

/**
 * 42 is also 4.2e1, 0.42e2, 420e-1 and, as the nearest double, 41.99999999999999999; 10 is also 9.999999999999999999. Zero and
 * what is close to it can look like anything.
 */
function spellingOfNumber(name: string, value: number): Spelling | undefined {
  if (!Number.isSafeInteger(value) || value === 0) return undefined
  if (value < 0) return spellingByStart(name, '-')
  const [first = '', second] = String(value)
  const just = Number(first + (second ?? '0')) - 1
  const below = just === 9 ? '99' : String(just)
  const lasts = (second ?? '0') + (below.startsWith(first) ? below.charAt(1) : '')
  const others = below.startsWith(first) ? '0[.eE]' : `[0${below.charAt(0)}][.eE${below.charAt(1)}]`
  // One digit stands alone or is followed by zeros.
  const alone = second === undefined ? `,}${spaces}` : ''
  const begins = `:${spaces}0${first}${below.charAt(0)}`
  const starts = [others, `${first}[.eE${lasts}${alone}]`]
  return {
    glance: `*${globbed(rareEnd(name))}"?[${begins}][${begins}.eE${lasts}${alone}${below.charAt(1)}]*`,
    closely: [...starts.map(start => `*${globbed(name)}":${start}*`), spaced(name)],
    escapes: escapedName,
  }
}

/** Of a value that begins with this character. */
function spellingByStart(name: string, start: string): Spelling {
  return {
    glance: `*${globbed(rareEnd(name))}"?[:${spaces}${start}]*`,
    closely: [spaced(name, start)],
    escapes: escapedName,
  }
}

/** A field with spaces around its colon, whatever its value, or one whose value begins with this character. */
function spaced(name: string, start = ''): string {
  return `*${globbed(name)}"[:${spaces}][:${spaces}${start}]*`
}

/** No name has an escape in it but `\u` with four digits, for it has no character that needs another one. */
const escapedName = '*\\u*'

/** What may stand around a colon. */
const spaces = ' \t\n\r'

/** SQLite refuses patterns of more than 50,000 bytes. */
const longest = 1000
