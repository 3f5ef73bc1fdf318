import fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {merged, prepare, Refusal, replaced, sameDocument} from '../../../src/engine/documents/document.ts'
import {parse} from '../../../src/engine/documents/json.ts'

describe('a document to be stored', () => {
  test('has its id as its key, and its text as it is', () => {
    expect(prepare(parse('{"b":9007199254740993,"id":"a"}'))).toEqual({
      key: 'a',
      text: '{"b":9007199254740993,"id":"a"}',
      generated: false,
    })
  })

  test('without an id gets one, in front, that sorts by time', () => {
    const [one, other] = [prepare({n: 1}), prepare({id: undefined, n: 2})]
    expect(one.generated && other.generated).toBe(true)
    expect(one.key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(one.text).toBe(`{"id":"${one.key}","n":1}`)
    expect(String(other.key) > String(one.key)).toBe(true)
  })

  test.each([[null], [1], ['a'], [true], [[{id: 1}]], [undefined], [parse('1e400')]])('is not %j', value => {
    expect(() => prepare(value)).toThrow(Refusal)
  })

  test.each([[null], [{}], [[null]], ['\0']])('has no id like %j', id => {
    expect(() => prepare({id})).toThrow(Refusal)
  })

  test('that holds itself, or is nested beyond reason, is refused', () => {
    const circle: Record<string, unknown> = {id: 1}
    circle.self = circle
    expect(() => prepare(circle)).toThrow(Refusal)
    let deep: Record<string, unknown> = {id: 1}
    for (let depth = 0; depth < 100_000; depth++) deep = {id: 1, deep}
    expect(() => prepare(deep)).toThrow(/nested too deeply/)
  })
})

describe('a patch', () => {
  const merges: [old: string, patch: string, result: string][] = [
    ['{"id":1,"a":1}', '{"b":2}', '{"id":1,"a":1,"b":2}'],
    ['{"id":1,"a":1}', '{"a":null}', '{"id":1,"a":null}'],
    ['{"id":1,"a":{"b":1,"c":2}}', '{"a":{"b":3}}', '{"id":1,"a":{"b":3,"c":2}}'],
    ['{"id":1,"a":{"b":{"c":{"d":1,"e":2}}}}', '{"a":{"b":{"c":{"d":3}}}}', '{"id":1,"a":{"b":{"c":{"d":3,"e":2}}}}'],
    ['{"id":1,"a":[1,2]}', '{"a":[3]}', '{"id":1,"a":[3]}'],
    ['{"id":1,"a":{"b":1}}', '{"a":5}', '{"id":1,"a":5}'],
    ['{"id":1,"a":5}', '{"a":{"b":{"c":1}}}', '{"id":1,"a":{"b":{"c":1}}}'],
    ['{"id":1,"a":null}', '{"a":{"b":1}}', '{"id":1,"a":{"b":1}}'],
    ['{"id":1,"a":{"b":1}}', '{"a":{}}', '{"id":1,"a":{"b":1}}'],
    ['{"id":1}', '{}', '{"id":1}'],
    ['{"id":1}', '{"id":1.0}', '{"id":1}'],
    ['{"id":1,"n":9007199254740993}', '{"m":9007199254740995}', '{"id":1,"n":9007199254740993,"m":9007199254740995}'],
    ['{"id":1,"n":{"a":1}}', '{"n":9007199254740993}', '{"id":1,"n":9007199254740993}'],
    ['{"id":1,"n":9007199254740993}', '{"n":{"a":1}}', '{"id":1,"n":{"a":1}}'],
    ['{"id":1}', '{"__proto__":{"a":1}}', '{"id":1,"__proto__":{"a":1}}'],
    ['{"id":1,"__proto__":{"a":1}}', '{"__proto__":{"b":2}}', '{"id":1,"__proto__":{"a":1,"b":2}}'],
    [
      '{"id":1}',
      '{"constructor":{"prototype":{"a":1}},"toString":1}',
      '{"id":1,"constructor":{"prototype":{"a":1}},"toString":1}',
    ],
  ]
  test.each(merges)('makes of %s with %s %s', (old, patch, result) => {
    expect(merged(1, old, parse(patch))).toBe(result)
    expect(({} as {a?: unknown}).a).toBeUndefined()
  })

  test('is merged as a naive merge would, and does not change what it is given', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue()),
        fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue()),
        (old, patch) => {
          const before = JSON.stringify(patch)
          const text = merged(1, JSON.stringify({...old, id: 1}), patch)
          expect(sameDocument(text, JSON.stringify(naive({...old, id: 1}, patch)))).toBe(true)
          expect(JSON.stringify(patch)).toBe(before)
        },
      ),
    )
  })

  test('may not change the key, and must be an object', () => {
    expect(() => merged(1, '{"id":1}', {id: 2})).toThrow('primary key `id` cannot be changed (1 to 2)')
    expect(() => merged('1', '{"id":"1"}', {id: 1})).toThrow(Refusal)
    for (const patch of [null, 1, 'a', [], parse('1e400')]) expect(() => merged(1, '{"id":1}', patch)).toThrow(Refusal)
  })
})

describe('a replacement', () => {
  test('has the same id', () => {
    expect(replaced(1, {b: 1, id: 1})).toBe('{"b":1,"id":1}')
    expect(replaced([1, 'a'], {id: [1, 'a']})).toBe('{"id":[1,"a"]}')
    expect(replaced(9007199254740993n, parse('{"id":9007199254740993}'))).toBe('{"id":9007199254740993}')
    expect(() => replaced(1, {id: 2})).toThrow('primary key `id` cannot be changed (1 to 2)')
    expect(() => replaced(1, {})).toThrow('the new document has no `id`')
    expect(() => replaced(1, [])).toThrow(Refusal)
  })
})

test.each([
  ['{"id":1,"a":2}', '{"a":2,"id":1}', true],
  ['{"id":1}', '{"id":1.0}', true],
  ['{"id":1,"a":[1,2]}', '{"id":1,"a":[2,1]}', false],
  ['{"a":null}', '{}', false],
  ['{"a":9007199254740993}', '{"a":9007199254740992}', false],
  ['{"a":9007199254740993}', '{ "a" : 9007199254740993 }', true],
  ['{"a":{"__proto__":1}}', '{"a":{}}', false],
  ['{"a":[0,{"b":-0}]}', '{"a":[-0.0,{"b":0}]}', true],
  ['{"a":18014398509481985}', '{"a":1.8014398509481985e16}', true],
  ['{"a":9007199254740993}', '{"a":"9007199254740993"}', false],
  ['{"a":[1]}', '{"a":{"0":1}}', false],
  ['{"a":1,"b":2}', '{"a":1,"c":2}', false],
  ['{"a":true}', '{"a":1}', false],
])('%s and %s are the same document: %s', (one, other, same) => {
  expect(sameDocument(one, other)).toBe(same)
  expect(sameDocument(other, one)).toBe(same)
})

function naive(old: unknown, patch: unknown): unknown {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isObject(patch)) return patch
  const base = isObject(old) ? old : {}
  const names = new Set([...Object.keys(base), ...Object.keys(patch)])
  return Object.fromEntries(
    [...names].map(name => [
      name,
      Object.hasOwn(patch, name) ? naive(Object.hasOwn(base, name) ? base[name] : undefined, patch[name]) : base[name],
    ]),
  )
}
