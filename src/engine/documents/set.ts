import {Expression} from '../expression/expression.ts'
import type {Comparisons} from '../storage/storage.ts'
import type {Failure} from '../told.ts'
import {type Fields, parseFields, pluck, without} from './fields.ts'
import {mistakeOf, parse, resultText, stringify} from './json.ts'
import {type Skim, skimmer} from './skim.ts'
import {untouched} from './untouched.ts'

/** Which documents, and what of them. */
export interface SetOptions {
  /** A JSONata expression over the document; only those for which it is true. */
  readonly where?: string | undefined
  /** Only these fields of each: `name`, `address.city`. */
  readonly pluck?: readonly string[] | undefined
  /** All but these fields; of what `pluck` leaves. */
  readonly without?: readonly string[] | undefined
  /**
   * A JSONata expression over the document, or over what `pluck` and `without` leave of it; its result stands for the
   * document, and a document for which that is nothing or null is not in the set.
   */
  readonly select?: string | undefined
}

/** A set of documents: which belong to it, and as what. */
export class DocumentSet {
  readonly #where: Expression | undefined
  readonly #skim: Skim | undefined
  readonly #untouched: ReturnType<typeof untouched>
  readonly #pluck: Fields | undefined
  readonly #without: Fields | undefined
  readonly #select: Expression | undefined

  /** Throws BAD_EXPRESSION and MISUSE. */
  static async compile(options: SetOptions): Promise<DocumentSet> {
    const [where, select] = await Promise.all(
      [options.where, options.select].map(text => (text === undefined ? undefined : Expression.compile(text))),
    )
    return new DocumentSet(
      where,
      options.pluck && parseFields(options.pluck, 'pluck'),
      options.without && parseFields(options.without, 'without'),
      select,
    )
  }

  private constructor(
    where: Expression | undefined,
    plucked: Fields | undefined,
    left: Fields | undefined,
    select: Expression | undefined,
  ) {
    this.#where = where
    const fields = where?.reads && new Set(where.reads.keys())
    this.#skim = skimmer(fields)
    this.#untouched = untouched(fields)
    this.#pluck = plucked
    this.#without = left
    this.#select = select
  }

  /** Comparisons that every document of it fulfils, or fails on. */
  get comparisons(): Comparisons {
    return this.#where?.conjuncts ?? []
  }

  /** Whether every document belongs to it, as it is. */
  get isWhole(): boolean {
    return this.#where === undefined && !this.projects
  }

  /** Whether something else stands for a document. */
  get projects(): boolean {
    return this.#pluck !== undefined || this.#without !== undefined || this.#select !== undefined
  }

  /**
   * What stands for the document, as JSON text; null when it does not belong to the set. A promise only where an expression
   * needs one: a loop over many documents awaits that alone. Throws, or rejects with, MemberError.
   */
  member(text: string): string | null | Promise<string | null> {
    const where = this.#where
    if (where === undefined) return this.#shown(text)
    const holds = where.test(this.#skim?.(text) ?? parsed(text, where.text))
    if (typeof holds === 'boolean') return holds ? this.#shown(text) : null
    return holds.then(
      isTrue => (isTrue ? this.#shown(text) : null),
      error => failed(where, error),
    )
  }

  /**
   * Whether, of two values of a document, one belongs to it as the other does, or does not; and each as it is. False where that
   * cannot be seen at once.
   */
  isAlike(one: string, other: string): boolean {
    return !this.projects && this.#untouched?.(one, other) === true
  }

  /** Whether the document belongs to it. One on which an expression fails does not. */
  async has(text: string): Promise<boolean> {
    try {
      return (await this.member(text)) !== null
    } catch (error) {
      if (error instanceof MemberError) return false
      throw error
    }
  }

  #shown(text: string): string | null | Promise<string | null> {
    const select = this.#select
    const fields = this.#pluck === undefined && this.#without === undefined ? text : this.#fieldsOf(text)
    if (select === undefined) return fields
    const result = select.evaluate(parsed(fields, select.text))
    if (!(result instanceof Promise)) return memberText(select, result, fields)
    return result.then(
      value => memberText(select, value, fields),
      error => failed(select, error),
    )
  }

  #fieldsOf(text: string): string {
    let value = parsed(text, 'the choice of fields', parse)
    if (this.#pluck !== undefined) value = pluck(value, this.#pluck)
    if (this.#without !== undefined) value = without(value, this.#without)
    return stringify(value) as string
  }
}

/** Throws MemberError. */
function parsed(text: string, expression: string, read: (text: string) => unknown = JSON.parse): unknown {
  try {
    return read(text)
  } catch (error) {
    throw new MemberError(expression, new Error(`the document is not JSON: ${mistakeOf(error)}`))
  }
}

function memberText(select: Expression, result: unknown, source: string): string | null {
  try {
    const text = resultText(result, [source])
    return text === undefined || text === 'null' ? null : text
  } catch (error) {
    return failed(select, error)
  }
}

/** An expression of a set failed on a document, which therefore does not belong to it. Never thrown past the engine. */
class MemberError extends Error {
  override readonly name = 'MemberError'
  readonly expression: string

  constructor(expression: string, cause: unknown) {
    super((cause as Error).message, {cause})
    this.expression = expression
  }
}

/** The failure that such an error is; anything else is thrown on. */
export function failureOf(error: unknown, place: Failure['place']): Failure {
  if (error instanceof MemberError) return {expression: error.expression, place, message: error.message}
  throw error
}

function failed(expression: Expression, error: unknown): never {
  throw new MemberError(expression.text, error)
}
