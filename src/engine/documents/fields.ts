import {LitefeedError} from '../error.ts'
import {isObject} from './json.ts'

/** Fields of a document, and fields of those: a field that is named itself has null. */
export type Fields = ReadonlyMap<string, Fields | null>

/**
 * Fields by their names, one in another with a point: `name`, `address.city`. Throws MISUSE, by the name of the option that
 * they were given with, for a name that is empty.
 */
export function parseFields(names: readonly string[], option: string): Fields {
  const fields = new Map<string, Fields | null>()
  for (const name of names) {
    const path = name.split('.')
    if (path.includes(''))
      throw new LitefeedError('MISUSE', `\`${option}\`: ${JSON.stringify(name)} is not the name of a field`)
    addField(fields, path)
  }
  if (fields.size === 0) throw new LitefeedError('MISUSE', `\`${option}\` needs the names of fields`)
  return fields
}

/**
 * Only these fields. What a field in a field is taken of may be an array, and is then taken of each of its items; where it
 * is anything else that has no fields there is nothing to take. https://rethinkdb.com/api/javascript/pluck/
 */
export function pluck(document: unknown, fields: Fields): unknown {
  return pluckOf(document, fields) ?? {}
}

/** All but these fields, in the same way. https://rethinkdb.com/api/javascript/without/ */
export function without(document: unknown, fields: Fields): unknown {
  return withoutOf(document, fields)
}

function addField(fields: Map<string, Fields | null>, [name = '', ...deeper]: readonly string[]): void {
  const known = fields.get(name)
  if (deeper.length === 0) fields.set(name, null)
  else if (known !== null) {
    const inner = new Map(known)
    addField(inner, deeper)
    fields.set(name, inner)
  }
}

/** Undefined when the value has no fields. */
function pluckOf(value: unknown, fields: Fields): Record<string, unknown> | undefined {
  if (!isObject(value)) return undefined
  const entries: [string, unknown][] = []
  for (const [name, item] of Object.entries(value)) {
    const inner = fields.get(name)
    if (inner === undefined) continue
    const kept = inner === null ? item : Array.isArray(item) ? allOf(item, inner) : pluckOf(item, inner)
    if (kept !== undefined) entries.push([name, kept])
  }
  return Object.fromEntries(entries)
}

function allOf(items: readonly unknown[], fields: Fields): unknown[] | undefined {
  const kept = items.map(item => pluckOf(item, fields))
  return kept.includes(undefined) ? undefined : kept
}

function withoutOf(value: unknown, fields: Fields): unknown {
  if (!isObject(value)) return value
  const entries: [string, unknown][] = []
  for (const [name, item] of Object.entries(value)) {
    const inner = fields.get(name)
    if (inner === null) continue
    if (inner === undefined) entries.push([name, item])
    else if (Array.isArray(item))
      entries.push([name, item.every(isObject) ? item.map(each => withoutOf(each, inner)) : item])
    else entries.push([name, withoutOf(item, inner)])
  }
  return Object.fromEntries(entries)
}
