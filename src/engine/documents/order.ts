import {isObject} from './json.ts'

/** A field to sort by: its path, and whether the greatest comes first. */
export interface Order {
  readonly path: readonly string[]
  readonly descending: boolean
}

/** `age`, `address.city`, `age:desc`. */
export function parseOrder(text: string): Order {
  const descending = text.endsWith(':desc')
  const field = text.replace(/:(asc|desc)$/, '')
  return {path: field.split('.'), descending}
}

/** The value at a path of object fields, or undefined. */
export function valueAt(document: unknown, path: readonly string[]): unknown {
  let value = document
  for (const name of path) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return value
}

/**
 * RethinkDB's order of values: arrays, booleans, null, numbers, objects, strings, and each kind in itself.
 * https://rethinkdb.com/docs/data-types/
 */
export function compareValues(one: unknown, other: unknown): number {
  const rank = rankOf(one)
  const difference = rank - rankOf(other)
  if (difference !== 0) return difference
  if (Array.isArray(one)) return compareArrays(one, other as unknown[])
  if (isObject(one)) return compareArrays(entriesOf(one), entriesOf(other as Record<string, unknown>))
  if (typeof one === 'string') return compareStrings(one, other as string)
  // Not a difference: that of two infinities is no number.
  return Number(one) === Number(other) ? 0 : Number(one) < Number(other) ? -1 : 1
}

function rankOf(value: unknown): number {
  if (Array.isArray(value)) return 0
  if (typeof value === 'boolean') return 1
  if (value === null) return 2
  if (typeof value === 'number') return 3
  return typeof value === 'string' ? 5 : 4
}

function entriesOf(object: Record<string, unknown>): unknown[] {
  return Object.entries(object).sort(([one], [other]) => compareStrings(one, other))
}

function compareArrays(one: readonly unknown[], other: readonly unknown[]): number {
  for (const [index, value] of one.entries()) {
    if (index === other.length) return 1
    const difference = compareValues(value, other[index])
    if (difference !== 0) return difference
  }
  return one.length - other.length
}

/** By code point, which is the order of the UTF-8 bytes. */
function compareStrings(one: string, other: string): number {
  if (one === other) return 0
  let at = 0
  while (at < one.length && one.charCodeAt(at) === other.charCodeAt(at)) at++
  // Where the units differ in the middle of a surrogate pair the code points differ one unit earlier.
  const codePoint = (text: string, index: number) => text.codePointAt(index) ?? -1
  return codePoint(one, at - 1) - codePoint(other, at - 1) || codePoint(one, at) - codePoint(other, at)
}
