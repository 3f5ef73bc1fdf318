import {expect, test} from 'vitest'
import {compile} from '../../../src/engine/expression/closure/compile.ts'
import {Random, rounds} from '../../support.ts'
import {compare} from './differ.ts'
import {Generator} from './generate.ts'

test('whatever a closure answers is what the official evaluator answers, and the input is as it was', async () => {
  const {wrong, expressions, compiled, asked, answered} = await compare(
    compile,
    new Generator(new Random()),
    rounds(1000),
  )
  expect(wrong).toBeUndefined()
  // It may always say that it does not know, but then it would be of no use.
  expect(compiled).toBeGreaterThan(expressions * 0.7)
  expect(answered).toBeGreaterThan(asked * 0.6)
})
