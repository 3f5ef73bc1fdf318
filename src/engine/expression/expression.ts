import {setImmediate as nextTurn} from 'node:timers/promises'
import type {Expression as Program} from 'jsonata'
import {LitefeedError} from '../error.ts'

/** A JSONata expression, parsed once and evaluated many times. https://docs.jsonata.org/ */
export class Expression {
  readonly text: string
  /** The names of the fields when the expression is nothing but a path, such as `new_val.room_id`. */
  readonly path: readonly string[] | undefined
  readonly #program: Program

  /** Throws BAD_EXPRESSION; its hint shows the place. */
  static async compile(text: string): Promise<Expression> {
    const {default: jsonata} = await import('jsonata')
    try {
      return new Expression(text, jsonata(text, guards))
    } catch (error) {
      const {message, position, token} = error as {message: string; position?: number; token?: string}
      throw new LitefeedError('BAD_EXPRESSION', `the expression does not parse: ${message}`, {
        hint: pointAt(text, position, token),
        cause: error,
      })
    }
  }

  private constructor(text: string, program: Program) {
    this.text = text
    this.#program = program
    this.path = pathOf(program.ast())
  }

  /**
   * The value for this input; undefined is JSONata's "nothing". The evaluator may change the input, so it must not be used
   * again. Throws EXPRESSION_FAILED, also for one that runs for longer than 0.8 s, recurses deeper than 500 calls or
   * builds more than a million items.
   */
  async evaluate(input: unknown): Promise<unknown> {
    const value = await this.#run(input)
    if (isFunction(value)) throw new LitefeedError('EXPRESSION_FAILED', 'the result is a function')
    return value
  }

  /** Whether the value counts as true, as JSONata's own conditions see it. Takes and throws what `evaluate` does. */
  async test(input: unknown): Promise<boolean> {
    return isTrue(await this.#run(input))
  }

  async #run(input: unknown): Promise<unknown> {
    const start = performance.now()
    try {
      return await this.#program.evaluate(input)
    } catch (error) {
      throw new LitefeedError('EXPRESSION_FAILED', (error as {message?: string}).message ?? String(error), {
        cause: error,
      })
    } finally {
      // An evaluation never leaves the microtask queue. After a long one let signals and timers have their turn.
      if (performance.now() - start > 20) await nextTurn()
    }
  }
}

/** Milliseconds, calls, items. */
const guards = {timeout: 800, stack: 500, sequence: 1_000_000}

/** JSONata's cast to boolean: https://docs.jsonata.org/boolean-functions#boolean */
function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isTrue)
  if (isFunction(value)) return false
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return Boolean(value)
}

/** The evaluator's own functions are objects with a mark. */
function isFunction(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value === 'function'
  const {_jsonata_function, _jsonata_lambda} = value as Record<string, unknown>
  return _jsonata_function === true || _jsonata_lambda === true
}

function pathOf(ast: {type: string; steps?: {type: string; value?: unknown}[]}): string[] | undefined {
  if (ast.type !== 'path' || ast.steps === undefined) return undefined
  // A path that does more, such as grouping, has more than its steps.
  if (!Object.keys(ast).every(field => ['type', 'steps'].includes(field))) return undefined
  const plain = ast.steps.every(
    step => step.type === 'name' && Object.keys(step).every(field => ['type', 'value', 'position'].includes(field)),
  )
  return plain ? ast.steps.map(step => String(step.value)) : undefined
}

function pointAt(text: string, position: number | undefined, token: string | undefined): string {
  const atEnd = position === undefined || token === '(end)'
  const place = atEnd ? text.length : Math.max(0, position - (token?.length ?? 1))
  const lineStart = text.lastIndexOf('\n', place - 1) + 1
  const lineEnd = text.indexOf('\n', place)
  const line = text.slice(lineStart, lineEnd === -1 ? undefined : lineEnd)
  return `${line}\n${' '.repeat(place - lineStart)}^`
}
