import {expect, test} from 'vitest'
import {untouched} from '../../../src/engine/documents/untouched.ts'
import {Random, rounds} from '../../support.ts'

const fields = ['n', 's', 'v', 'id', 'in', 'missing']
const values = [
  0,
  1,
  12,
  123,
  true,
  null,
  '',
  'v',
  'n":',
  'a "v":1',
  '\\',
  '},',
  [1, 'v'],
  [],
  {v: 1},
  {n: {v: 2}},
  [{s: 1}],
]
/** Short documents, and those without an object in them, are read by other means. */
const filling = {text: '-'.repeat(300)}
const fillingText = JSON.stringify(filling)

test('two texts in which fields are the same without a parse have the same fields, whatever is between them', () => {
  const random = new Random()
  const counts = {same: 0, seen: 0}
  for (let round = 0; round < rounds(30_000); round++) {
    const before = document(random)
    const [one, other] = [before, edited(random, before)].map(entries => spelled(random, entries)) as [string, string]
    const names = new Set(Array.from({length: 1 + random.below(2)}, () => random.pick(fields)))
    const [a, b] = [one, other].map(text => pick(JSON.parse(text), names))
    const says = untouched(names)?.(one, other)
    if (says) expect(a, `${[...names]}: ${one} ${other}`).toEqual(b)
    if (JSON.stringify(a) !== JSON.stringify(b)) continue
    counts.same++
    if (says) counts.seen++
  }
  expect(counts.seen / counts.same).toBeGreaterThan(0.3)
})

test.each([
  ['{"v":1', '{"v":12', 'a longer number'],
  ['{"v":1', '{"v":1,"v":2', 'a second one'],
  ['{"v":1', '{"v":1,"\\u0076":2', 'a second one that is spelled with an escape'],
  ['{"v":1', '{"w":{"v":1}', 'within another'],
  ['{"\\"v":1', '{"v":1', 'the end of another name'],
  ['{"v":1', '{"\\"v":1', 'the end of another name'],
  ['{"v":1', '{"_jsonata_lambda":true,"v":1', "a mark of the evaluator's"],
  ['{"v":[1]', '{"v":[1,2]', 'a longer array'],
])('%s… and %s… may differ: %s', (one, other) => {
  const texts = [one, other].map(text => `${text},"z":${fillingText}}`) as [string, string]
  expect(untouched(new Set(['v']))?.(...texts)).not.toBe(true)
})

test('a field behind or before what differs is the same, and so is one that is not there', () => {
  const texts = [1, 20].map(n => `{"a":[1,{"b":2}],"n":${n},"z":${fillingText}}`) as [string, string]
  for (const name of ['a', 'z', 'x']) expect(untouched(new Set([name]))?.(...texts), name).toBe(true)
  expect(untouched(new Set(['n']))?.(...texts)).toBe(false)
  // A number that goes on is not a document that does.
  expect(untouched(new Set(['n']))?.(`{"z":${fillingText},"n":1}`, `{"z":${fillingText},"n":12}`)).toBe(false)
  expect(untouched(new Set(['x']))?.(`{"z":${fillingText}}`, `{"z":${fillingText},"y":1}`)).toBe(true)
  expect(untouched(new Set(['z']))?.(`{"z":${fillingText}}`, `{"z":${fillingText},"y":1}`)).toBe(true)
})

type Entries = readonly (readonly [string, unknown])[]

function document(random: Random): Entries {
  const chosen = fields.slice(0, -1).filter(() => random.chance(0.6))
  return [...chosen.map(name => [name, random.pick(values)] as const), ['z', filling]]
}

function edited(random: Random, entries: Entries): Entries {
  const at = random.below(entries.length)
  const entry = [random.pick(fields.slice(0, -1)), random.pick(values)] as const
  if (random.chance(0.3)) return [...entries, entry]
  if (random.chance(0.3)) return [entry, ...entries]
  return entries.map((one, index) =>
    index === at ? (random.chance(0.5) ? entry : [one[0], random.pick(values)]) : one,
  )
}

/** Names may stand twice, as another program may write them. */
function spelled(random: Random, entries: Entries): string {
  const space = random.chance(0.1) ? ' ' : ''
  return `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${space}${JSON.stringify(value)}`).join(`,${space}`)}}`
}

function pick(value: Record<string, unknown>, names: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries([...names].filter(name => Object.hasOwn(value, name)).map(name => [name, value[name]]))
}
