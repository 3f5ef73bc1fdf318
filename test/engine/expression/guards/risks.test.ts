import {describe, expect, test} from 'vitest'
import {mayGrow} from '../../../../src/engine/expression/guards/risks.ts'
import {astOf} from '../official.ts'

describe('values may grow, and are watched', () => {
  test.each([
    '($f := function($x) { $f($x) }; $f(a))',
    '($f := function($x) { $map($x, $f) }; $f([1]))',
    '($f := function($x) { $filter([1], $f) }; $f(1))',
    '($f := function($x) { $replace("a", /a/, $f) }; $f(1))',
    '($f := function($x) { $x ~> $f }; $f(1))',
    '($f := function($x) { $x ~> |$|{"a": $f($)}| }; $f(1))',
    '($f := function($x) { (1; $f)($x) }; $f(1))',
    '($f := function($g) { $map([$g], $g) }; $f($f))',
    'function($x) { $x($x) }(function($x) { $x($x) })',
    '($sum := function($x) { $sum($x) }; $sum(a))',
    '($f := function($sum) { $sum($sum) }; $f($f))',
    '($f := $uppercase ~> $f)',
    '($f := $g(?, 1); $f(1))',
    '($f := function($x) { [$x, $x] }; $f($f($f($f($f(1))))))',
    '$reduce(a, $append)',
    '$map(a, $eval)',
    '($e := $eval; $e(a))',
    '($f := function($x) { $eval("$f(1)") }; $f(1))',
    'a & a & a & a & a & a & a & a & a & a',
  ])('%s', text => {
    expect(mayGrow(astOf(text) as never)).toBe(true)
  })
})

describe('values cannot grow by themselves', () => {
  test.each([
    'a.b[c = 1]',
    '($f := function($x) { $x + 1 }; $f(a))',
    '($f := function($p) { $p.price * $round($p.tax, 2) }; $map(items, $f))',
    '$map(a, function($x) { $uppercase($x) })',
    '$map(a, function($x) { $x > 1 })',
    '$reduce(a, $max)',
    'a ~> $sum()',
    'a ~> |b|{"x": 1}|',
  ])('%s', text => {
    expect(mayGrow(astOf(text) as never)).toBe(false)
  })
})
