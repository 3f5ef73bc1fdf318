import {describe, expect, test} from 'vitest'
import {Expression} from '../../../../src/engine/expression/expression.ts'
import {officialOutcome} from '../official.ts'

/** What the official guards end by themselves, and what they do not see: each says why it would go on for long. */
test.each<[string, string, unknown]>([
  ['a loop', '($f := function() { $f() }; $f())', {}],
  ['a recursion', '($f := function($n) { 1 + $f($n + 1) }; $f(0))', {}],
  ['a sequence', '[1..9000000]', {}],
  ['a product of sequences', '[1..1000].([1..1000]).([1..1000])', {}],
  ['a regular expression that is exponential', '$match(s, /^(a+)+$/)', {s: `${'a'.repeat(40)}b`}],
  ['one with a choice', '$contains(s, /^(a|a)*$/)', {s: `${'a'.repeat(40)}b`}],
  ['one with a part that may be missing, in a row', '$contains(s, /^(?:a?){30}a{30}b/)', {s: 'a'.repeat(60)}],
  ['one with choices beside each other', `$contains(s, /^${'(a|a)'.repeat(32)}b/)`, {s: 'a'.repeat(40)}],
  ['one with a reference', '$contains(s, /^(a*)*\\1b/)', {s: 'a'.repeat(40)}],
  ['one that is polynomial', '$contains(s, /a*a*a*a*a*b/)', {s: 'a'.repeat(3000)}],
  ['one that is quadratic', '$contains(s, /a+b/)', {s: 'a'.repeat(1_000_000)}],
  ['one in $replace', '$replace(s, /(x+x+)+y/, "z")', {s: 'x'.repeat(40)}],
  ['one in $split', '$split(s, /(x+x+)+y/)', {s: 'x'.repeat(40)}],
  ['one made by $eval', '$eval("$match(\\"" & s & "\\", /^(a+)+$/)")', {s: `${'a'.repeat(40)}b`}],
  ['many matches of a simple one', '$count($match(s, /a/))', {s: 'a'.repeat(3_000_000)}],
  ['a picture of a time that is many numbers', `$toMillis(s, "${'[Y]1'.repeat(12)}")`, {s: `${'1'.repeat(60)}x`}],
  ['a $pad with several characters', '$length($pad("", 16000000, "ab"))', {}],
  ['text of many items', '$string($map([1..20], function() { [[1..200000]] }))', {}],
  ['a wide $pad', '$pad("", 500000000)', {}],
  ['a wide $pad with several characters', '$length($pad("", 250000000, "ab"))', {}],
  ['text that is doubled by $reduce', '$reduce([1..40], function($a, $b) { $a & $a }, "xx")', {}],
  ['text that is doubled by recursion', '($f := function($s) { $f($s & $s) }; $f("x"))', {}],
  [
    'text that is doubled by assignments',
    `(${Array.from({length: 32}, () => '$s := $s & "x" & $s').join('; ')}; $length($s))`.replace(
      '($s',
      '($s := "x"; $s',
    ),
    {},
  ],
  ['text that is joined', '$length($join([1..1000000].$string(), $pad("", 1000)))', {}],
  ['text that is replaced by longer text', '$replace($pad("", 10000000, "a"), "a", $pad("", 1000))', {}],
  [
    'objects that contain one another',
    '($f := function($n) { $n = 0 ? 1 : ($x := $f($n - 1); {"a": $x, "b": $x}) }; $f(60))',
    {},
  ],
  [
    'objects that are compared',
    '($f := function($n) { $n = 0 ? 1 : ($x := $f($n - 1); {"a": $x, "b": $x}) }; $f(40) = $f(40))',
    {},
  ],
  ['arrays that contain one another', '$reduce([1..60], function($a, $b) { [[$a], [$a]] })', {}],
  [
    'arrays that contain one another, by assignments',
    `($a := [1]; ${Array.from({length: 40}, () => '$a := [[$a], [$a]]').join('; ')})`,
    {},
  ],
  ['an object that contains itself', '$ ~> |a|{"b": $}|', {a: {}}],
  ['arrays that $zip nests', '$reduce([1..60], function($a, $b) { $zip($a, $a) }, [1])', {}],
  ['an array that is appended to itself', '$reduce([1..60], function($a, $b) { $append($a, $a) })', {}],
  ['an array that is appended to, item by item', '$count($reduce([1..1000000], $append))', {}],
  ['a built-in function on many items', '$count($map([1..999999].[1..9], $string))', {}],
  ['$distinct of many items', '$count($distinct([1..300000]))', {}],
  ['$spread of many items', '$count($spread([1..300000]))', {}],
  ['$sort of many items by a function', '$sort([1..100000], function($a, $b) { $a < $b })', {}],
  ['an order of many items', '[1..100000]^(>$)', {}],
  ['the whole input for many items', '[1..90000].$$', {x: Array.from({length: 2000}, (_, index) => index)}],
  [
    'all fields of a very wide object',
    'o.*',
    {o: Object.fromEntries(Array.from({length: 40_000}, (_, index) => [`k${index}`, [index]]))},
  ],
  ['a range past 2^53', '[n..n]', {n: 2 ** 53}],
  ['a range far past it', '[1e300..1e300]', {}],
  ['a range from below it to above', '[9007199254740991..9007199254740993]', {}],
  ['an $eval of itself', '($s := "$eval($s)"; $eval($s))', {}],
  ['an $eval of itself, in a document', '$eval(rule)', {rule: '$eval(rule)'}],
  ['an $eval of what calls it', '($f := function() { $eval("$f()") }; $f())', {}],
  ['an $eval by another name', '($e := $eval; $s := "$e($s)"; $e($s))', {}],
  ['a time that is wide', '$fromMillis(0, "[D,100000000]")', {}],
  ['a $pad with a character of two units', '$length($pad("😀", 4000000, "😀"))', {}],
  ['a range made by $eval', '$eval("[1e300..1e300]")', {}],
])('%s ends in an error within a second', async (_, text, input) => {
  const expression = await Expression.compile(text)
  // The time of the processor: by the clock, another process may have had it for the rest of the second.
  const before = process.cpuUsage()
  const error = await Promise.resolve(expression.evaluate(input)).then(
    value => ({value}),
    error => error,
  )
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(1.2)
  expect(error).toMatchObject({code: 'EXPRESSION_FAILED', message: expect.stringMatching(/./)})
})

test('a message is not as long as the value in it', async () => {
  const expression = await Expression.compile('$error($pad("", 1000000, "a"))')
  const error = await (expression.evaluate({}) as Promise<never>).catch(error => error)
  expect(error.message).toHaveLength(1001)
  expect(error.cause.message).toHaveLength(1_000_000)
})

describe('what is bounded does what it did', () => {
  test.each<[string, unknown, unknown]>([
    ['$length($pad("", 16000000))', {}, 16_000_000],
    ['$length(s)', {s: '😀'.repeat(5_000_000)}, 5_000_000],
    ['$pad("a", 5)', {}, 'a    '],
    ['$pad("a", -5, "xy")', {}, 'xyxya'],
    ['$map(["a"], $pad(?, 3)) ', {}, 'a  '],
    ['$map(["a", "b"], $uppercase)', {}, ['A', 'B']],
    ['$map([1, 2], function($v, $i, $a) { $v + $i + $count($a) })', {}, [3, 5]],
    ['$map([1, 2], $string)', {}, ['1', '2']],
    ['$filter([0, 1], $boolean)', {}, 1],
    ['$reduce([1, 2, 3], $append)', {}, [1, 2, 3]],
    ['$sort([3, 1, 2])', {}, [1, 2, 3]],
    ['$sort(["b", "a"])', {}, ['a', 'b']],
    ['$sort([1..2000])[0]', {}, 1],
    ['$sort([1..400], function($a, $b) { $a < $b })[0]', {}, 400],
    ['$sort($map([1..2000], function($i) { $string($i) }))[0]', {}, '1'],
    ['$count($distinct([1..3000]))', {}, 3000],
    ['$count($spread([1..3000]))', {}, 3000],
    ['$contains(s, /^a.*b$/)', {s: 'axxb'}, true],
    ['$contains(s, /(a+)+$/)', {s: 'aaaaaaaaaaaaaaaaaaaaaaaa'}, true],
    ['$match(s, /(a)(b)/).groups', {s: 'ab'}, ['a', 'b']],
    ['$count($match(s, /a+/))', {s: 'aa b aaa'}, 2],
    ['$replace(s, /(\\w+) (\\w+)/, "$2 $1")', {s: 'one two'}, 'two one'],
    ['$replace(s, /o/, function($m) { $uppercase($m.match) })', {s: 'foo'}, 'fOO'],
    ['$sift({"a": null, "b": 1}, function($v) { $exists(/null/($v)) })', {}, {a: null}],
    ['$contains("a", /a/ ?? 1)', {}, true],
    ['$split(s, /, */)', {s: 'a, b,c'}, ['a', 'b', 'c']],
    ['$join(["a", "b"], "-")', {}, 'a-b'],
    ['$toMillis("2020-01-02", "[Y]-[M]-[D]")', {}, 1577923200000],
    ['$toMillis("2020-01-02T03:04:05.006Z", "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001]Z")', {}, 1577934245006],
    ['[n..n + 2]', {n: 1}, [1, 2, 3]],
    ['[missing..2]', {}, []],
    ['$sum([1..100].($ * 2))', {}, 10100],
    ['$reduce([1..10], function($a, $b) { $a & "x" }, "")', {}, 'xxxxxxxxxx'],
    ['($f := function($n) { $n < 2 ? 1 : $n * $f($n - 1) }; $f(10))', {}, 3628800],
    ['$string($sum)', {}, ''],
    ['($f := $reverse(?); $f("ab"))', {}, ['b', 'a']],
    ['$map([$pad(?, 3)], function($f) { $f("a") })', {}, 'a  '],
    ['$.*[$string() = "1"]', {outerWrapper: 0, a: [1, [2]], b: 1}, [1, 1]],
    ['$ ~> |a|{"b": [1..2]}|', {a: {b: 1}}, {a: {b: [1, 2]}}],
  ])('%s', async (text, input, value) => {
    const result = await (await Expression.compile(text)).evaluate(input)
    expect(JSON.parse(JSON.stringify(result))).toEqual(value)
  })

  test.each([
    '$pad(1, 2)',
    '[1.5..2]',
    '[1.."a"]',
    '["a"..n]',
    '[$sum..2]',
    '[2..$sum]',
    '[1..20000000]',
    '$sort([1, "a"])',
    '$join(1)',
    '$match("a", /a*?/)',
    '$map([1], $pad)',
    '$formatNumber(1, "0.0.0")',
    '$toMillis("x")',
    '$eval("[1..n]")',
  ])('%s fails as it did', async text => {
    const expression = await Expression.compile(text)
    const official = (await officialOutcome(text, '{"n": "x"}')) as {error: object}
    await expect(expression.evaluate({n: 'x'})).rejects.toMatchObject({cause: official.error})
  })

  test('several at once', async () => {
    const expression = await Expression.compile('$map([1..3], function($i) { $i & s & $contains(s, /(x+)+y/) })')
    const results = await Promise.all(['a', 'b', 'c'].map(s => expression.evaluate({s})))
    expect(results.map(result => (result as string[])[0])).toEqual(['1afalse', '1bfalse', '1cfalse'])
  })
})
