import jsonata from 'jsonata'
import type {Node} from '../../../src/engine/expression/closure/ast.ts'

/** What came of an evaluation, in a form in which two can be compared: also -0, NaN, the order of keys and prototypes. */
export type Outcome = {readonly value: string} | {readonly error: Record<string, unknown>}

/** The official answer for the input, on a program and an input of its own. */
export async function officialOutcome(text: string, json: string): Promise<Outcome> {
  try {
    return {
      value: show(await jsonata(text, {timeout: 800, stack: 500, sequence: 1_000_000}).evaluate(JSON.parse(json))),
    }
  } catch (error) {
    const {code, position, token, message} = error as Record<string, unknown>
    return {error: {code, position, token, message}}
  }
}

/** The tree of an expression; undefined when it does not parse. */
export function astOf(text: string): Node | undefined {
  try {
    return jsonata(text).ast() as unknown as Node
  } catch {
    return undefined
  }
}

/** A value in full: JSON leaves out too much. */
export function show(value: unknown): string {
  if (Object.is(value, -0)) return '-0'
  if (typeof value === 'function') return 'function'
  if (typeof value !== 'object' || value === null)
    return typeof value === 'string' ? JSON.stringify(value) : String(value)
  if (Array.isArray(value)) return `[${value.map(show).join(',')}]`
  const {_jsonata_function, _jsonata_lambda} = value as Record<string, unknown>
  if (typeof (value as {implementation?: unknown}).implementation === 'function') return 'function'
  if (_jsonata_lambda === true && 'body' in value) return 'function'
  const fields = Object.entries(value).map(([key, field]) => `${JSON.stringify(key)}:${show(field)}`)
  return `${Object.getPrototypeOf(value) === null ? 'null' : ''}{${fields.join(',')}}${_jsonata_function === true ? '!' : ''}`
}
