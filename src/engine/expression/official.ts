import {setImmediate as nextTurn} from 'node:timers/promises'
import type {Expression as Program} from 'jsonata'
import type {Node} from './closure/ast.ts'

/** What ends an evaluation that would go on for too long. */
export interface Guards {
  /** Milliseconds. */
  readonly timeout: number
  /** Evaluations within evaluations. */
  readonly stack: number
  /** Items of an array. */
  readonly sequence: number
}

const usualGuards: Guards = {timeout: 800, stack: 500, sequence: 1_000_000}

/** The official evaluator with one expression. It decides what an expression means. */
export class Official {
  readonly ast: Node
  readonly #program: Program

  /** Throws the official error, which is no Error. */
  static async parse(text: string, guards: Partial<Guards> = {}): Promise<Official> {
    const {default: jsonata} = await import('jsonata')
    return new Official(jsonata(text, {...usualGuards, ...guards}))
  }

  private constructor(program: Program) {
    this.#program = program
    this.ast = program.ast() as unknown as Node
  }

  /** Throws the official error. The input may be changed. */
  async evaluate(input: unknown, bindings?: Readonly<Record<string, unknown>>): Promise<unknown> {
    const start = performance.now()
    try {
      return await this.#program.evaluate(input, bindings)
    } finally {
      // An evaluation never leaves the microtask queue. After a long one let signals and timers have their turn.
      if (performance.now() - start > 20) await nextTurn()
    }
  }
}
