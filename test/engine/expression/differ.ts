import {uncertain} from '../../../src/engine/expression/closure/compile.ts'
import type {Generator} from './generate.ts'
import {astOf, officialOutcome, show} from './official.ts'

export type Compile = (ast: never) => ((input: unknown) => unknown) | undefined

export interface Comparison {
  expressions: number
  compiled: number
  asked: number
  answered: number
  /** The first answer that is not the official one, or input that was changed. */
  wrong?: object
}

/** Random expressions, each with some inputs, until a closure gives another answer than the official evaluator. */
export async function compare(compile: Compile, generator: Generator, rounds: number): Promise<Comparison> {
  const comparison: Comparison = {expressions: 0, compiled: 0, asked: 0, answered: 0}
  for (let round = 0; round < rounds && comparison.wrong === undefined; round++) {
    const text = generator.expression()
    const ast = astOf(text)
    if (ast === undefined) continue
    comparison.expressions++
    const program = compile(ast as never)
    if (program === undefined) continue
    comparison.compiled++
    for (let input = 0; input < 4 && comparison.wrong === undefined; input++)
      await compareOne(text, program, generator.document(), comparison)
  }
  return comparison
}

export async function compareOne(
  text: string,
  program: (input: unknown) => unknown,
  json: string,
  comparison: Comparison,
): Promise<void> {
  const input = JSON.parse(json)
  const before = show(input)
  const value = program(input)
  comparison.asked++
  if (show(input) !== before) comparison.wrong = {text, json, changed: show(input)}
  // A copy of the compiler has a symbol of its own.
  if (typeof value === 'symbol' && value.description === uncertain.description) return
  comparison.answered++
  const official = await officialOutcome(text, json)
  if (!('value' in official) || official.value !== show(value))
    comparison.wrong = {text, json, closure: show(value), official}
}
