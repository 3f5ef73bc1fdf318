import {expect, test} from 'vitest'
import {skimmer} from '../../../src/engine/documents/skim.ts'
import {Random, rounds} from '../../support.ts'
import {RawDocuments} from '../raw-documents.ts'

const fields = ['n', 's', 'v', 'id', 'a', 'b', 'x', 'e', 'true', 'null', 'missing']

test('what is read without a parse is what a parse finds, whatever the text', () => {
  const random = new Random()
  const raw = new RawDocuments(random)
  let skimmed = 0
  for (let round = 0; round < rounds(20_000); round++) {
    const text = random.chance(0.5) ? String(raw.document()) : flat(random)
    const names = new Set(Array.from({length: 1 + random.below(3)}, () => random.pick(fields)))
    const found = skimmer(names)?.(text)
    if (found === undefined) continue
    skimmed++
    const parsed = JSON.parse(text)
    const expected = Object.fromEntries(
      [...names].filter(name => Object.hasOwn(parsed, name)).map(name => [name, parsed[name]]),
    )
    expect(found, text).toEqual(expected)
  }
  expect(skimmed).toBeGreaterThan(rounds(20_000) / 4)
})

test.each([
  ['{"v":{"v":1}}', 'within another'],
  ['{"x":{"v":1}}', 'within another'],
  ['{"v":1,"v":2}', 'twice'],
  ['{"v":[[1]]}', 'an array in an array'],
  ['{"v":[{}]}', 'an object in an array'],
  [`{"v":[${'1,'.repeat(100)}1]}`, 'a long array'],
  ['{"v" :1}', 'a space'],
  ['{"v": 1}', 'a space'],
  [' {"v":1}', 'a space before'],
  ['{"\\u0076":1}', 'an escape'],
  ['{"x":"v","y":1}', 'a string of this text'],
  ['{"x":"\\"v\\":1"}', 'quotes within a string'],
  ['{"v":1,"_jsonata_lambda":true}', "a mark of the evaluator's"],
  ['[1]', 'no object'],
])('%s is left to a parse: %s', text => {
  expect(skimmer(new Set(['v']))?.(text)).toBeUndefined()
})

test.each([[['a b']], [['__proto__']], [['"']], [[',']], [['a', 'b', 'c', 'd', 'e']]])('%j is never read so', names => {
  expect(skimmer(new Set(names))).toBeUndefined()
})

/** As litefeed writes them, and words of JSON in strings. */
function flat(random: Random): string {
  const values = [
    0,
    -1.5,
    1e21,
    1e-7,
    2 ** 53,
    true,
    false,
    null,
    '',
    'v',
    'n":',
    'é',
    '},',
    ',',
    'true',
    [1, 'v'],
    [],
    ['],', '[', null],
    [[1], 2],
  ]
  const chosen = fields.filter(() => random.chance(0.5)).map(name => [name, random.pick(values)])
  const text = JSON.stringify(Object.fromEntries(chosen))
  return random.chance(0.1) ? text.replace(/:(\d)/, ':9007199254740993$1') : text
}
