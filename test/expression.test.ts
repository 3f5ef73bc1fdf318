import {expect, test} from 'vitest'
import {compile, ExpressionError} from '../src/expression.ts'

test.each<[string, unknown, unknown]>([
  ['a.b', {a: {b: [1]}}, [1]],
  ['a.b', {}, undefined],
  ['a.b', [{a: {b: 1}}, {a: {b: 2}}], [1, 2]],
  ['{"x": a[]}', {a: 1}, {x: [1]}],
  ['$map(a, function($x) { {"y": $x} })', {a: [1, 2]}, [{y: 1}, {y: 2}]],
  ['$sort(a)', {a: [2, 1]}, [1, 2]],
  ['a.**', {a: [1, [2]]}, [1, 2]],
  ['$', {a: 1, _jsonata_function: true}, {a: 1, _jsonata_function: true}],
  ['$.b', {b: {_jsonata_lambda: true}}, {_jsonata_lambda: true}],
])('%s of %j is %j, in plain arrays and objects', async (text, input, value) => {
  expect(await (await compile(text)).evaluate(input)).toStrictEqual(value)
})

test('an expression sees the variables that it is given', async () => {
  const expression = await compile('a + $x')
  expect(await expression.evaluate({a: 1}, {x: 2})).toBe(3)
  expect(await expression.evaluate({a: 1}, {})).toBeUndefined()
})

test.each([
  ['a +', {}, {code: 'S0207', position: 3, token: '(end)', message: 'Unexpected end of expression'}],
  ['a + "x"', {a: 1}, {code: 'T2002', position: 3, token: '+', value: 'x'}],
  ['$nothing()', {}, {code: 'T1006', position: 9, token: 'nothing'}],
  ['[1..9000000]', {}, {code: 'D2015', value: 4_000_000}],
  ['[0..10000000]', {}, {code: 'D2014', value: 10_000_001}],
  ['$sum', {}, {message: 'the result is a function'}],
  ['$ ~> |a|{"b": $}|', {a: {}}, {code: 'D2015'}],
  ['$error("no")', {}, {code: 'D3137', message: 'no'}],
])('the error of %s has the official fields', async (text, input, fields) => {
  const error = await compile(text)
    .then(expression => expression.evaluate(input))
    .catch(error => error)
  expect(error).toBeInstanceOf(ExpressionError)
  expect(error).toMatchObject(fields)
})

test('values may be deeper than the stack', async () => {
  const input = JSON.parse(`${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`)
  for (const text of ['a', '$map([1], $sqrt) ? a']) {
    let value = await (await compile(text)).evaluate(input)
    let depth = 0
    for (; typeof value === 'object'; depth++) value = (value as {a: unknown}).a
    expect({text, depth}).toEqual({text, depth: 19_999})
  }
})

test('the input is not changed, and the value is another', async () => {
  const input = {a: [], b: [{c: 1}]}
  expect(await (await compile('a{"x": 1}')).evaluate(input)).toEqual({x: 1})
  const value = (await (await compile('b')).evaluate(input)) as object[]
  Object.assign(value[0] as object, {c: 2})
  expect(input).toStrictEqual({a: [], b: [{c: 1}]})
})

test('what it is given as variables is not changed', async () => {
  const variables = {x: Object.freeze([1]), double: (value: number) => value * 2}
  expect(await (await compile('$x[].$double($)')).evaluate({}, variables)).toStrictEqual([2])
  expect(await (await compile('$x[]')).evaluate({}, variables)).toStrictEqual([1])
})

test.each([
  ['$count([1..20])', {sequence: 10}, 'D2015'],
  ['($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $f(20))', {stack: 50}, 'D1011'],
  ['($f := function() { $f() }; $f())', {timeout: 20}, 'D1012'],
])('%s fails with the limits %j', async (text, guards, code) => {
  await expect((await compile(text, guards)).evaluate({})).rejects.toMatchObject({code})
})

test.each([
  ['$count([1..20])', {sequence: 0}, 20],
  ['($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $f(400))', {timeout: 0, stack: 0, sequence: 0}, 400],
  ['[1..10000000] ~> $count()', {timeout: 0}, 10_000_000],
])('%s does not with the limits %j', async (text, guards, value) => {
  expect(await (await compile(text, guards)).evaluate(undefined)).toBe(value)
})

test('it says what it reads and what must hold', async () => {
  const {reads, conjuncts} = await compile('new_val.room = 7 and old_val.room != 7')
  expect([...(reads ?? [])]).toEqual(['new_val', 'old_val'])
  expect(conjuncts).toEqual([
    {path: ['new_val', 'room'], op: '=', value: 7},
    {path: ['old_val', 'room'], op: '!=', value: 7},
  ])
})
