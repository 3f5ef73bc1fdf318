import {giveUp, spend} from './budget.ts'
import type {BuiltIn} from './call.ts'
import {context} from './call-text.ts'
import type {Closure} from './scope.ts'
import {toText} from './text.ts'
import {collectFields, fieldOf, isTrue, newSequence, refuseFunctions} from './value.ts'

/** The functions that take a value of any type, or an object. https://docs.jsonata.org/object-functions */
export const valueFunctions: Readonly<Record<string, BuiltIn>> = {
  exists: ([value, ...more]) => {
    if (value === undefined || more.length > 0) return undefined
    return input => {
      const found = value(input)
      refuseFunctions(found)
      return found !== undefined
    }
  },
  type: ([value, ...more]) => (value === undefined || more.length > 0 ? undefined : ofAny(typeName)([value])),
  boolean: ofAny(toBoolean),
  not: ofAny(value => !isTrue(value)),
  string: ofAny(toText),
  // No value has no keys, which is an empty sequence and not nothing: what is behind it sees the difference.
  keys: ([value = context, ...more]) => (more.length > 0 ? undefined : input => allKeys(value(input))),
  lookup: args => {
    const [value, key] = args as [Closure, Closure]
    if (args.length !== 2) return undefined
    return input => {
      const from = value(input)
      const name = key(input)
      if (typeof name !== 'string') return giveUp()
      refuseFunctions(from)
      if (!Array.isArray(from)) return fieldOf(from, name)
      const items = newSequence()
      collectFields(from, name, items)
      return items
    }
  },
}

/** Of any value; without an argument it is the context. Nothing gives nothing. */
function ofAny(make: (value: unknown) => unknown): BuiltIn {
  return ([value = context, ...more]) => {
    if (more.length > 0) return undefined
    return input => {
      const found = value(input)
      refuseFunctions(found)
      return found === undefined ? undefined : make(found)
    }
  }
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value !== 'number') return typeof value
  // NaN is an object there, and Infinity an error.
  return Number.isFinite(value) ? 'number' : giveUp()
}

/** One item that is nothing makes nothing of the array, too, and such an item may be in arrays in it. */
function toBoolean(value: unknown): boolean {
  const [only] = Array.isArray(value) && value.length === 1 ? value : [null]
  return only === undefined || Array.isArray(only) ? giveUp() : isTrue(value)
}

function allKeys(value: unknown): unknown {
  const found = keysOf(value, Object.create(null))
  // Collected from an array they are fields of an object that the official evaluator then takes for a function.
  if ('_jsonata_function' in found || '_jsonata_lambda' in found) giveUp()
  const keys = newSequence()
  keys.push(...Object.keys(found))
  return keys
}

/** The keys of an object, or of all objects in an array, as those of one object. */
function keysOf(value: unknown, into: Record<string, true>): Record<string, true> {
  spend(1)
  if (typeof value !== 'object' || value === null) return into
  refuseFunctions(value)
  if (Array.isArray(value)) for (const item of value) keysOf(item, into)
  else for (const key of Object.keys(value)) into[key] = true
  return into
}
