import {v7 as uuid} from 'uuid'
import {ifJson, isObject, mayHoldLongNumber, parse, refuseInfinite, stringify, typeName} from './json.ts'
import {type Key, toKey} from './key.ts'
import {compareValues} from './order.ts'

/** A JSON object with an `id`. */
export type Document = Record<string, unknown>

/** A document ready to be stored: its key, its minified text, and whether the key was made here. */
export interface Prepared {
  readonly key: Key
  readonly text: string
  readonly generated: boolean
}

/** Why a document cannot be stored. Counted in the result of the write, never thrown past the engine. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}

/**
 * Checks a value and makes a document of it. A missing `id` gets a UUIDv7. `source` is the text that JSON.parse made the
 * value of: when the value gives the same text again, no digit was lost on the way. Throws Refusal.
 */
export function prepare(value: unknown, source?: string): Prepared {
  if (!isObject(value)) throw new Refusal(`a document is a JSON object, not ${typeName(value)}`)
  if (isAnother(value)) return prepare(parse(documentText(value)))
  if (Object.hasOwn(value, 'id') && value.id !== undefined) {
    const text = documentText(value)
    if (source !== undefined && text !== source && mayHoldLongNumber(source)) return prepare(parse(source))
    return {key: refusing(() => toKey(value.id)), text, generated: false}
  }
  if (source !== undefined && mayHoldLongNumber(source)) return prepare(parse(source))
  const key = uuid()
  const {id: _, ...rest} = value
  return {key, text: documentText({id: key, ...rest}), generated: true}
}

/** The document's minified text. Throws Refusal for what JSON cannot hold. */
export function documentText(document: Document): string {
  const text = refusing(() => stringify(document))
  if (text === undefined) throw new Refusal('a document must be JSON')
  if (text.includes('null')) refusing(() => refuseInfinite(document, 'the document'))
  return text
}

/** The document that results from replacing `old` by `value`: same key, or Refusal. */
export function replaced(key: Key, value: unknown): string {
  if (!isObject(value)) throw new Refusal(`a document is a JSON object, not ${typeName(value)}`)
  if (isAnother(value)) return replaced(key, parse(documentText(value)))
  if (!Object.hasOwn(value, 'id')) throw new Refusal('the new document has no `id`')
  const next = refusing(() => toKey(value.id))
  if (!sameKey(key, next)) {
    throw new Refusal(`primary key \`id\` cannot be changed (${stringify(key)} to ${stringify(next)})`)
  }
  return documentText(value)
}

/**
 * The document with `patch` merged into it as RethinkDB's `update` does: objects deeply, everything else replaced, null a
 * value like any other. https://rethinkdb.com/api/javascript/update/
 */
export function merged(key: Key, old: string, patch: unknown): string {
  if (!isObject(patch)) throw new Refusal(`a patch is a JSON object, not ${typeName(patch)}`)
  if (isAnother(patch)) return merged(key, old, parse(documentText(patch)))
  return replaced(key, merge(parse(old) as Document, patch))
}

/** Deep equality with RethinkDB's meaning: key order aside, 1 equals 1.0, and 0 equals -0. Numbers count to their last digit. */
export function sameDocument(one: string, other: string): boolean {
  return one === other || ifJson(() => isSame(parse(one), parse(other))) === true
}

/** Runs a check that throws, and makes a Refusal of what it throws. */
export function refusing<T>(check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (error instanceof RangeError && /call stack/.test(error.message)) throw new Refusal('nested too deeply')
    throw new Refusal((error as Error).message)
  }
}

function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (Array.isArray(one))
    return Array.isArray(other) && one.length === other.length && one.every((item, index) => isSame(item, other[index]))
  if (!isObject(one)) return compareValues(one, other) === 0
  if (!isObject(other)) return false
  const names = Object.keys(one)
  return (
    names.length === Object.keys(other).length &&
    names.every(name => Object.hasOwn(other, name) && isSame(one[name], other[name]))
  )
}

function sameKey(one: Key, other: Key): boolean {
  return one === other || stringify(one) === stringify(other)
}

/** Whether JSON.stringify writes something else for it: of a Date, say, a string. */
function isAnother(value: Record<string, unknown>): boolean {
  return typeof value.toJSON === 'function'
}

function merge(old: Document, patch: Document): Document {
  const result: Document = {...old}
  for (const [name, value] of Object.entries(patch)) {
    const before = Object.hasOwn(old, name) ? old[name] : undefined
    const after = isObject(value) && !isAnother(value) ? merge(isObject(before) ? before : {}, value) : value
    // A plain assignment to `__proto__` would set the prototype.
    Object.defineProperty(result, name, {value: after, enumerable: true, configurable: true, writable: true})
  }
  return result
}
