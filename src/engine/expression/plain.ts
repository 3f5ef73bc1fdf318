/**
 * A copy that shares nothing with the value: arrays without the evaluator's marks, objects that have the usual prototype.
 * What is not made of JSON, such as functions, stays what it is. A part that occurs twice is one part of the copy.
 */
export function plainCopy(value: unknown, seen = new Map<object, unknown>()): unknown {
  if (typeof value !== 'object' || value === null || !isPlain(value)) return value
  const known = seen.get(value)
  if (known !== undefined) return known
  const copy: unknown[] | Record<string, unknown> = Array.isArray(value) ? [] : {}
  seen.set(value, copy)
  if (Array.isArray(copy)) for (const item of value as unknown[]) copy.push(plainCopy(item, seen))
  else for (const [key, field] of Object.entries(value)) set(copy, key, plainCopy(field, seen))
  return copy
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return Array.isArray(value) || prototype === Object.prototype || prototype === null
}

/** Assignment would change the prototype for one name. */
function set(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value
  else Object.defineProperty(object, key, {value, configurable: true, enumerable: true, writable: true})
}
