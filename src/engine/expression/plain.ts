/**
 * A copy that shares nothing with the value: arrays without the evaluator's marks, objects that have the usual prototype.
 * What is not made of JSON, such as functions, stays what it is. A part that occurs twice is one part of the copy.
 */
export function plainCopy(value: unknown): unknown {
  const copies = new Map<object, unknown[] | Record<string, unknown>>()
  // What is yet to be filled; not by recursion, since values may be deeper than the stack.
  const empty: [object, unknown[] | Record<string, unknown>][] = []
  const copyOf = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null || !isPlain(part)) return part
    const known = copies.get(part)
    if (known !== undefined) return known
    const copy = Array.isArray(part) ? [] : {}
    copies.set(part, copy)
    empty.push([part, copy])
    return copy
  }
  const whole = copyOf(value)
  for (let next = empty.pop(); next !== undefined; next = empty.pop()) {
    const [source, copy] = next
    if (Array.isArray(copy)) for (const item of source as unknown[]) copy.push(copyOf(item))
    else for (const [key, field] of Object.entries(source)) set(copy, key, copyOf(field))
  }
  return whole
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
