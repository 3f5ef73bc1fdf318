import {describe, expect, test} from 'vitest'
import {compile, uncertain} from '../../../src/engine/expression/closure/compile.ts'
import {astOf, officialOutcome, show} from './official.ts'

/** Expressions, each with inputs. What the closure answers is compared with the official evaluator, never with a table. */
const certain: Readonly<Record<string, readonly [string, ...string[]][]>> = {
  'paths and sequences': [
    [
      'a.b',
      '{}',
      '{"a":null}',
      '{"a":1}',
      '{"a":{"b":null}}',
      '{"a":{"b":false}}',
      '{"a":{"b":[]}}',
      '{"a":{"b":[1]}}',
    ],
    [
      'a.b',
      '{"a":[]}',
      '{"a":[{"b":1}]}',
      '{"a":[{"b":1},{"b":2}]}',
      '{"a":[{"b":[1]},{"b":[2,3]}]}',
      '{"a":[[{"b":1}]]}',
    ],
    ['a.b', '{"a":[{"b":[1]}]}', '{"a":[{"b":[[1]]}]}', '{"a":[{"b":[]}]}', '{"a":[{"b":[[]]}]}', '{"a":[{},{"b":1}]}'],
    ['a.b.c', '{"a":{"b":[{"c":1}]}}', '{"a":[{"b":{"c":[1]}}]}', '{"a":[[{"b":[[{"c":[[1]]}]]}]]}'],
    ['a[]', '{"a":1}', '{"a":[1]}', '{"a":[]}', '{}', '{"a":[[1]]}'],
    ['a[].b', '{"a":{"b":1}}', '{"a":[{"b":1}]}', '{"a":[{"b":[1]}]}', '{}'],
    ['a.b[]', '{"a":{"b":1}}', '{"a":[{"b":1}]}', '{"a":[]}'],
    ['a[0]', '{"a":1}', '{"a":[1,2]}', '{"a":[[1,2],3]}', '{"a":[]}', '{}'],
    ['a[-1]', '{"a":[1,2]}', '{"a":[]}'],
    ['a[5]', '{"a":[1,2]}'],
    ['a[1.9]', '{"a":[1,2,3]}'],
    ['a.b[0]', '{"a":[{"b":[1,2]},{"b":[3]}]}', '{"a":[{"b":1},{"b":2}]}'],
    ['(a.b)[0]', '{"a":[{"b":[1,2]},{"b":[3]}]}'],
    ['a[b=1]', '{"a":[{"b":1,"c":2}]}', '{"a":{"b":1}}', '{"a":[{"b":2}]}', '{"a":[]}', '{}'],
    ['a[b=1].c', '{"a":[{"b":1,"c":[5]}]}', '{"a":[{"b":1,"c":5},{"b":1,"c":6}]}'],
    ['a[[0,2]]', '{"a":[1,2,3]}'],
    ['a[[0..1]]', '{"a":[1,2,3]}'],
    ['a[$ > 1]', '{"a":[1,2,3]}', '{"a":2}', '{"a":[2]}'],
    ['a.*', '{"a":{"x":1,"y":[2,[3]],"z":[]}}', '{"a":{}}', '{"a":{"x":[]}}', '{"a":{"x":[1]}}', '{"a":1}'],
    ['**', '{}', '{"a":[[1]]}', '{"a":{"b":null}}'],
    ['**.b', '{"a":{"b":[1,{"b":2}]}}'],
    ['a^(b).b', '{"a":[{"b":2},{"b":1},{}]}', '{"a":[{"b":2}]}', '{"a":[{"b":"x"},{"b":"X"}]}'],
    ['a^(>b, c).c', '{"a":[{"b":1,"c":2},{"b":1,"c":1},{"b":2,"c":0},{"c":9}]}'],
    ['a.(b + 1)', '{"a":[{"b":1},{},{"b":2}]}'],
    ['a.[b]', '{"a":[{"b":1},{"b":2}]}', '{"a":{"b":1}}', '{"a":[{"b":[1]}]}', '{"a":[{}]}'],
    ['a.[b].c', '{"a":{"b":{"c":1}}}'],
    ['[a, b].c', '{"a":{"c":1},"b":[{"c":2}]}'],
    ['[a].$', '{"a":1}', '{"a":[1]}'],
    ['a.$', '{"a":[1,[2]]}'],
    ['a.$$.b', '{"a":[1,2],"b":3}'],
    ['"a"', '{}'],
    ['a."b"', '{"a":{"b":1}}'],
    ['`a b`.`c.d`', '{"a b":{"c.d":1}}'],
  ],
  'null, missing and equality': [
    ['a = null', '{}', '{"a":null}', '{"a":0}', '{"a":[null]}'],
    ['a != null', '{}', '{"a":null}', '{"a":0}'],
    ['a = b', '{}', '{"a":1}', '{"a":1,"b":1}', '{"a":1,"b":true}', '{"a":"1","b":1}', '{"a":0,"b":-0}'],
    ['a = b', '{"a":[1],"b":1}', '{"a":[1],"b":[1]}', '{"a":[1,2],"b":[2,1]}', '{"a":[],"b":[]}', '{"a":[[]],"b":[]}'],
    [
      'a = b',
      '{"a":{"x":1,"y":2},"b":{"y":2,"x":1}}',
      '{"a":{"x":1},"b":{"y":1}}',
      '{"a":{},"b":{}}',
      '{"a":{},"b":null}',
    ],
    ['a = b', '{"a":{"__proto__":1},"b":{"__proto__":1}}', '{"a":{"__proto__":{}},"b":{}}'],
    ['a != b', '{}', '{"a":1}', '{"a":[1],"b":[1]}', '{"a":[1],"b":[2]}'],
    ['a.b = 1', '{"a":[{"b":1}]}', '{"a":[{"b":1},{"b":1}]}'],
    [
      'a in b',
      '{}',
      '{"a":1,"b":[1]}',
      '{"a":1,"b":1}',
      '{"a":1,"b":["1"]}',
      '{"a":{},"b":[{}]}',
      '{"a":null,"b":[null]}',
    ],
    ['a in [1, 2]', '{"a":2}', '{"a":3}', '{}'],
    [
      'a < b',
      '{}',
      '{"a":1}',
      '{"b":"x"}',
      '{"a":1,"b":2}',
      '{"a":"a","b":"B"}',
      '{"a":"é","b":"z"}',
      '{"a":"😀","b":"\\uffff"}',
    ],
    ['a and b', '{}', '{"a":1}', '{"a":[0],"b":1}', '{"a":[[]],"b":1}', '{"a":{},"b":1}', '{"a":{"x":0},"b":"x"}'],
    ['a or b', '{}', '{"a":""}', '{"a":null,"b":[0,1]}'],
    ['a ? b : c', '{"b":1,"c":2}', '{"a":1,"b":1}', '{"a":[],"c":[2]}'],
    ['a ? b', '{}', '{"a":1}'],
    ['a ?: b', '{"a":0,"b":1}', '{"a":2,"b":1}', '{}'],
    ['a ?? b', '{"a":null,"b":1}', '{"b":1}', '{"a":0}', '{}'],
    ['a.b ?? "none"', '{"a":[]}', '{"a":[{"b":1}]}'],
  ],
  'numbers and strings': [
    ['a + b * 2 - 1', '{"a":1,"b":2}', '{"a":1}', '{}', '{"a":0.1,"b":0.1}'],
    ['a / b', '{"a":1,"b":0}', '{"a":0,"b":0}', '{"a":-1,"b":3}'],
    ['a % b', '{"a":-5,"b":3}', '{"a":5,"b":0}'],
    ['-a', '{"a":1}', '{"a":0}', '{}'],
    ['a & b', '{}', '{"a":1,"b":"x"}', '{"a":null,"b":true}', '{"a":[1,"x"],"b":{"y":1.10}}', '{"a":0.1,"b":1e21}'],
    [
      'a & ""',
      '{"a":123.456789012345678}',
      '{"a":1e-7}',
      '{"a":-0}',
      '{"a":[-0,0.30000000000000004]}',
      '{"a":"\\ud800"}',
    ],
    ['$string(a)', '{"a":"x"}', '{"a":{"b":[1.5]}}', '{}', '{"a":[]}', '{"a":{"toJSON":1}}'],
    ['$length(a)', '{"a":""}', '{"a":"😀é"}', '{"a":"\\ud800"}', '{}'],
    ['$substring(a, 1, 2)', '{"a":"abcd"}', '{"a":"😀😀😀😀"}', '{"a":""}', '{}'],
    ['$substring(a, -2)', '{"a":"abcd"}', '{"a":"a"}', '{"a":"a😀b"}'],
    ['$substring(a, -3, 2)', '{"a":"abcd"}', '{"a":"ab"}', '{"a":"a😀bc"}'],
    ['$substring(a, 1, 0)', '{"a":"abcd"}'],
    ['$trim(a)', '{"a":" a \\n b "}', '{"a":" "}', '{"a":"\\u00a0a"}'],
    ['$split(a, b)', '{"a":"a,b","b":","}', '{"a":"ab","b":""}', '{"a":"","b":""}', '{"a":"a","b":"x"}', '{"b":"x"}'],
    ['$split(a, ",", 1)', '{"a":"a,b"}', '{}'],
    ['$join(a, "-")', '{"a":["x","y"]}', '{"a":"x"}', '{"a":[]}', '{}'],
    ['$contains(a, "b")', '{"a":"abc"}', '{"a":""}', '{}'],
    ['a.$uppercase()', '{"a":"ß"}', '{"a":["a","b"]}', '{}'],
    ['a[$contains("x")]', '{"a":["xy","z"]}'],
    ['$number(a)', '{"a":"12"}', '{"a":"-1.5e3"}', '{"a":true}', '{"a":1}', '{}', '{"a":"007"}'],
    ['$round(a)', '{"a":2.5}', '{"a":3.5}', '{"a":-0.4}', '{"a":-1.5}', '{}'],
    ['$round(a, 2)', '{"a":1.005}', '{"a":4.525}', '{"a":1e-9}', '{"a":1e21}'],
    ['$round(a, -2)', '{"a":150}', '{"a":250}'],
    ['$sum(a)', '{"a":[1,2]}', '{"a":1}', '{"a":[]}', '{}', '{"a":[1e400]}', '{"a":[0.1,0.2,0.3]}'],
    ['$max(a)', '{"a":[1,2]}', '{"a":[]}', '{"a":-0}', '{"a":[0,-0]}'],
    ['$average(a)', '{"a":[1,2]}', '{"a":[]}', '{}'],
    ['$count(a)', '{"a":[1,2]}', '{"a":null}', '{"a":[]}', '{}', '{"a":[[]]}'],
    ['$power(a, 2)', '{"a":3}', '{}'],
    ['a ~> $uppercase() ~> $length()', '{"a":"ß"}'],
  ],
  'objects and arrays': [
    ['{"x": a, "y": b}', '{}', '{"a":1}', '{"a":[1],"b":[]}', '{"a":null}'],
    ['{"2": a, "1": a, "x": a}', '{"a":1}'],
    ['{"__proto__": a, "constructor": a}', '{"a":1}'],
    ['{"x": {"y": [a]}}', '{"a":[1]}'],
    ['a.{"x": b}', '{"a":[{"b":1},{"b":2}]}', '{"a":{"b":1}}', '{"a":[]}'],
    ['a{b: c}', '{"a":[{"b":"x","c":1},{"b":"y","c":2},{"b":"x","c":3}]}', '{"a":{"b":"x","c":[1]}}', '{}'],
    ['a{b: $sum(c)}', '{"a":[{"b":"x","c":1},{"b":"x","c":2}]}', '{"a":[{"b":"2"},{"b":"1"}]}'],
    ['a{"all": b}', '{"a":[{"b":1},{"b":2}]}', '{"a":[{"b":1}]}'],
    ['a{b: $}', '{"a":[{"b":"x"},{"b":"x"}]}', '{"a":[{"b":"__proto__"}]}'],
    ['[a, b]', '{}', '{"a":1,"b":[2]}', '{"a":[[1]],"b":[]}', '{"a":null}'],
    ['[[a], b]', '{"a":1,"b":2}', '{}'],
    ['[1..a]', '{"a":3}', '{"a":0}', '{"a":1}', '{}'],
    ['[[]]', '{}'],
    ['$append(a, b)', '{"a":1,"b":2}', '{"a":[1]}', '{"b":[1]}', '{}', '{"a":[],"b":[]}', '{"a":null,"b":[null]}'],
    ['$merge(a)', '{"a":[{"x":1},{"x":2,"y":3}]}', '{"a":{"x":1}}', '{"a":[]}', '{}', '{"a":[{"__proto__":1}]}'],
    [
      '$keys(a)',
      '{"a":{"x":1,"2":1,"1":1}}',
      '{"a":{}}',
      '{"a":[{"x":1},{"y":1},{"x":2}]}',
      '{"a":1}',
      '{}',
      '{"a":{"x":1}}',
    ],
    ['$lookup(a, "b")', '{"a":{"b":1}}', '{"a":[{"b":1},{"b":[2]}]}', '{"a":1}', '{}'],
    ['$distinct(a)', '{"a":[1,1,"1",true,[1],[1],{},{}]}', '{"a":1}', '{}'],
    ['$reverse(a)', '{"a":[1,2]}', '{"a":1}', '{"a":[]}', '{}'],
    ['$type(a)', '{"a":null}', '{"a":[]}', '{"a":{}}', '{"a":""}', '{"a":true}', '{}'],
    ['$exists(a.b)', '{}', '{"a":[{"b":null}]}', '{"a":[]}'],
    ['$boolean(a)', '{"a":[0]}', '{"a":[0,0]}', '{"a":[[],1]}', '{"a":" "}', '{}'],
    ['$not(a)', '{"a":0}', '{}'],
  ],
  'variables and blocks': [
    ['($x := a; $x + $x)', '{"a":1}', '{}'],
    ['($x := a; ($x := 5; $x) + $x)', '{"a":1}'],
    ['($x := 1; ($x := $x + 1; $x))', '{}'],
    ['a.($x := b; $x * 2)', '{"a":[{"b":1},{"b":2}]}'],
    ['($x := a; $x[0].b)', '{"a":[{"b":1}]}', '{"a":{"b":1}}'],
    ['$x := a', '{"a":[1]}'],
    ['($x := $y := a; $x = $y)', '{"a":1}'],
    ['()', '{}'],
    ['(a; b)', '{"a":1,"b":2}'],
  ],
  'keys that mean something to JavaScript': [
    ['constructor', '{}', '{"constructor":1}'],
    ['toString.length', '{}', '{"toString":{"length":1}}'],
    ['__proto__', '{}', '{"__proto__":1}', '{"__proto__":{"a":1}}'],
    ['a', '{"a":1,"a":2}'],
    ['a.length', '{"a":[1,2]}', '{"a":"x"}', '{"a":{"length":1}}'],
    ['a.sequence', '{"a":{"sequence":true}}'],
    ['a.then', '{"a":{"then":1}}'],
    ['a.next', '{"a":{"next":1}}'],
    ['a._jsonata_function', '{"a":{"_jsonata_function":false}}'],
  ],
}

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
  test.each<[string, string, string]>([
    ['a type error', 'a + 1', '{"a":"x"}'],
    ['an order of different types', 'a < 1', '{"a":"x"}'],
    ['an order of null', 'a < 1', '{"a":null}'],
    ['a number that is not finite', 'a + 1', '{"a":1e400}'],
    ['a condition that is not finite', 'a ? 1 : 2', '{"a":1e400}'],
    ['a text that is not finite', 'a & ""', '{"a":1e400}'],
    ['an array against an object', 'a = b', '{"a":[],"b":{"length":0}}'],
    ['a function by its key', 'a.b', '{"a":{"_jsonata_function":true,"b":1}}'],
    ['a lambda by its key', '$exists(a)', '{"a":{"_jsonata_lambda":true}}'],
    ['an object with the mark of a wrapper', '$.a', '{"a":1,"outerWrapper":[1]}'],
    ['an object with the mark of a tuple stream', '$[a = 1]', '{"a":1,"tupleStream":true}'],
    ['a grouping of an empty array of the input', 'a{"x": 1}', '{"a":[]}'],
    ['a key that is no string', '{a: 1}', '{"a":1}'],
    ['a reserved key', '{a: 1}', '{"a":"_jsonata_lambda"}'],
    ['two keys that are one', '{a: 1, b: 2}', '{"a":"x","b":"x"}'],
    ['an order of mixed items', 'a^(b)', '{"a":[{"b":1},{"b":"x"}]}'],
    ['the root of a negative number', '$sqrt(a)', '{"a":-1}'],
    ['a power that is too large', '$power(a, 1000)', '{"a":10}'],
    ['a string that is no number', '$number(a)', '{"a":"x"}'],
    ['a sum of strings', '$sum(a)', '{"a":["x"]}'],
    ['a range past 2^53', '[a..a]', '{"a":1.5}'],
    ['an array at the top', 'a', '[{"a":1}]'],
    ['a variable that is not assigned', '(a ? $x := 1; $x)', '{}'],
    ['more than it may do', '[1..1000].[1..1000]', '{}'],
  ])('%s', (_, text, json) => {
    expect(compile(astOf(text) as never)?.(JSON.parse(json))).toBe(uncertain)
  })

  test.each([
    '$map(a, function($x) { $x })',
    '$nothing(a)',
    '$sum',
    '$nothing',
    'a.%',
    'a@$x.b',
    'a#$i.b',
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
