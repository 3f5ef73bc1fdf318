import {countsAsFunction} from './guards/function.ts'

/** JSONata's cast to boolean: https://docs.jsonata.org/boolean-functions#boolean */
export function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isTrue)
  if (countsAsFunction(value)) return false
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return Boolean(value)
}
