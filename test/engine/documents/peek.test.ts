import fc from 'fast-check'
import {expect, test} from 'vitest'
import {prepare} from '../../../src/engine/documents/document.ts'
import {parse, stringify} from '../../../src/engine/documents/json.ts'
import {peek} from '../../../src/engine/documents/peek.ts'

const key = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.constantFrom('', 'id', 'a"b', 'a\\b', 'ä€😀', 0, -1, 999_999_999_999_999),
)
const name = fc.oneof(fc.string(), fc.constantFrom('id', 'i', 'idd', '"id":1', '\\id', '}', '{'))
const document = fc
  .tuple(key, fc.dictionary(name, fc.jsonValue({maxDepth: 3})), fc.boolean())
  .map(([id, {id: _, ...rest}, first]) => (first ? {id, ...rest} : {...rest, id}))

test('a document that is not parsed has the key that a parse finds, and the text as it stands', () => {
  let peeked = 0
  fc.assert(
    fc.property(document, fc.nat(3), (value, before) => {
      const text = JSON.stringify(value)
      const found = peek(`${'x\n'.repeat(before)}${text}\n{"id":"next"}`, before * 2)
      if (found === undefined) return
      peeked++
      expect(found).toEqual({key: prepare(parse(text)).key, insert: text, line: undefined})
    }),
    {numRuns: 2000},
  )
  // It may always say "parse it", but then it would be of no use.
  expect(peeked).toBeGreaterThan(500)
})

test('a text that is changed anywhere has the key that a parse finds, or is no JSON, or is left to the parser', () => {
  fc.assert(
    fc.property(
      document,
      fc.nat(),
      fc.constantFrom('', '"', '\\', '{', '}', '[', ':', ',', ' ', '0', '\\u0069', '"id":7,'),
      (value, place, piece) => {
        const text = JSON.stringify(value)
        const at = place % (text.length + 1)
        const changed = text.slice(0, at) + piece + text.slice(at + (place % 2))
        const found = peek(changed, 0)
        // Input is UTF-8, which has no half of a surrogate pair.
        if (found === undefined || !changed.isWellFormed() || !isJson(changed)) return
        expect(found.insert).toBe(changed)
        expect(found.key).toEqual(prepare(parse(changed)).key)
      },
    ),
    {numRuns: 5000},
  )
})

test.each([
  ['two ids', '{"id":1,"id":2}'],
  ['an id that is written with an escape', '{"\\u0069d":1,"id":2}'],
  ['an id whose second letter is', '{"i\\u0064":1,"id":2}'],
  ['a key with an escape', '{"id":"a\\u0062"}'],
  ['no id but in a part', '{"a":{"id":1}}'],
  ['no id but as a value', '{"a":"id"}'],
  ['white space', '{"id": 1}'],
  ['a key with a fraction', '{"id":1.5}'],
  ['a key with an exponent', '{"id":1e3}'],
  ['a key past 15 digits', '{"id":1234567890123456}'],
  ['a key that is true', '{"id":true}'],
  ['a key that is an array', '{"id":[1]}'],
  ['two documents', '{"id":1}{"id":2}'],
  ['an array', '[{"id":1}]'],
  ['the end within a string', '{"id":"a'],
  ['a line break within a string', '{"id":1,"a":"b\n"}'],
  ['the end within the document', '{"id":1,"a":[1'],
])('%s is left to the parser', (_, text) => {
  expect(peek(text, 0)).toBeUndefined()
})

test('a value with an escape is passed over', () => {
  expect(peek('{"id":1,"a":"b\\\\\\"},\\""}', 0)?.key).toBe(1)
})

test('minus zero is zero', () => {
  expect(peek('{"id":-0}', 0)?.key).toBe(0)
})

function isJson(text: string): boolean {
  try {
    return stringify(JSON.parse(text)) !== undefined
  } catch {
    return false
  }
}
