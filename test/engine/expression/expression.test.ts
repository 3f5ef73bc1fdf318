import {setTimeout as after} from 'node:timers/promises'
import {describe, expect, test} from 'vitest'
import {LitefeedError} from '../../../src/engine/error.ts'
import {Expression} from '../../../src/engine/expression/expression.ts'

describe('an expression that does not parse', () => {
  test.each([
    ['a =', 'a =', '   ^'],
    ['a = ]', 'a = ]', '    ^'],
    ['a b', 'a b', '  ^'],
    ['$sum(', '$sum(', '     ^'],
    ['(a', '(a', '  ^'],
    ['"abc', '"abc', '   ^'],
    ['a = 1 %% 2', 'a = 1 %% 2', '         ^'],
    ['a and\nb c', 'b c', '  ^'],
    ['', '', '^'],
    ['🦆 = ]', '🦆 = ]', '     ^'],
  ])('%j is shown with a caret under the place', async (text, line, caret) => {
    const error = await failure(Expression.compile(text))
    expect(error).toBeInstanceOf(LitefeedError)
    expect(error).toMatchObject({code: 'BAD_EXPRESSION'})
    const [shown, under] = String((error as LitefeedError).hint).split('\n')
    expect(shown).toBe(line)
    expect(under).toBe(caret)
  })
})

describe('an expression is evaluated', () => {
  test.each<[string, unknown, unknown]>([
    ['a.b', {a: {b: 1}}, 1],
    ['a.b', {}, undefined],
    ['new_val.score > old_val.score', {new_val: {score: 2}, old_val: {score: 1}}, true],
    ['$sum(items.price)', {items: [{price: 1}, {price: 2}]}, 3],
    ['{"x": a}', {a: [1, 2]}, {x: [1, 2]}],
    ['null', {}, null],
  ])('%s of %j is %j', async (text, input, value) => {
    expect(await (await Expression.compile(text)).evaluate(input)).toEqual(value)
  })

  test('many times, also several at once', async () => {
    const expression = await Expression.compile('$map([1..n], function($x) { $x * n })')
    const results = await Promise.all([1, 2, 3].map(n => expression.evaluate({n})))
    expect(results.map(result => JSON.stringify(result))).toEqual(['1', '[2,4]', '[3,6,9]'])
  })

  test.each<[string, boolean]>([
    ['a', false],
    ['0', false],
    ['1', true],
    ['""', false],
    ['"a"', true],
    ['null', false],
    ['[]', false],
    ['[0]', false],
    ['[0, 1]', true],
    ['[[]]', false],
    ['{}', false],
    ['{"a": 0}', true],
    ['true', true],
    ['$sum', false],
    ['function($x) { $x }', false],
    ['[function($x) { $x }]', false],
  ])('as a condition %s is %s, as in JSONata', async (text, truth) => {
    expect(await (await Expression.compile(text)).test({})).toBe(truth)
    expect(await (await Expression.compile(`(${text}) ? true : false`)).evaluate({}), 'in JSONata').toBe(truth)
  })
})

describe('an expression that fails', () => {
  test.each([
    ['a type error', '"a" * 1'],
    ['an unknown function', '$nothing()'],
    ['an error of its own', '$error("no")'],
    ['an infinite loop', '($f := function() { $f() }; $f())'],
    ['endless recursion', '($f := function($n) { 1 + $f($n + 1) }; $f(0))'],
    ['a sequence without end', '[1..9000000]'],
  ])('%s is EXPRESSION_FAILED with a message', async (_, text) => {
    const error = await failure((await Expression.compile(text)).evaluate({}))
    expect(error).toMatchObject({code: 'EXPRESSION_FAILED'})
    expect((error as Error).message).not.toBe('')
    expect((error as Error).message).not.toMatch(/undefined|\[object/)
  })

  test('can be evaluated again', async () => {
    const expression = await Expression.compile('a ? ($f := function() { $f() }; $f()) : "fine"')
    await failure(expression.evaluate({a: true}))
    expect(await expression.evaluate({a: false})).toBe('fine')
  })

  test('lets timers have their turn after a long one', async () => {
    const expression = await Expression.compile('($f := function() { $f() }; $f())')
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    for (let round = 0; round < 3; round++) await failure(expression.evaluate({}))
    clearInterval(timer)
    expect(turns).toBeGreaterThan(0)
    await after(0)
  })
})

test.each<[string, readonly string[] | undefined]>([
  ['new_val', ['new_val']],
  ['new_val.room_id', ['new_val', 'room_id']],
  ['`a b`.c', ['a b', 'c']],
  ['new_val[0]', undefined],
  ['new_val[]', undefined],
  ['new_val.*', undefined],
  ['$.a', undefined],
  ['a + 1', undefined],
  ['a.b{c: d}', undefined],
  ['a^(b)', undefined],
  ['a@$x.b', undefined],
  ['a.$uppercase(b)', undefined],
])('%s is the path %j', async (text, path) => expect((await Expression.compile(text)).path).toEqual(path))

async function failure(answer: unknown): Promise<unknown> {
  try {
    await answer
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}
