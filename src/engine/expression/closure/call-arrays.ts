import {giveUp, spend} from './budget.ts'
import type {BuiltIn} from './call.ts'
import {textOrNothing} from './call-text.ts'
import type {Closure} from './scope.ts'
import {bounded} from './text.ts'
import {append, areEqual, type Items, newSequence, refuseFunctions} from './value.ts'

/** The functions that take an array first, for which one value is an array of one. https://docs.jsonata.org/array-functions */
export const arrayFunctions: Readonly<Record<string, BuiltIn>> = {
  count: ofArray(items => items.length, 0),
  sum: ofNumbers(sum),
  max: ofNumbers(numbers => (numbers.length === 0 ? undefined : numbers.reduce((one, other) => Math.max(one, other)))),
  min: ofNumbers(numbers => (numbers.length === 0 ? undefined : numbers.reduce((one, other) => Math.min(one, other)))),
  average: ofNumbers(numbers => (numbers.length === 0 ? undefined : sum(numbers) / numbers.length)),
  reverse: ofArray(items => (items.length <= 1 ? items : [...items].reverse())),
  merge: ofArray(merge),
  append: args => {
    const [first, second] = args as [Closure, Closure]
    if (args.length !== 2) return undefined
    return input => {
      const one = first(input)
      const other = second(input)
      refuseFunctions(one)
      refuseFunctions(other)
      return append(one, other)
    }
  },
  distinct: ([value, ...more]) =>
    value === undefined || more.length > 0 ? undefined : input => distinct(value(input)),
  join: ([texts, separator, ...more]) => {
    if (texts === undefined || more.length > 0) return undefined
    const joined = ofArray(items => items)([texts]) as Closure
    return input => {
      const items = joined(input) as unknown[] | undefined
      const between = separator === undefined ? undefined : textOrNothing(separator(input))
      if (items === undefined) return undefined
      let length = 0
      for (const item of items) length += typeof item === 'string' ? item.length : giveUp()
      spend(length >> 6)
      if (length + (between ?? '').length * items.length > 1_000_000) giveUp()
      return bounded(items.join(between ?? ''))
    }
  },
}

function ofArray(make: (items: readonly unknown[]) => unknown, ofNothing?: unknown): BuiltIn {
  return ([value, ...more]) => {
    if (value === undefined || more.length > 0) return undefined
    return input => {
      const found = value(input)
      if (found === undefined) return ofNothing
      refuseFunctions(found)
      const items = Array.isArray(found) ? found : [found]
      spend(items.length)
      return make(items)
    }
  }
}

function ofNumbers(make: (numbers: readonly number[]) => unknown): BuiltIn {
  return ofArray(items => {
    for (const item of items) if (typeof item !== 'number') giveUp()
    return make(items as readonly number[])
  })
}

/** From the first on, beginning with 0. */
function sum(numbers: readonly number[]): number {
  let total = 0
  for (const number of numbers) total += number
  return total
}

function merge(items: readonly unknown[]): unknown {
  const result = Object.create(null)
  for (const item of items) {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return giveUp()
    refuseFunctions(item)
    for (const [key, value] of Object.entries(item)) {
      spend(1)
      result[key] = value
    }
  }
  return result
}

function distinct(value: unknown): unknown {
  refuseFunctions(value)
  if (!Array.isArray(value) || value.length <= 1) return value
  const kept: unknown[] = (value as Items).sequence ? newSequence() : []
  for (const item of value) {
    spend(kept.length)
    if (!kept.some(other => areEqual(item, other))) kept.push(item)
  }
  return kept
}
