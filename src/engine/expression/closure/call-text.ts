import {giveUp, spend} from './budget.ts'
import type {BuiltIn} from './call.ts'
import type {Closure} from './scope.ts'
import {bounded, isFlat} from './text.ts'

/** The functions that take a string first. https://docs.jsonata.org/string-functions */
export const textFunctions: Readonly<Record<string, BuiltIn>> = {
  uppercase: ofText(text => text.toUpperCase()),
  lowercase: ofText(text => text.toLowerCase()),
  length: ofText(lengthOf),
  trim: ofText(trim),
  substringBefore: ofTwoTexts((text, chars) => {
    const at = text.indexOf(chars)
    return at === -1 ? text : text.slice(0, at)
  }),
  substringAfter: ofTwoTexts((text, chars) => {
    const at = text.indexOf(chars)
    return at === -1 ? text : text.slice(at + chars.length)
  }),
  contains: ofTwoTexts((text, token) => text.includes(token)),
  substring: ([text, start, length, ...more]) => {
    if (text === undefined || start === undefined || more.length > 0) return undefined
    return input => {
      const whole = textOrNothing(text(input))
      const from = start(input)
      const count = length?.(input)
      if (typeof from !== 'number' || (count !== undefined && typeof count !== 'number')) return giveUp()
      return whole === undefined ? undefined : substring(whole, from, count as number | undefined)
    }
  },
  split: ([text, separator, limit, ...more]) => {
    if (text === undefined || separator === undefined || more.length > 0) return undefined
    return input => {
      const whole = textOrNothing(text(input))
      const between = separator(input)
      const most = limit?.(input)
      if (typeof between !== 'string' || (most !== undefined && !(typeof most === 'number' && most > 0))) giveUp()
      if (whole === undefined) return undefined
      const parts = whole.split(between as string, most as number | undefined)
      spend(parts.length)
      return parts
    }
  },
}

/** Of one string; without an argument it is the context. Nothing gives nothing. */
function ofText(make: (text: string) => unknown): BuiltIn {
  return ([text = context, ...more]) => {
    if (more.length > 0) return undefined
    return input => {
      const whole = textOrNothing(text(input))
      return whole === undefined ? undefined : make(whole)
    }
  }
}

/** Of two strings; with one argument the context is the first. */
function ofTwoTexts(make: (text: string, other: string) => unknown): BuiltIn {
  return args => {
    if (args.length === 0 || args.length > 2) return undefined
    const [text, other] = (args.length === 1 ? [context, ...args] : args) as [Closure, Closure]
    return input => {
      const whole = textOrNothing(text(input))
      const part = other(input)
      if (typeof part !== 'string') return giveUp()
      return whole === undefined ? undefined : make(whole, part)
    }
  }
}

export function context(input: unknown): unknown {
  return input
}

export function textOrNothing(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'string') return giveUp()
  spend(value.length >> 6)
  return bounded(value)
}

/** In characters, not in code units. */
function lengthOf(text: string): number {
  return isFlat(text) ? text.length : [...text].length
}

function trim(text: string): string {
  return text.replace(/[ \t\n\r]+/g, ' ').replace(/^ | $/g, '')
}

function substring(text: string, start: number, length: number | undefined): string {
  const isPlain = isFlat(text)
  const chars = isPlain ? text : [...text]
  const from = chars.length + start < 0 ? 0 : start
  if (length !== undefined && length <= 0) return ''
  const to = length === undefined ? undefined : from >= 0 ? from + length : chars.length + from + length
  const part = chars.slice(from, to)
  return typeof part === 'string' ? part : part.join('')
}
