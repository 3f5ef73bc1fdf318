import {expect, test} from 'vitest'
import {compile, uncertain} from '../../../src/engine/expression/closure/compile.ts'
import {Random, rounds} from '../../support.ts'
import {Generator} from './generate.ts'
import {astOf, officialOutcome, show} from './official.ts'

test('whatever a closure answers is what the official evaluator answers, and the input is as it was', async () => {
  const generator = new Generator(new Random())
  const counts = {expressions: 0, compiled: 0, asked: 0, answered: 0}
  const wrong: unknown[] = []
  for (let round = 0; round < rounds(1000); round++) {
    const text = generator.expression()
    const ast = astOf(text)
    if (ast === undefined) continue
    counts.expressions++
    const program = compile(ast)
    if (program === undefined) continue
    counts.compiled++
    for (let input = 0; input < 4; input++) {
      const json = generator.document()
      const parsed = JSON.parse(json)
      const before = show(parsed)
      const value = program(parsed)
      counts.asked++
      if (show(parsed) !== before) wrong.push({text, json, changed: show(parsed)})
      if (value === uncertain) continue
      counts.answered++
      const official = await officialOutcome(text, json)
      if (!('value' in official) || official.value !== show(value))
        wrong.push({text, json, closure: show(value), official})
    }
    if (wrong.length > 0) break
  }
  expect(wrong).toEqual([])
  // It may always say that it does not know, but then it would be of no use.
  expect(counts.compiled).toBeGreaterThan(counts.expressions * 0.6)
  expect(counts.answered).toBeGreaterThan(counts.asked * 0.4)
})
