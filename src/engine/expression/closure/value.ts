import {giveUp, spend} from './budget.ts'

/**
 * An array as the official evaluator marks it. A sequence is the result of a path: without items it is nothing, and one item
 * is that item, unless `keepSingleton`. `cons` is an array from a constructor in a path, which the path does not flatten.
 */
export interface Items extends Array<unknown> {
  sequence?: true
  keepSingleton?: true
  readonly cons?: true
}

export function newSequence(): Items {
  const items: Items = []
  items.sequence = true
  return items
}

/** What a node that gave these items is worth. */
export function settle(value: unknown, keepArray: boolean): unknown {
  if (!Array.isArray(value) || (value as Items).sequence !== true) return value
  const items: Items = value
  if (keepArray) items.keepSingleton = true
  if (items.length === 0) return undefined
  return items.length === 1 && !items.keepSingleton ? items[0] : items
}

/** Gives up on what is an object for JavaScript but a function for JSONata, and on what is not JSON. */
export function refuseFunctions(value: unknown): void {
  if (typeof value === 'function') giveUp()
  if (typeof value === 'object' && value !== null && isMarked(value)) giveUp()
}

/** The evaluator's own functions are objects with a mark, and a document may have such a key, too. */
function isMarked(value: object): boolean {
  const {_jsonata_function, _jsonata_lambda} = value as Record<string, unknown>
  return _jsonata_function === true || _jsonata_lambda === true
}

/** The field of a value that is not an array. */
export function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  if (isMarked(value)) giveUp()
  const field = (value as Record<string, unknown>)[name]
  if (typeof field === 'function') giveUp()
  return field
}

/** The fields of the items of an array, and of the arrays in it. An array among them gives its items. */
export function collectFields(array: readonly unknown[], name: string, into: unknown[]): void {
  spend(array.length)
  for (const item of array) {
    if (Array.isArray(item)) collectFields(item, name, into)
    else pushFlat(into, fieldOf(item, name))
  }
}

/** An array gives its items, nothing gives nothing. */
function pushFlat(into: unknown[], value: unknown): void {
  if (value === undefined) return
  if (!Array.isArray(value)) into.push(value)
  else {
    spend(value.length)
    for (const item of value) into.push(item)
  }
}

/** Two lists in one; what is no list is a list of one, and nothing adds nothing. */
export function append(first: unknown, second: unknown): unknown {
  if (first === undefined) return second
  if (second === undefined) return first
  const items = (Array.isArray(first) ? first : [first]).concat(second)
  spend(items.length)
  return items
}

/** JSONata's cast to boolean; nothing counts as false. https://docs.jsonata.org/boolean-functions#boolean */
export function isTrue(value: unknown): boolean {
  switch (typeof value) {
    case 'boolean':
      return value
    case 'string':
      return value !== ''
    case 'number':
      // Infinity is an error there.
      if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) giveUp()
      return value !== 0 && !Number.isNaN(value)
    case 'undefined':
      return false
    case 'object': {
      if (value === null) return false
      if (Array.isArray(value)) return anyTrue(value)
      if (isMarked(value)) giveUp()
      for (const key in value) if (Object.hasOwn(value, key)) return true
      return false
    }
    default:
      return giveUp()
  }
}

/** Every item counts, and not only up to the first that is true, for one that fails behind it fails the whole. */
function anyTrue(items: readonly unknown[]): boolean {
  spend(items.length)
  let found = false
  for (const item of items) if (isTrue(item)) found = true
  return found
}

/** Deep equality: 1 is not true, the order of keys does not matter. */
export function areEqual(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one)) return Array.isArray(other) ? haveEqualItems(one, other) : differFromArray(other)
  return Array.isArray(other) ? differFromArray(one) : haveEqualFields(one, other)
}

/** An array and an object compare by the names of all properties, and every array has a length. */
function differFromArray(object: object): boolean {
  return Object.hasOwn(object, 'length') && giveUp()
}

function haveEqualItems(one: readonly unknown[], other: readonly unknown[]): boolean {
  if (one.length !== other.length) return false
  spend(one.length)
  return one.every((item, index) => areEqual(item, other[index]))
}

function haveEqualFields(one: object, other: object): boolean {
  const names = Object.getOwnPropertyNames(one)
  if (names.length !== Object.getOwnPropertyNames(other).length) return false
  spend(names.length)
  if (!names.every(name => Object.hasOwn(other, name))) return false
  return names.every(name => areEqual((one as Record<string, unknown>)[name], (other as Record<string, unknown>)[name]))
}
