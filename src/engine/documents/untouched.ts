import {findableNames, hasMarks, placeOf} from './skim.ts'

/**
 * Whether two texts of a document have the same values in these fields, as far as that can be seen without a parse: all that
 * differs stands before each of them, or behind it. False means only "look at both", and so it is for texts that a skim or a
 * parse reads as fast: those without objects in them, and short ones.
 */
export function untouched(
  fields: ReadonlySet<string> | undefined,
): ((one: string, other: string) => boolean) | undefined {
  const names = findableNames(fields)
  if (names === undefined) return undefined
  return (one, other) =>
    other.length > shortest &&
    other.includes('{', 1) &&
    names.every(name => isSameField(one, other, name)) &&
    [one, other].every(text => text.charCodeAt(0) === openBrace && !text.includes('\\u') && !hasMarks(text))
}

function isSameField(one: string, other: string, name: string): boolean {
  const place = placeOf(one, name)
  const another = placeOf(other, name)
  if (place === undefined || another === undefined) return false
  if (place === -1 || another === -1) return place === another
  const length = `"${name}":`.length
  // The quote in front is one of a string.
  if (one.charCodeAt(place - length - 1) === backslash || other.charCodeAt(another - length - 1) === backslash)
    return false
  if (one.slice(place - length) === other.slice(another - length)) return true
  if (place !== another) return false
  if (isContinued(one, other)) return true
  const end = endOfValue(other, another)
  return end !== undefined && isEnd(one.charCodeAt(end)) && one.slice(0, end) === other.slice(0, end)
}

/** Whether the second document is the first one with more fields behind the others. */
function isContinued(one: string, other: string): boolean {
  const end = one.length - 1
  return other.charCodeAt(end) === comma && one.slice(0, end) === other.slice(0, end)
}

/** Behind the value that begins here; undefined where that takes long to see. */
function endOfValue(text: string, start: number): number | undefined {
  const first = text.charCodeAt(start)
  if (first === quote) {
    const end = text.indexOf('"', start + 1)
    return text.charCodeAt(end - 1) === backslash ? undefined : end + 1
  }
  let depth = 0
  for (let at = start; at < start + longest; at++) {
    const character = text.charCodeAt(at)
    if (depth === 0 && isEnd(character)) return at
    if (character === quote) {
      at = text.indexOf('"', at + 1)
      if (at === -1 || text.charCodeAt(at - 1) === backslash) return undefined
    } else if (character === openBrace || character === openBracket) depth++
    else if (character === closeBrace || character === closeBracket) depth--
  }
  return undefined
}

function isEnd(character: number): boolean {
  return character === comma || character === closeBrace
}

/** An array or object beyond this is parsed. */
const longest = 100

/** A text of no more characters is parsed as fast. */
const shortest = 250

const [openBrace, closeBrace, openBracket, closeBracket, comma, quote, backslash] = [123, 125, 91, 93, 44, 34, 92]
