import {expect, test} from 'vitest'
import {readsOf} from '../../../src/engine/expression/reads.ts'
import {Random, rounds} from '../../support.ts'
import {Generator} from './generate.ts'
import {astOf, officialOutcome} from './official.ts'

test.each<[string, readonly string[] | 'any']>([
  ['new_val.room_id = 7', ['new_val']],
  ['new_val.score > old_val.score', ['new_val', 'old_val']],
  ['new_val[age > 3].items', ['new_val']],
  ['$sum(new_val.items.(price * quantity))', ['new_val']],
  ['{"id": new_val.id, "at": ts_ms}', ['new_val', 'ts_ms']],
  ['($v := new_val; $v.a + $v.b)', ['new_val']],
  ['$.new_val.a', ['new_val']],
  ['new_val.(a = $$.seq)', ['new_val', 'seq']],
  ['$$.new_val', ['new_val']],
  ['new_val.items[$.price > 1]', ['new_val']],
  ['new_val.*', ['new_val']],
  ['new_val{name: age}', ['new_val']],
  ['new_val.items^(price)', ['new_val']],
  ['$map(new_val.items, function($i) { $i.price * seq })', ['new_val', 'seq']],
  ['new_val.name ~> $uppercase()', ['new_val']],
  ['new_val.name.$uppercase()', ['new_val']],
  ['$millis() - ts_ms', ['ts_ms']],
  ['1', []],
  ['$', 'any'],
  ['$$', 'any'],
  ['*', 'any'],
  ['**.a', 'any'],
  ['$keys()', 'any'],
  ['$lookup("a")', 'any'],
  ['$string()', 'any'],
  ['new_val.($$)', 'any'],
  ['new_val[$ = $$]', 'any'],
  ['($v := $; $v.a)', 'any'],
  ['($).a', 'any'],
  ['$eval("old_val")', 'any'],
  ['$each(function($v, $k) { $k })', 'any'],
  ['(function()<x-:x> { 1 })()', 'any'],
  ['$ ~> |a|{"b": 1}|', 'any'],
  ['new_val.items.%', 'any'],
  ['$@$v.a', 'any'],
  ['$^(a)', 'any'],
])('%s reads %j', (text, names) => {
  const reads = readsOf(astOf(text) as never)
  expect(reads === undefined ? 'any' : [...reads.keys()].sort()).toEqual(names === 'any' ? names : [...names].sort())
})

test.each<[string, readonly string[] | 'any']>([
  ['new_val.room_id = 7', ['room_id']],
  ['new_val.a > old_val.b and $.new_val.c = 1', ['a', 'c']],
  ['$exists(new_val.a.b[0]) and $$.new_val.`a b`.*', ['a', 'a b']],
  ['new_val.a[$$.new_val.b = 1]', ['a', 'b']],
  ['new_val.a.(new_val = 1)', ['a']],
  ['new_val.a = 1 and new_val != null', 'any'],
  ['new_val', 'any'],
  ['new_val.*', 'any'],
  ['new_val[a = 1].b', 'any'],
  ['new_val.(a)', 'any'],
  ['new_val.$keys()', 'any'],
  ['new_val[].a', 'any'],
  ['($v := new_val; $v.a)', 'any'],
  ['$lookup(new_val, "a")', 'any'],
])('of new_val %s reads %j', (text, names) => {
  const reads = readsOf(astOf(text) as never)
  expect(reads?.has('new_val')).toBe(true)
  const within = reads?.get('new_val')
  expect(within === undefined ? 'any' : [...within].sort()).toEqual(names === 'any' ? names : [...names].sort())
})

/** Fields by which the evaluator marks structures of its own. */
const marks = new Set(['_jsonata_function', '_jsonata_lambda', 'outerWrapper', 'tupleStream'])

test('without the fields that it does not read the result is the same', async () => {
  const generator = new Generator(new Random())
  let less = 0
  for (let round = 0; round < rounds(1000); round++) {
    const text = generator.expression()
    const ast = astOf(text)
    const reads = ast === undefined ? undefined : readsOf(ast)
    if (reads === undefined) continue
    const json = generator.document()
    const fields = Object.entries(JSON.parse(json))
      .filter(([name]) => reads.has(name) || marks.has(name))
      .map(([name, value]) => [name, marks.has(name) ? value : readWithin(value, reads.get(name))])
    const outcome = await officialOutcome(text, JSON.stringify(Object.fromEntries(fields)))
    // JSON.stringify does not write 1e400 and -0.
    if (/1e400|-0\b/.test(json)) continue
    less++
    expect({text, json, outcome}).toEqual({text, json, outcome: await officialOutcome(text, json)})
  }
  expect(less).toBeGreaterThan(100)
})

/** What of an object is read. */
function readWithin(value: unknown, names: ReadonlySet<string> | undefined): unknown {
  if (names === undefined || typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => names.has(name) || marks.has(name)))
}
