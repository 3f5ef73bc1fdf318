import {expect, test} from 'vitest'
import {compile, uncertain} from '../../../src/engine/expression/closure/compile.ts'
import {Random, rounds} from '../../support.ts'
import {compare} from './differ.ts'
import {Generator} from './generate.ts'
import {astOf} from './official.ts'

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

test('a filter of all items for each item is answered at once', () => {
  const input = {a: Array.from({length: 300}, (_, b) => ({b}))}
  const program = compile(astOf('a#$i.{"same": $count($$.a[b = $i or b = "x"].b)}') as never)
  expect(program?.(input)).toHaveLength(300)
})

test('a closure gives up before long', () => {
  const input = {a: Array.from({length: 3000}, (_, b) => ({b}))}
  const start = process.cpuUsage()
  expect(compile(astOf('a.$count($$.a[b > 1 and b < 2])') as never)?.(input)).toBe(uncertain)
  expect(process.cpuUsage(start).user / 1000).toBeLessThan(400)
})
