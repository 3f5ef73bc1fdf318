/** JSONata's cast to boolean: https://docs.jsonata.org/boolean-functions#boolean */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isTrue)
  if (isFunction(value)) return false
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return Boolean(value)
}

/** The evaluator's own functions are objects with a mark. */
export function isFunction(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'function'
  const {_jsonata_function, _jsonata_lambda} = value as Record<string, unknown>
  return _jsonata_function === true || _jsonata_lambda === true
}
