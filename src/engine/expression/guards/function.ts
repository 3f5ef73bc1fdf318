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
