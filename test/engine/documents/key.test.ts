import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {parse} from '../../../src/engine/documents/json.ts'
import {canonicalKey, type Key, keyText, parseKey, storedKey, toKey} from '../../../src/engine/documents/key.ts'

describe('an id', () => {
  const ids: [unknown, Key][] = [
    ['', ''],
    ['a', 'a'],
    [1, 1],
    [-0, 0],
    [1.5, 1.5],
    [true, true],
    [[], []],
    [
      [1, ['a', false]],
      [1, ['a', false]],
    ],
    [5n, 5],
    [2n ** 53n + 1n, 2n ** 53n + 1n],
    [parse('9007199254740993'), 9007199254740993n],
    [[parse('-9007199254740993')], [-9007199254740993n]],
    // As a program writes a double that does not look for the fewest digits.
    [parse('1779941206.7716003'), 1779941206.7716002],
    [parse('0.10000000000000001'), 0.1],
    [parse('-0.30000000000000005'), -0.1 - 0.2],
    [parse('9.007199254740993e15'), 2n ** 53n + 1n],
    [parse('-90071992547409930E-1'), -(2n ** 53n) - 1n],
    [parse('9007199254740993.0'), 2n ** 53n + 1n],
  ]
  for (const [id, key] of ids) test(`${describeId(id)} is a key`, () => expect(toKey(id)).toEqual(key))

  const refused: [unknown, RegExp][] = [
    [null, /not null/],
    [undefined, /not undefined/],
    [{}, /not object/],
    [[null], /not null/],
    [[1, [{}]], /not object/],
    [Number.NaN, /finite/],
    [Number.POSITIVE_INFINITY, /finite/],
    ['a\0b', /U\+0000/],
    ['\ud800', /surrogate/],
    [['\ud800'], /surrogate/],
    [2n ** 63n, /64 bits/],
    [parse('9223372036854775808'), /64 bits/],
    [parse('0.12345678901234567890'), /digits/],
    [parse('1e400'), /too large/],
    [parse('1e-400'), /digits/],
    [parse('1.00000000000000001'), /digits/],
  ]
  for (const [id, reason] of refused) {
    test(`${describeId(id)} is not`, () => {
      expect(() => toKey(id)).toThrow(RangeError)
      expect(() => toKey(id)).toThrow(reason)
    })
  }

  test('has a text that gives the same key again', () => {
    const scalar = fc.oneof(
      fc.string({unit: 'grapheme'}).filter(text => !text.includes('\0')),
      fc.double({noNaN: true, noDefaultInfinity: true}),
      fc.boolean(),
      fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    )
    fc.assert(
      fc.property(fc.oneof(scalar, fc.array(scalar)), id => {
        const key = toKey(id)
        expect(keyText(toKey(parse(keyText(key))))).toBe(keyText(key))
      }),
    )
  })
})

test.each<[string, string]>([
  ['1779941206.7716003', '1779941206.7716002'],
  ['-0.30000000000000005', '-0.30000000000000004'],
  ['1.2345678901234568e-300', '1.2345678901234568e-300'],
  ['12345678901234567890', '12345678901234567890'],
  ['"1779941206.7716003"', '"1779941206.7716003"'],
  ['[1779941206.7716003]', '[1779941206.7716003]'],
])('the key %s of a log is the key %s', (text, key) => expect(canonicalKey(text)).toBe(key))

describe('the key of a row', () => {
  const keys: [string, Key][] = [
    ['1779941206.7716003', 1779941206.7716002],
    ['9.99988671826831e-321', 1e-320],
    ['9007199254740993', 9007199254740993n],
    ['[1,"a"]', [1, 'a']],
  ]
  for (const [text, key] of keys) test(`${text} is a key`, () => expect(storedKey(text)).toEqual(key))

  for (const text of ['9.0e+999', '{"$blob":"00"}', '[1, 2]', ' true', '[null]', '"a\\u0000"'])
    test(`${text} is that of no document`, () => expect(() => storedKey(text)).toThrow(RangeError))
})

test.each<[string, Key]>([
  ['1', 1],
  ['1.0', 1],
  ['-0', 0],
  ['01', '01'],
  ['1e3', 1000],
  ['"1"', '1'],
  ['abc', 'abc'],
  ['', ''],
  ['true', true],
  ['"true"', 'true'],
  ['True', 'True'],
  ['null', 'null'],
  ['[1,"a"]', [1, 'a']],
  ['[1,', '[1,'],
  ['{"a":1}', '{"a":1}'],
  ['NaN', 'NaN'],
  [' a ', ' a '],
])('at a shell %s is a key', (argument, key) => expect(parseKey(argument)).toEqual(key))

test('at a shell a long number is itself', () => {
  expect(parseKey('9007199254740993')).toBe(9007199254740993n)
  expect(parseKey('[9007199254740993]')).toEqual([9007199254740993n])
  expect(() => parseKey('123456789012345678901234567890')).toThrow(/64 bits/)
})

function describeId(id: unknown): string {
  return typeof id === 'bigint'
    ? `${id}n`
    : typeof id === 'number'
      ? String(Object.is(id, -0) ? '-0' : id)
      : (JSON.stringify(id, (_, item) => (typeof item === 'bigint' ? `${item}n` : item)) ?? 'undefined')
}
