import {LitefeedError} from '../error.ts'
import {ifJson, isObject, mayHoldLongNumber, parse} from './json.ts'

/** A field to sort by: its path, and whether the greatest comes first. */
export interface Order {
  readonly path: readonly string[]
  readonly descending: boolean
}

/** What decides where a document stands: the value of the field, and the key where values are equal. */
export interface Place {
  readonly value: unknown
  readonly key: unknown
}

/** `age`, `address.city`, `age:desc`. Throws MISUSE. */
export function parseOrder(text: string): Order {
  const descending = text.endsWith(':desc')
  const [field = ''] = text.split(/:(?:asc|desc)$/)
  const path = field.split('.')
  if (path.includes(''))
    throw misuse(text === '' ? 'needs the name of a field' : `${JSON.stringify(text)} is not the name of a field`)
  // No document would have these fields, and the order would be empty without a word.
  if (field.includes(',')) throw misuse('takes one field', 'documents with equal values are in the order of their keys')
  // A field that has a colon in its name is given with a direction behind it.
  if (field === text ? field.includes(':') : /:(asc|desc)$/i.test(field))
    throw misuse(`${JSON.stringify(text)} ends in no direction`, 'it is :asc or :desc')
  return {path, descending}
}

function misuse(message: string, hint?: string): LitefeedError {
  return new LitefeedError('MISUSE', `\`orderBy\` ${message}`, {hint})
}

/** Where a document stands, or undefined when it does not have the field. Both texts are JSON. */
export function placeOf({path}: Order, key: string, text: string): Place | undefined {
  let value = ifJson(() => valueAt(JSON.parse(text), path))
  if (value === undefined) return undefined
  if (!isSpelledSo(text, path.at(-1) ?? '', value)) value = valueAt(parse(text), path)
  return {value, key: parse(key)}
}

/** Whether a value has all the digits that it is written with. Spares most documents a slower parse. */
function isSpelledSo(text: string, name: string, value: unknown): boolean {
  if (typeof value !== 'number' && (typeof value !== 'object' || value === null)) return true
  if (!mayHoldLongNumber(text)) return true
  if (typeof value !== 'number') return false
  // The name must stand there once, and may not hide behind an escape.
  const at = text.indexOf(`"${name}"`)
  if (at === -1 || text.includes(`"${name}"`, at + 1) || text.includes('\\u')) return false
  const written = `"${name}":${value}`
  const next = text[at + written.length]
  return text.startsWith(written, at) && (next === ',' || next === '}')
}

/** Less than 0 when `one` comes first. `descending` turns round the keys of equal values as well, as a RethinkDB index does. */
export function comparePlaces({descending}: Order, one: Place, other: Place): number {
  const difference = compareValues(one.value, other.value) || compareValues(one.key, other.key)
  return descending ? -difference : difference
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
 * https://rethinkdb.com/docs/data-types/ Numbers are compared to the last digit that they were written with.
 */
export function compareValues(one: unknown, other: unknown): number {
  if (typeof one === 'number' && typeof other === 'number') return one === other ? 0 : one < other ? -1 : 1
  if (typeof one === 'string' && typeof other === 'string') return compareStrings(one, other)
  const rank = rankOf(one)
  const difference = rank - rankOf(other)
  if (difference !== 0) return difference
  if (Array.isArray(one)) return compareArrays(one, other as unknown[])
  if (isObject(one)) return compareArrays(entriesOf(one), entriesOf(other as Record<string, unknown>))
  return rank === 3 ? compareNumbers(digitsOf(one), digitsOf(other)) : Number(one) - Number(other)
}

function rankOf(value: unknown): number {
  if (Array.isArray(value)) return 0
  if (typeof value === 'boolean') return 1
  if (value === null) return 2
  if (typeof value === 'number' || JSON.isRawJSON(value)) return 3
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

/** A number's sign, its digits without zeros at either end, and how many of them stand before the point. */
interface Digits {
  readonly sign: number
  readonly digits: string
  readonly point: number
}

function digitsOf(number: unknown): Digits {
  const text = JSON.isRawJSON(number) ? number.rawJSON : String(number)
  const [, minus = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  const all = whole + fraction
  const start = /[1-9]/.exec(all)?.index
  if (start === undefined) return {sign: 0, digits: '', point: 0}
  return {
    sign: minus === '' ? 1 : -1,
    digits: all.slice(start).replace(/0+$/, ''),
    point: whole.length + Number(exponent) - start,
  }
}

function compareNumbers(one: Digits, other: Digits): number {
  if (one.sign !== other.sign) return one.sign - other.sign
  if (one.point !== other.point) return one.sign * (one.point - other.point)
  return one.digits === other.digits ? 0 : one.digits < other.digits ? -one.sign : one.sign
}
