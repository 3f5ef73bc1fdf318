import {expect, test} from 'vitest'
import {hasMarks} from '../../../src/engine/documents/skim.ts'
import {type Conjunct, conjunctsOf} from '../../../src/engine/expression/conjuncts.ts'
import {Random, rounds} from '../../support.ts'
import {Generator} from './generate.ts'
import {astOf, officialOutcome} from './official.ts'

test.each<[string, readonly string[]]>([
  ['a = 1', ['a = 1']],
  ['1 = a', ['a = 1']],
  ['1 < a', ['a > 1']],
  ['"x" >= a.b', ['a.b <= "x"']],
  ['new_val.room_id = -7', ['new_val.room_id = -7']],
  ['$.a = 1', ['a = 1']],
  ['$$.a.b = null', ['a.b = null']],
  ['(a = 1)', ['a = 1']],
  ['a = 1 and b != "x" and c = true', ['a = 1', 'b != "x"', 'c = true']],
  ['(a = 1 and (b = 2)) and c = 3', ['a = 1', 'b = 2', 'c = 3']],
  ['a > 1 and b = 2', ['a > 1', 'b = 2']],
  ['a > b.c and $.c <= d', ['a > b.c', 'c <= d']],
  ['a > b and c = 3', ['a > b', 'c = 3']],
  ['a = b and c = 3', ['c = 3']],
  ['$exists(a) and b = 2', ['b = 2']],
  ['(a = 1 or b = 2) and c = 3', ['c = 3']],
  ['a in ["x", "y"] and c = 3', ['c = 3']],
  // What may fail on some input must not be passed over.
  ['a and b = 2', []],
  ['$contains(a, "x") and b = 2', []],
  ['b = 2 and $contains(a, "x") and c = 3', ['b = 2']],
  ['$exists($sum(a)) and b = 2', []],
  ['a > true', []],
  ['a = 1 or b = 2', []],
  ['$not(a = 1)', []],
  ['a[0] = 1', []],
  ['a[] = 1', []],
  ['a.* = 1', []],
  ['$ = 1', []],
  ['"a"[0] = a', []],
  ['(a = 1)[0]', []],
  ['(a = 1; b = 2)', []],
  ['a = 1 ? true : false', []],
  ['a = [1]', []],
  ['a.$uppercase(b) = "X"', []],
  ['a@$v.b = 1', []],
  ['a#$i = 1', []],
  [Array.from({length: 600}, () => 'a = 1').join(' and '), []],
])('%.60s has the conjuncts %j', (text, conjuncts) => {
  const found = conjunctsOf(astOf(text) as never)
  expect(found.map(({path, op, value}) => `${path.join('.')} ${op} ${shown(value)}`)).toEqual(conjuncts)
})

test('an input that is left out is one for which the expression is not true and does not fail', async () => {
  const generator = new Generator(new Random())
  let leftOut = 0
  for (let round = 0; round < rounds(1500); round++) {
    const text = generator.condition()
    const conjuncts = conjunctsOf(astOf(text) as never)
    for (let input = 0; input < 3; input++) {
      const json = generator.document()
      // What looks like one of jsonata's own values it may take for one, and crash; that is no failure of the expression's.
      if (hasMarks(json) || !isLeftOut(conjuncts, JSON.parse(json))) continue
      leftOut++
      const outcome = await officialOutcome(text, json)
      if (!('value' in outcome && ['false', 'undefined'].includes(outcome.value)))
        expect({text, json, outcome}).toBe('false')
    }
  }
  expect(leftOut).toBeGreaterThan(500)
})

function shown(value: Conjunct['value']): string {
  return typeof value === 'object' && value !== null ? value.path.join('.') : JSON.stringify(value)
}

/** The rule as its comment has it. */
function isLeftOut(conjuncts: readonly Conjunct[], input: unknown): boolean {
  for (const {path, op, value} of conjuncts) {
    const found = follow(input, path)
    const isOrder = op !== '=' && op !== '!='
    const against = typeof value === 'object' && value !== null ? follow(input, value.path) : value
    const isThere = found !== undefined && against !== undefined
    if (Array.isArray(found) || Array.isArray(against)) {
      if (isOrder) return false
    } else if (!isOrder) {
      if (!isThere || (found === against) !== (op === '=')) return true
    } else {
      const isOrdered = (one: unknown) => ['number', 'string', 'undefined'].includes(typeof one)
      if (!isOrdered(found) || !isOrdered(against)) return false
      if (!isThere) return true
      if (typeof found !== typeof against) return false
      const [one, other] = [found, against] as [number, number]
      const holds = {'<': one < other, '<=': one <= other, '>': one > other, '>=': one >= other}[op]
      if (!holds) return true
    }
  }
  return false
}

/** What is found from field to field; an array that is met on the way, if there is one. */
function follow(input: unknown, path: readonly string[]): unknown {
  let found = input
  for (const name of path) {
    if (Array.isArray(found)) return found
    found =
      typeof found === 'object' && found !== null && Object.hasOwn(found, name)
        ? (found as Record<string, unknown>)[name]
        : undefined
  }
  return found
}
