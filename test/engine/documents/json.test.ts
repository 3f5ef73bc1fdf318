import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {isObject, parse, restoreDigits, stringify, typeName} from '../../../src/engine/documents/json.ts'

describe('JSON keeps the digits it was given', () => {
  const kept = [
    '0',
    '-1',
    '1.5',
    '0.1',
    '1e+21',
    '9007199254740992',
    '9007199254740993',
    '-9007199254740993',
    '9223372036854775807',
    '123456789012345678901234567890',
    '0.1234567890123456789',
    '3.141592653589793238462643383279',
    '1e400',
    '-1E400',
    '1e-400',
    '1.23456789e-320',
    '4.9e-325',
    '100000000000000000000000000000000000001',
  ]
  test.each(kept)('%s', text => {
    expect(stringify(parse(text))).toBe(text)
    expect(stringify(parse(`{"a":[1,${text}]}`))).toBe(`{"a":[1,${text}]}`)
  })

  const plain: [string, number][] = [
    ['1.0', 1],
    ['12345678901234567e3', 12345678901234567e3],
    ['1.50', 1.5],
    ['1e2', 100],
    ['100e-2', 1],
    ['0.000000000000000000000', 0],
    ['0e999', 0],
    ['1000000000000000000.0', 1e18],
    ['1234567890123456.0', 1234567890123456],
    ['0.1000000000000000000', 0.1],
    ['1e+300', 1e300],
    ['0.1234567890123456', 0.1234567890123456],
  ]
  test.each(plain)('but %s is the number %d', (text, value) => expect(parse(text)).toBe(value))

  test('every other value is that of JSON.parse', () => {
    fc.assert(
      fc.property(fc.json(), text => {
        expect(parse(text)).toEqual(JSON.parse(text))
      }),
    )
  })

  test('and so is one that is spelled otherwise, beside one that a double cannot hold', () => {
    fc.assert(
      fc.property(
        fc.double({noNaN: true, noDefaultInfinity: true}).filter(number => number !== 0),
        fc.integer({min: 0, max: 20}),
        (number, zeros) => {
          const [mantissa = '', exponent = '0'] = number.toExponential().split('e')
          const digits = mantissa.replace('.', '')
          const places = mantissa.split('.')[1]?.length ?? 0
          const text = `${digits}${'0'.repeat(zeros)}e${Number(exponent) - places - zeros}`
          expect(parse(`[${text},12345678901234567890]`), text).toEqual([
            JSON.parse(text),
            expect.objectContaining({rawJSON: expect.any(String)}),
          ])
        },
      ),
    )
  })

  test('any decimal number comes back as the same number', () => {
    const digits = fc.string({unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 40})
    const whole = digits.map(text => text.replace(/^0+(?=\d)/, ''))
    const number = fc
      .tuple(fc.constantFrom('', '-'), whole, fc.option(digits), fc.option(fc.integer({min: -400, max: 400})))
      .map(
        ([sign, int, fraction, exponent]) =>
          `${sign}${int}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : `e${exponent}`}`,
      )
    fc.assert(
      fc.property(number, text => {
        const back = stringify(parse(`[${text}]`))?.slice(1, -1) as string
        expect(decimal(back), `${text} came back as ${back}`).toBe(decimal(text))
      }),
      {numRuns: 2000},
    )
  })
})

test('a bigint is written as its digits', () => {
  expect(stringify({a: [9007199254740993n]})).toBe('{"a":[9007199254740993]}')
})

test('what JSON has no word for is nothing', () => {
  expect(stringify(undefined)).toBeUndefined()
  expect(stringify(() => 1)).toBeUndefined()
})

test('a member called __proto__ is a member like any other', () => {
  const text = '{"__proto__":{"a":12345678901234567890},"b":1}'
  expect(stringify(parse(text))).toBe(text)
  expect(stringify(restoreDigits(JSON.parse(text), [text]))).toBe(text)
})

test('values are called as JSON calls them', () => {
  expect([null, [], {}, 1, '', true, parse('1e400')].map(typeName)).toEqual([
    'null',
    'array',
    'object',
    'number',
    'string',
    'boolean',
    'number',
  ])
  expect([null, [], {}, 1, '', true, parse('1e400')].map(isObject)).toEqual([
    false,
    false,
    true,
    false,
    false,
    false,
    false,
  ])
})

describe('digits that an evaluation lost', () => {
  const long = '{"id":9007199254740993,"f":0.12345678901234567890}'

  test('are put back wherever the number went', () => {
    const {id, f} = JSON.parse(long)
    expect(stringify(restoreDigits({a: [id, {b: f}], c: 1}, [long, null]))).toBe(
      '{"a":[9007199254740993,{"b":0.12345678901234567890}],"c":1}',
    )
  })

  test('are put back into an object of any shape', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const text = JSON.stringify({value, id: 1}).replace(/1\}$/, '9007199254740993}')
        // V8 takes a name such as "\n" for a name "\\" that it has seen in an object of the same shape.
        fc.pre(!text.includes('\\\\'))
        expect(stringify(restoreDigits(JSON.parse(text), [text]))).toBe(text.replace(/-0(?=[,\]}])/g, '0'))
      }),
    )
  })

  test('are not invented', () => {
    expect(restoreDigits(9007199254740992, ['{"id":1}'])).toBe(9007199254740992)
    expect(restoreDigits(5, [long])).toBe(5)
  })

  test.each([
    ['9007199254740993', '9007199254740992.5'],
    ['9007199254740993', '9007199254740992'],
    ['9007199254740992', '9007199254740993'],
  ])('cannot be put back where %s and %s are one number', (one, other) => {
    expect(() => restoreDigits(9007199254740992, [`{"a":${one}}`, `{"a":${other}}`])).toThrow(RangeError)
    expect(() => restoreDigits(9007199254740992, [`{"a":${one},"b":${other}}`])).toThrow(RangeError)
  })

  test('are those of one number, however it is spelled', () => {
    const text = '{"a":0.5,"b":5e-1,"c":50e-2,"d":0.0000001,"e":1e-7,"big":9223372036854775807}'
    expect(stringify(restoreDigits({x: 0.5, y: 1e-7}, [text, text]))).toBe('{"x":0.5,"y":1e-7}')
  })

  test('that nobody asks for do not matter', () => {
    expect(restoreDigits('text', [`{"a":9007199254740993,"b":9007199254740992}`])).toBe('text')
  })
})

/** The same number has the same text. */
function decimal(text: string): string {
  const [, sign = '', int = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? []
  const digits = BigInt(int + fraction)
  if (digits === 0n) return '0'
  const zeros = /0*$/.exec(String(digits))?.[0].length ?? 0
  return `${sign}${String(digits).slice(0, String(digits).length - zeros)}e${Number(exponent) - fraction.length + zeros}`
}
