import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {parse, stringify} from '../../../src/engine/documents/json.ts'
import type {Incoming} from '../../../src/engine/documents/options.ts'
import {Splitter} from '../../../src/terminal/input/split.ts'

/** What is expected of a piece of input: the text of a value and its line, or a line that is refused. */
type Expected = readonly [line: number, text: string]

describe('documents come out as they were written', () => {
  test.each([
    [
      'one a line',
      (values: Value[], style: Style) =>
        new Page(style).each(values, (page, value) => page.value(minified(value)).lineBreak()),
    ],
    [
      'one a line with empty lines between',
      (values: Value[], style: Style) =>
        new Page(style).each(values, (page, value) =>
          page.lineBreak().blank(' \t').value(minified(value)).blank(' ').lineBreak(),
        ),
    ],
    [
      'over several lines',
      (values: Value[], style: Style) =>
        new Page(style).each(values, (page, value) => page.value(pretty(value, style)).lineBreak()),
    ],
    [
      'one after the other',
      (values: Value[], style: Style) =>
        new Page(style).each(values, (page, value) => page.value(minified(value)).blank(style.gap)),
    ],
    [
      'over several lines, one after the other',
      (values: Value[], style: Style) =>
        new Page(style).each(values, (page, value) => page.value(pretty(value, style)).blank(style.gap)),
    ],
    [
      'in one array on one line',
      (values: Value[], style: Style) =>
        new Page(style)
          .blank('[')
          .each(values, (page, value, index) => page.blank(index === 0 ? '' : ',').value(minified(value)))
          .blank(']'),
    ],
    [
      'in one array, each on a line',
      (values: Value[], style: Style) =>
        new Page(style)
          .blank('[')
          .lineBreak()
          .each(values, (page, value, index) =>
            page
              .value(minified(value))
              .blank(index === values.length - 1 ? '' : ',')
              .lineBreak(),
          )
          .blank(']')
          .lineBreak(),
    ],
    [
      'in one array over several lines',
      (values: Value[], style: Style) =>
        new Page(style)
          .blank('[ ')
          .each(values, (page, value, index) =>
            page
              .blank(index === 0 ? '' : ' , ')
              .lineBreak()
              .value(pretty(value, style)),
          )
          .lineBreak()
          .blank(' ]'),
    ],
    [
      'now on one line and now over several',
      (values: Value[], style: Style) =>
        new Page(style).each(values, (page, value, index) => {
          page.value((index + style.indent) % 2 === 0 ? minified(value) : pretty(value, style))
          return index % 3 === 2 ? page.blank(style.gap) : page.lineBreak()
        }),
    ],
  ] as const)('%s, with the lines where they begin, however the input is cut', (_, write) => {
    fc.assert(
      fc.property(fc.array(document, {maxLength: 6}), style, cuts, (values, style, cuts) => {
        const {text, expected} = write(values, style)
        expect(split(Buffer.from(text), cuts)).toEqual({values: expected, refused: []})
      }),
      {numRuns: 400},
    )
  })

  test.each([
    '{ "id": 1 }\n{\n  "id": 2,\n  "address":\n    { "id": 1, "city": "Oslo" }\n}\n',
    '{"id":1}\n{"id":2,"items":[\n{"sku":"a"},\n{"sku":"b"}\n]}\n',
    '{"id":1}\n{"id":2,"items":[\n{"sku":"a"}\n,{"sku":"b"}\n]}\n',
  ])('when a line within one is a value by itself: %j', text => {
    const {values, refused} = split(Buffer.from(text), [])
    expect([values.map(([line]) => line), refused]).toEqual([[1, 2], []])
  })

  test('when they are arrays on lines of their own, their items', () => {
    expect(split(Buffer.from('[{"a":1},{"a":2}]\n[]\n{"a":3}\n[{"a":4}]'), [])).toEqual({
      values: [
        [1, '{"a":1}'],
        [1, '{"a":2}'],
        [3, '{"a":3}'],
        [4, '{"a":4}'],
      ],
      refused: [],
    })
  })

  test('when they are no objects, for the write to refuse', () => {
    const {values, refused} = split(Buffer.from('1\n"a"\nnull\ntrue\n[1,"b"]\n[\n2,\nfalse\n]\n'), [])
    expect(values.map(([, text]) => text)).toEqual(['1', '"a"', 'null', 'true', '1', '"b"', '2', 'false'])
    expect(refused).toEqual([])
  })

  test('to the last digit', () => {
    const text = '{"id":12345678901234567890}\n[{"id":9007199254740993}]\n{\n"a":1e400\n}'
    expect(split(Buffer.from(text), []).values.map(([, value]) => value)).toEqual([
      '{"id":12345678901234567890}',
      '{"id":9007199254740993}',
      '{"a":1e400}',
    ])
  })

  test('as soon as they are complete, with a line break or without', () => {
    const splitter = new Splitter()
    const complete = (text: string) => splitter.push(Buffer.from(text)).map(incoming => textOf(incoming) ?? 'refused')
    expect(complete('{"a":1}')).toEqual(['{"a":1}'])
    expect(complete('\n{"a":')).toEqual([])
    expect(complete('2}\n')).toEqual(['{"a":2}'])
    expect(complete('{\n"a": [\n1\n]')).toEqual([])
    expect(complete('\n}\n')).toEqual(['{"a":[1]}'])
    expect(complete('{\n"a": [\n7')).toEqual([])
    expect(complete(']')).toEqual([])
    expect(complete('} ')).toEqual(['{"a":[7]}'])
    expect(complete('{"a":8}\r')).toEqual(['{"a":8}'])
    expect(complete('\n')).toEqual([])
    expect(complete('[{"a":4},')).toEqual(['{"a":4}'])
    expect(complete('{"a":5}]')).toEqual(['{"a":5}'])
    expect(complete('[{"a":6}')).toEqual(['{"a":6}'])
    expect(complete(',{"a":{}')).toEqual([])
    expect(complete('}]')).toEqual(['{"a":{}}'])
    expect(splitter.end()).toEqual([])
  })

  test.each([[''], [' '], ['\n'], ['\r\n \t\n'], ['\ufeff'], ['\ufeff\n'], ['[]'], ['[\n]'], [' [ ] ']])(
    'none in %j',
    text => {
      expect(split(Buffer.from(text), [1])).toEqual({values: [], refused: []})
    },
  )
})

describe('a broken line costs that line and no other', () => {
  const broken: [string, fc.Arbitrary<Uint8Array>][] = [
    [
      'cut off',
      fc.tuple(filledDocument(), fc.double({min: 0.01, max: 0.99, noNaN: true})).map(([value, share]) => {
        const text = [...minified(value)]
        return Buffer.from(text.slice(0, Math.max(1, Math.floor(share * text.length))).join(''))
      }),
    ],
    [
      'cut off within a string',
      fc
        .constantFrom('{"a":"abc', '{"a', '{"a":"b\\', '{"a":"b\\u00', '"', '{"a":[{"b":"\\"')
        .map(text => Buffer.from(text)),
    ],
    [
      'cut off where a value of the next line could go on',
      fc
        .constantFrom('{"a":', '{"a":[', '{"a":[1,', '{"a":[[', '{', '{"a":{"b":[{"c":1},')
        .map(text => Buffer.from(text)),
    ],
    [
      'garbage',
      fc
        .constantFrom(
          'garbage',
          '}',
          ']',
          '}{',
          '{]',
          ',',
          ':',
          "{'a':1}",
          '{"a":}',
          '{"a":1,}',
          '{a:1}',
          'nul',
          '-',
          '\x00',
          '<xml/>',
          '{"a":1]',
        )
        .map(text => Buffer.from(text)),
    ],
    [
      'not UTF-8',
      fc
        .tuple(filledDocument(), fc.constantFrom(0xff, 0xc3, 0x80))
        .map(([value, byte]) =>
          Buffer.concat([Buffer.from(minified(value).slice(0, -1)), Buffer.from([byte]), Buffer.from('}')]),
        ),
    ],
    ['a string with a control character', fc.constant(Buffer.from('{"a":"b\u0001c"}'))],
  ]
  test.each(broken)('when it is %s', (_, line) => {
    fc.assert(
      fc.property(
        fc.array(filledDocument(), {minLength: 1, maxLength: 6}),
        line,
        fc.nat(),
        style,
        cuts,
        (values, line, place, style, cuts) => {
          const at = place % (values.length + 1)
          const lines: Uint8Array[] = values.map(value => Buffer.from(minified(value)))
          lines.splice(at, 0, line)
          const expected = values.map((value, index): Expected => [index < at ? index + 1 : index + 2, minified(value)])
          const input = Buffer.concat(lines.flatMap(line => [line, Buffer.from(style.lineBreak)]))
          const result = split(style.atEnd ? input : input.subarray(0, input.length - style.lineBreak.length), cuts)
          expect(result.values).toEqual(expected)
          expect(new Set(result.refused)).toEqual(new Set([at + 1]))
        },
      ),
      {numRuns: 600},
    )
  })

  test.each([
    ['{"a":1}\n{"a":\n{"a":2}\n', [1, 3], [2]],
    ['{"a":\n{"a":2}\n{"a":3}\n', [2, 3], [1]],
    ['{"a":1}\n{"a":2}garbage\n{"a":3}\n', [1, 2, 3], [2]],
    ['{"a":1}\n{"a":2', [1], [2]],
    ['{\n"a":2\n', [], [1]],
    ['[{"a":1},\n{"a":2}\n', [1, 2], [1]],
    ['[{"a":1},\n{"a":2\n{"a":3}]', [1, 3], [2]],
    ['[{"a":1}\n{"a":2}\n', [1, 2], [1]],
    ['[\n{"a":1},\ngarbage,\n{"a":2}\n]\n', [2, 4], [3]],
    ['{"a":1}\n[{"a":2},{"a":3}\n{"a":4}\n', [1, 2, 2, 3], [2]],
    ['[{"a":1},]\n[\n{"a":2}\n,\n]\n{"a":3}\n', [1, 3, 6], [1, 5]],
    ['[{"a":1},{"a":2}] [] [{"a":3},\n{\n"a":4},\n]', [1, 1, 1, 2], [4]],
    ['[{"a":1},{"a":2]\n[{"a":3}]\n[{"a":4}]\n', [1, 2, 3], [1]],
    ['[{"a":1},{"a":NaN},{"a":3}]\n{"a":4}\n', [1, 1, 2], [1]],
    ['[tru,{"a":1},,{"a":2}]\n{"a":3}\n', [1, 1, 2], [1]],
    ['[\n{"a":NaN},\n{"a":2},\n{"a":\n3\n x},\n{"a":4}\n]\n{"a":5}\n', [3, 7, 9], [2, 4]],
  ])('%j has values on the lines %j and mistakes on %j', (text, lines, refused) => {
    for (const cuts of [[], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]]) {
      const result = split(Buffer.from(text), cuts)
      expect(result.values.map(([line]) => line)).toEqual(lines)
      expect([...new Set(result.refused)]).toEqual(refused)
    }
  })

  test.each([
    [
      'a mistake',
      '{\n "id": 7,\n "items": [\n  {\n   "id": 1\n  },\n  {\n   "id": NaN\n  }\n ]\n}\n{"a":1}\n',
      [12],
      [1],
    ],
    ['a mistake on its first line', '{ "id": NaN,\n  "items": [\n    {"id": 1}\n  ]\n}\n{"a":1}\n', [6], [1]],
    ['a comma too many', '{\n "items": [\n  {"id": 1},\n  {"id": 2},\n ]\n}\n{\n "a": 1\n}\n', [7], [1]],
    ['no end', '{\n "items": [\n  {"id": 1},\n  {"id": 2}\n{\n "a": 1\n}\n', [5], [1]],
    ['no end, the last', '{"a":1}\n{\n "items": [\n  {"id": 1},\n  {"id": 2}', [1], [2]],
    ['a bracket in a string', '{\n "a": x,\n "b": "]}",\n "c": [\n  {"id": 1}\n ]\n}\n{"a":1}\n', [8], [1]],
    ['a line that is no UTF-8', '{\n "a": "\xff",\n "c": [\n  {"id": 1}\n ]\n}\n{"a":1}\n', [7], [1]],
    ['a place in an array', '[{\n "a": x,\n "c": [\n  {"id": 1}\n ]\n}, {\n "a": 1\n}]\n', [6], [1]],
    ['a place in an array, and no end', '[\n  {\n   "c": [\n    {"id": 1}\n  {"a": 1}\n]\n{"a":2}', [5, 7], [2]],
  ])('no part of a value that is refused is one itself: %s', (_, text, lines, refused) => {
    for (const cuts of [[], everywhere]) {
      const result = split(Buffer.from(text, 'latin1'), cuts)
      expect(result.values.map(([line]) => line)).toEqual(lines)
      expect(result.refused).toEqual(refused)
    }
  })

  test('however long its strings are', () => {
    const splitter = new Splitter()
    const text = `{"id":1,"a":tru,"b":"${'a'.repeat(16_000_000)}"}\n{"id":2}\n`
    const [refused, next] = [...splitter.push(Buffer.from(text)), ...splitter.end()]
    expect(refused).toMatchObject({line: 1})
    expect(next).toMatchObject({line: 2})
  })

  test('and says what is wrong', () => {
    const splitter = new Splitter()
    const said = [
      ...splitter.push(Buffer.from('{"a":tru}\n{"b":1\n')),
      ...splitter.push(Buffer.from([0xff, 10])),
      ...splitter.end(),
    ]
    expect(said.map(incoming => ('refused' in incoming ? incoming.refused : ''))).toEqual([
      expect.stringContaining('not JSON: '),
      'the value that begins here has no end',
      'not valid UTF-8',
    ])
  })
})

test('the bytes that were read are counted', () => {
  const splitter = new Splitter()
  splitter.push(Buffer.from('{"ä":'))
  splitter.push(Buffer.from('1}\n'))
  expect(splitter.bytes).toBe(9)
})

type Value = Readonly<Record<string, unknown>>

interface Style {
  readonly lineBreak: '\n' | '\r\n'
  readonly mark: boolean
  readonly indent: number
  readonly gap: string
  readonly atEnd: boolean
}

/** A text that is written piece by piece, and that knows on which line it is. */
class Page {
  text: string
  readonly expected: Expected[] = []
  readonly #lineBreak: string
  #line = 1

  constructor({lineBreak, mark}: Style) {
    this.text = mark ? '\ufeff' : ''
    this.#lineBreak = lineBreak
  }

  value(text: string): this {
    this.expected.push([this.#line, minified(JSON.parse(text))])
    return this.blank(text)
  }

  blank(text: string): this {
    this.#line += text.split('\n').length - 1
    this.text += text.replaceAll('\n', this.#lineBreak)
    return this
  }

  lineBreak(): this {
    return this.blank('\n')
  }

  each(values: readonly Value[], write: (page: this, value: Value, index: number) => unknown): this {
    for (const [index, value] of values.entries()) write(this, value, index)
    return this
  }
}

const style = fc.record<Style>({
  lineBreak: fc.constantFrom('\n', '\r\n'),
  mark: fc.boolean(),
  indent: fc.integer({min: 1, max: 4}),
  gap: fc.constantFrom('', ' ', '\n', '\t \n \n'),
  atEnd: fc.boolean(),
})

const characters = ['a', '"', '{', '}', '[', ']', ',', ':', '\n', '\r', 'ä', '🦆', '\u2028', '\x7f', ' ']
const string = fc.string({unit: fc.constantFrom(...characters, '\\')})
// Without backslashes: V8 takes a name such as "\n" for a name "\\" that it has seen in an object of the same shape.
const name = fc.string({unit: fc.constantFrom(...characters)})
const value = fc.letrec(tie => ({
  value: fc.oneof(
    {depthSize: 'small'},
    fc.constantFrom<unknown>(null, true, false, 0, -1, 1.5, 1e300, 1e-7),
    string,
    fc.array(tie('value'), {maxLength: 4}),
    fc.dictionary(name, tie('value'), {maxKeys: 4}),
  ),
})).value
const document = fc.dictionary(name, value, {maxKeys: 4}) as fc.Arbitrary<Value>

function filledDocument(): fc.Arbitrary<Value> {
  return document.map(value => ({id: 1, ...value}))
}

const everywhere = Array.from({length: 3000}, (_, index) => index + 1)
/** Where the input is cut: shares of its length, so that they fall anywhere, within characters too. */
const cuts = fc.oneof(
  fc.constant<number[]>([]),
  fc.constant(everywhere),
  fc.array(fc.double({min: 0, max: 1, noNaN: true}), {maxLength: 12}),
)

function minified(value: unknown): string {
  return JSON.stringify(value)
}

function pretty(value: Value, {indent}: Style): string {
  return JSON.stringify(value, null, indent === 4 ? '\t' : indent)
}

/** `cuts` below 1 are shares of the length, others are bytes. */
function split(input: Buffer, cuts: readonly number[]): {values: Expected[]; refused: number[]} {
  const places = cuts.map(cut => (cut < 1 ? Math.floor(cut * input.length) : cut)).toSorted((one, other) => one - other)
  const splitter = new Splitter()
  const incoming: Incoming[] = []
  let start = 0
  for (const place of [...places.filter(place => place < input.length), input.length]) {
    const end = place
    incoming.push(...splitter.push(input.subarray(start, end)))
    start = end
  }
  incoming.push(...splitter.end())
  const texts = incoming.map(item => [item.line ?? 0, textOf(item)] as const)
  return {
    values: texts.filter((item): item is [number, string] => item[1] !== undefined),
    refused: texts.filter(([, text]) => text === undefined).map(([line]) => line),
  }
}

/** What becomes of a piece of input: the text of its value, or undefined when it is refused, here or by the storage. */
function textOf(incoming: Incoming): string | undefined {
  if ('refused' in incoming) return undefined
  const source = 'insert' in incoming ? incoming.insert : incoming.text
  try {
    return stringify(source === undefined ? (incoming as {value: unknown}).value : parse(source))
  } catch {
    return undefined
  }
}
