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

/** A text as a part of a pattern of GLOB. */
export function globbed(text: string): string {
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
