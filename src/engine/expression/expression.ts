import {LitefeedError, shown} from '../error.ts'
import {plainPath} from './closure/ast.ts'
import {compile, type Program, uncertain} from './closure/compile.ts'
import {type Conjunct, conjunctsOf} from './conjuncts.ts'
import {functionIn, isFunction} from './guards/function.ts'
import {isTooLargeToWrite} from './guards/growth.ts'
import {areWide, type Guards} from './guards/limits.ts'
import {mayGrow} from './guards/risks.ts'
import {Official} from './official.ts'
import {pointAt} from './point-at.ts'
import {type Reads, readsOf} from './reads.ts'
import {isTrue} from './result.ts'

/**
 * A JSONata expression, parsed once and evaluated many times. https://docs.jsonata.org/
 *
 * The official evaluator decides what it means. For most expressions and inputs a closure gives the same answer, at once and
 * many times faster; where it is not certain of that it says so, and the official evaluator answers, by a promise.
 */
export class Expression {
  readonly text: string
  /** The names of the fields when the expression is nothing but a path, such as `new_val.room_id`. */
  readonly path: readonly string[] | undefined
  /** The fields of the input, and of them, without which the result is the same as with all; undefined when it may take any. */
  readonly reads: Reads | undefined
  /** What a storage engine may use to leave inputs out; see there for what it may conclude. */
  readonly conjuncts: readonly Conjunct[]
  readonly #official: Official
  readonly #closure: Program | undefined
  readonly #mayGrow: boolean
  /** How many inputs in a row the closure was not certain of. */
  #uncertain = 0

  /** Throws BAD_EXPRESSION; its hint shows the place, its cause is the official error. */
  static async compile(text: string, guards: Partial<Guards> = {}): Promise<Expression> {
    if (typeof text !== 'string')
      throw new LitefeedError('MISUSE', `a JSONata expression is needed, and ${shown(text)} is none`)
    try {
      return new Expression(text, await Official.parse(text, guards), areWide(guards))
    } catch (error) {
      const {message, position, token} = error as {message: string; position?: number; token?: string}
      throw new LitefeedError('BAD_EXPRESSION', `the expression does not parse: ${message}`, {
        hint: pointAt(text, position, token),
        cause: error,
      })
    }
  }

  private constructor(text: string, official: Official, mayBeQuick: boolean) {
    this.text = text
    this.#official = official
    this.path = plainPath(official.ast)
    this.reads = readsOf(official.ast)
    this.conjuncts = conjunctsOf(official.ast)
    this.#closure = mayBeQuick ? compile(official.ast) : undefined
    this.#mayGrow = mayGrow(official.ast)
  }

  /**
   * The value for this input, a JSON value; undefined is JSONata's "nothing". It comes at once or, where the official
   * evaluator has to answer, as a promise. That one may change the input: after a promise it must not be used again. The
   * value may share parts with the input. `bindings` are variables for the expression; with them the answer is a promise.
   *
   * The promise rejects with EXPRESSION_FAILED, whose cause is the official error, also for an expression that runs for longer
   * than 0.8 s, recurses deeper than 500 evaluations or builds more than a million items. Nothing is thrown at once.
   */
  evaluate(input: unknown, bindings?: Readonly<Record<string, unknown>>): unknown {
    const value = bindings === undefined ? this.#quickly(input) : uncertain
    return value === uncertain ? this.#official.evaluate(input, bindings, refuseFunctions) : value
  }

  /** Whether the value counts as true, as JSONata's own conditions see it. Otherwise like `evaluate`. */
  test(input: unknown): boolean | Promise<boolean> {
    const value = this.#quickly(input)
    if (value === true || value === false) return value
    return value === uncertain ? this.#official.evaluate(input, undefined, isTrue) : isTrue(value)
  }

  /** The closure's value, or `uncertain`. */
  #quickly(input: unknown): unknown {
    if (this.#closure === undefined) return uncertain
    // Where nothing is certain it is asked now and then only, so that it costs next to nothing.
    if (this.#uncertain >= patience && this.#uncertain++ % 64 !== 0) return uncertain
    const value = this.#bounded(this.#closure(input))
    if (value !== uncertain) this.#uncertain = 0
    else if (this.#uncertain < patience) this.#uncertain++
    return value
  }

  /** A closure does little, but what it makes may hold the same parts many times over. */
  #bounded(value: unknown): unknown {
    const isSuspect = this.#mayGrow || (Array.isArray(value) && value.length > 1000)
    return isSuspect && isTooLargeToWrite(value, 300_000) ? uncertain : value
  }
}

/** After so many inputs in a row without a certain answer the next is expected to have none either. */
const patience = 32

function refuseFunctions(value: unknown): unknown {
  if (isFunction(value)) throw new LitefeedError('EXPRESSION_FAILED', 'the result is a function')
  const name = functionIn(value)
  if (name !== undefined)
    throw new LitefeedError('EXPRESSION_FAILED', `the result holds a function as ${JSON.stringify(name)}`)
  return value
}
