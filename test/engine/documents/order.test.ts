import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {compareValues, parseOrder, valueAt} from '../../../src/engine/documents/order.ts'

// Few values, so that equal ones and common beginnings are frequent; halves of surrogate pairs are JSON too.
const text = fc.string({unit: fc.constantFrom('a', 'b', '\ue000', '\ud800', '\udc00', '🦆'), maxLength: 3})
const number = fc.constantFrom(0, -1, 1, 2.5, 1e300, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)
const value = fc.letrec(tie => ({
  value: fc.oneof(
    {depthSize: 'small', withCrossShrink: true},
    fc.constantFrom(null, true, false),
    number,
    text,
    fc.array(tie('value'), {maxLength: 3}),
    fc.dictionary(text, tie('value'), {maxKeys: 3}),
  ),
})).value

describe('the order of values', () => {
  test('is total', () => {
    fc.assert(
      fc.property(value, value, value, (a, b, c) => {
        const sign = (one: unknown, other: unknown) => Math.sign(compareValues(one, other)) + 0
        expect(sign(a, a)).toBe(0)
        expect(sign(a, b)).toBe(0 - sign(b, a))
        expect([-1, 0, 1]).toContain(sign(a, b))
        if (sign(a, b) <= 0 && sign(b, c) <= 0) expect(sign(a, c)).toBeLessThanOrEqual(0)
        if (sign(a, b) === 0) expect(sign(a, c)).toBe(sign(b, c))
      }),
      {numRuns: 5000},
    )
  })

  test('is that of RethinkDB: arrays, booleans, null, numbers, objects, strings', () => {
    const ordered = [
      [],
      [1],
      [1, 2],
      [2],
      ['a'],
      false,
      true,
      null,
      Number.NEGATIVE_INFINITY,
      -1,
      0,
      0.5,
      10,
      Number.POSITIVE_INFINITY,
      {},
      {a: 1},
      {a: 1, b: 1},
      {a: 2},
      {b: 0},
      '',
      'a',
      'aa',
      'b',
      '\ud800\ue000',
      '\ue000',
      '\ud800\udc00',
      '🦆',
    ]
    for (const [index, one] of ordered.entries()) {
      for (const other of ordered.slice(index + 1))
        expect(compareValues(one, other), JSON.stringify([one, other])).toBeLessThan(0)
    }
  })

  test('of strings is that of their bytes', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary'}), fc.string({unit: 'binary'}), (one, other) => {
        expect(Math.sign(compareValues(one, other))).toBe(Buffer.compare(Buffer.from(one), Buffer.from(other)))
      }),
    )
  })

  test('of objects does not depend on the order of their members', () => {
    expect(compareValues({a: 1, b: 2}, {b: 2, a: 1})).toBe(0)
  })
})

test.each([
  ['age', {path: ['age'], descending: false}],
  ['age:asc', {path: ['age'], descending: false}],
  ['age:desc', {path: ['age'], descending: true}],
  ['address.city:desc', {path: ['address', 'city'], descending: true}],
])('%s names a field', (text, order) => expect(parseOrder(text)).toEqual(order))

test('a value is found at a path of members, and only of those', () => {
  const document = JSON.parse('{"a":{"b":null},"list":[1],"__proto__":{"x":1}}')
  expect(valueAt(document, ['a', 'b'])).toBeNull()
  expect(valueAt(document, ['a', 'c'])).toBeUndefined()
  expect(valueAt(document, ['a', 'b', 'c'])).toBeUndefined()
  expect(valueAt(document, ['list', '0'])).toBeUndefined()
  expect(valueAt(document, ['toString'])).toBeUndefined()
  expect(valueAt(document, ['__proto__', 'x'])).toBe(1)
})
