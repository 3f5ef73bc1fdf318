/** The evaluator's own functions are objects with a mark, and it takes all that have it for functions. */
export function countsAsFunction(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'function'
  const {_jsonata_function, _jsonata_lambda} = value as Record<string, unknown>
  return _jsonata_function === true || _jsonata_lambda === true
}

/** A document may have the mark, too, but not what makes a function work. */
export function isFunction(value: unknown): boolean {
  if (typeof value === 'function') return true
  if (typeof value !== 'object' || value === null || !countsAsFunction(value)) return false
  const {implementation, environment} = value as {implementation?: unknown; environment?: {lookup?: unknown}}
  return typeof implementation === 'function' || typeof environment?.lookup === 'function'
}

/** The name or the index of a function within a value, which must not contain itself. */
export function functionIn(value: unknown): string | undefined {
  const parts: unknown[] = [value]
  while (parts.length > 0) {
    const part = parts.pop()
    if (typeof part !== 'object' || part === null) continue
    // The evaluator's arrays have more than their items.
    const items = Array.isArray(part) ? part.entries() : Object.entries(part)
    for (const [name, item] of items) {
      if (isFunction(item)) return String(name)
      if (typeof item === 'object') parts.push(item)
    }
  }
  return undefined
}
