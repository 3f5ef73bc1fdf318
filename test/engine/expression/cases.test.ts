import {describe, expect, test} from 'vitest'
import {compile, uncertain} from '../../../src/engine/expression/closure/compile.ts'
import {certain, uncertainCases} from './cases.ts'
import {astOf, officialOutcome, show} from './official.ts'

describe.each(Object.entries(certain))('%s: the closure is certain, and right', (_, cases) => {
  test.each(cases)('%s', async (text, ...inputs) => {
    const program = compile(astOf(text) as never)
    expect(program, 'it is compiled').toBeDefined()
    for (const json of inputs) {
      const value = program?.(JSON.parse(json))
      expect.soft({json, value: value === uncertain ? 'uncertain' : show(value)}).toEqual({
        json,
        ...(await officialOutcome(text, json)),
      })
    }
  })
})

describe('the closure leaves to the official evaluator', () => {
  test.each(uncertainCases)('%s', (_, text, json) => {
    expect(compile(astOf(text) as never)?.(JSON.parse(json))).toBe(uncertain)
  })

  test.each([
    '$map(a, function($x)<n:n> { $x })',
    '$map(a, function($x) { $keys($x) })',
    '$map(a, function($x) { $length() })',
    '$map(a, $string)',
    '$map(a, function($f) { $f(1) })',
    '$map(a, function($sum) { $sum(1) })',
    '$reduce(a, function($x) { $x })',
    '($f := function($x) { $x }; $map(a, $f))',
    '$contains(a, /b/, 1)',
    '$nothing(a)',
    '$sum',
    '$nothing',
    'a.%',
    'a@$x.b',
    'a#$i[0]',
    'a[b]#$i.c',
    'a#$i^(b)',
    'a#$i{"b": $i}',
    'a#$$.b',
    '[a]#$i.b',
    'a#$i.(b.%)',
    'a ~> |b|{"c": 1}|',
    '/a/',
    '$now()',
    '$eval("a")',
    '$random()',
    'function($x) { $x }',
    '[$x := 1, $x]',
    '{"a": $x := 1, "b": $x}',
    '($sum := 1; $sum(a))',
    '($$ := 1; $$)',
    '$sum(a, 1, 2)',
    'a(1)',
    Array.from({length: 300}, () => '[').join('') + Array.from({length: 300}, () => ']').join(''),
    `[${Array.from({length: 300}, () => 'a').join(',')}]`,
  ])('%.50s, as a whole', text => {
    expect(compile(astOf(text) as never)).toBeUndefined()
  })
})

test('a group of many keys, which the official evaluator counts as depth', async () => {
  const program = compile(astOf('a{k: v & ""}') as never)
  for (const keys of [10, 100, 300]) {
    const json = JSON.stringify({a: Array.from({length: keys}, (_, index) => ({k: `k${index}`, v: index}))})
    const value = program?.(JSON.parse(json))
    const official = await officialOutcome('a{k: v & ""}', json)
    if (value !== uncertain) expect({value: show(value)}).toEqual(official)
    if (keys === 300) expect(official, 'it fails').toHaveProperty('error')
  }
})

test('an object whose fields are read when they are asked for', () => {
  const asked: string[] = []
  const input = {
    get a() {
      asked.push('a')
      return {x: 1}
    },
    get b() {
      asked.push('b')
      return {x: 1}
    },
  }
  expect(compile(astOf('b.x = 1') as never)?.(input)).toBe(true)
  expect(asked).toEqual(['b'])
})

test('an input that fails when it is read', () => {
  const input = {
    get a() {
      throw new Error('no JSON')
    },
  }
  expect(compile(astOf('a = 1') as never)?.(input)).toBe(uncertain)
})

test('an input that is too deep for the stack', () => {
  const json = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`
  expect(compile(astOf('$string(a)') as never)?.(JSON.parse(json))).toBe(uncertain)
})
