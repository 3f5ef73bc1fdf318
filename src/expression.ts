// The library 'litefeed/expression': JSONata as the commands evaluate it, by itself.
import {LitefeedError} from './engine/error.ts'
import {Expression} from './engine/expression/expression.ts'
import type {Guards} from './engine/expression/guards/limits.ts'
import {plainCopy} from './engine/expression/plain.ts'

export type {Conjunct} from './engine/expression/conjuncts.ts'
export type {Guards} from './engine/expression/guards/limits.ts'

/**
 * Parses a JSONata expression. https://docs.jsonata.org/
 *
 *     const expression = await compile('new_val.score > old_val.score')
 *     await expression.evaluate({old_val: {score: 1}, new_val: {score: 2}}) // true
 *
 * `guards` are the limits of an evaluation, by the names of the official options: `timeout` in milliseconds, 800 when absent;
 * `stack`, how deep evaluations may be in one another, 500; `sequence`, the items of an array, ten million. 0 is no limit.
 * Rejects with an ExpressionError.
 */
export async function compile(text: string, guards: Partial<Guards> = {}): Promise<CompiledExpression> {
  try {
    return new CompiledExpression(await Expression.compile(text, {sequence: longestRange, ...guards}))
  } catch (error) {
    throw officialError(error)
  }
}

/** The most that the official evaluator allows. The commands allow a tenth of it, as many of them may run beside each other. */
const longestRange = 10_000_000

/** An expression that can be evaluated many times, also several times at once. */
export class CompiledExpression {
  /** The fields of the input that it reads; undefined when that may be any. */
  readonly reads: ReadonlySet<string> | undefined
  /** Comparisons that must hold for it to be true; see the type. */
  readonly conjuncts: Expression['conjuncts']
  readonly #expression: Expression

  /** @internal */
  constructor(expression: Expression) {
    this.#expression = expression
    this.reads = expression.reads && new Set(expression.reads.keys())
    this.conjuncts = expression.conjuncts
  }

  /**
   * The value for this input, which is a JSON value or undefined; an undefined value is JSONata's "nothing". The value is the
   * caller's own: plain arrays and objects that share nothing with the input. `bindings` are variables that the expression
   * sees: `{x: 1}` is `$x`; functions among them can be called. Neither is changed. Rejects with an ExpressionError, also when
   * the value is a function, which is no JSON.
   */
  async evaluate(input: unknown, bindings?: Readonly<Record<string, unknown>>): Promise<unknown> {
    try {
      const variables = isEmpty(bindings) ? undefined : (plainCopy(bindings) as typeof bindings)
      return plainCopy(await this.#expression.evaluate(plainCopy(input), variables))
    } catch (error) {
      throw officialError(error)
    }
  }

  /** Whether the value for this input counts as true. Otherwise like `evaluate`. */
  async test(input: unknown): Promise<boolean> {
    try {
      return await this.#expression.test(plainCopy(input))
    } catch (error) {
      throw officialError(error)
    }
  }
}

/** JSONata's own error, with the fields that it has there. https://docs.jsonata.org/ does not list the codes; they are stable. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'
  /** Such as `T2001`; absent for an error of JavaScript that came up within. */
  declare readonly code?: string
  /** Where in the text of the expression, from 0. */
  declare readonly position?: number
  /** The word of the expression that it is about. */
  declare readonly token?: string
  /** What was found there. */
  declare readonly value?: unknown
}

function isEmpty(bindings: object | undefined): boolean {
  return bindings === undefined || Object.keys(bindings).length === 0
}

function officialError(error: unknown): unknown {
  if (!(error instanceof LitefeedError)) return error
  if (error.cause === undefined) return new ExpressionError(error.message)
  const {message, stack: _, ...fields} = error.cause as Record<string, unknown>
  return Object.assign(new ExpressionError(String(message ?? error.message), {cause: error.cause}), fields)
}
