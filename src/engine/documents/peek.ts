import type {Ready} from './write.ts'

/**
 * Finds the key of a document in its text without parsing it, several times faster than a parse: for the usual case, one
 * minified JSON object a line, whose `id` is a plain string or a whole number of up to 15 digits. Looks at the line that
 * begins at `start`; undefined means only "parse it". Whether the text is JSON in every detail is left to the storage,
 * which checks each document anyway.
 */
export function peek(text: string, start: number): Ready | undefined {
  let key: string | number | undefined
  let depth = 0
  for (let at = start; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case quote: {
        const end = endOfString(text, at)
        if (end < 0) return undefined
        if (depth === 1 && text.charCodeAt(end + 1) === colon) {
          // A name that is written with an escape could be `id` too.
          if (text.charCodeAt(at + 1) === backslash || text.charCodeAt(at + 2) === backslash) return undefined
          if (end === at + 3 && text.startsWith('id', at + 1)) {
            if (key !== undefined) return undefined
            key = keyAt(text, end + 2)
            if (key === undefined) return undefined
          }
        }
        at = end
        break
      }
      case openBrace:
      case openBracket:
        depth++
        break
      case closeBrace:
      case closeBracket:
        depth--
        if (depth > 0) break
        if (key === undefined || text.charCodeAt(start) !== openBrace) return undefined
        if (at + 1 < text.length && text.charCodeAt(at + 1) !== newline) return undefined
        return {key, insert: text.slice(start, at + 1), line: undefined}
      case space:
      case tab:
      case newline:
      case carriageReturn:
        return undefined
    }
  }
  return undefined
}

/** The index of the closing quote, or -1 when the line ends first. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === quote) return at
    if (code === backslash) at++
    else if (code < space) return -1
  }
  return -1
}

function keyAt(text: string, start: number): string | number | undefined {
  if (text.charCodeAt(start) === quote) {
    const end = endOfString(text, start)
    const key = text.slice(start + 1, end)
    return end < 0 || key.includes('\\') ? undefined : key
  }
  let at = text.charCodeAt(start) === minus ? start + 1 : start
  const first = at
  while (text.charCodeAt(at) >= zero && text.charCodeAt(at) <= nine) at++
  const after = text.charCodeAt(at)
  if (at === first || at - first > 15 || (after !== comma && after !== closeBrace)) return undefined
  return Number(text.slice(start, at)) || 0
}

const tab = 0x09
const newline = 0x0a
const carriageReturn = 0x0d
const space = 0x20
const quote = 0x22
const comma = 0x2c
const minus = 0x2d
const zero = 0x30
const nine = 0x39
const colon = 0x3a
const openBracket = 0x5b
const backslash = 0x5c
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d
