import fc from 'fast-check'
import {expect, test} from 'vitest'
import {type Key, keyText, parseKey} from '../../src/engine/documents/key.ts'
import {keyArgument} from '../../src/engine/sinks/template.ts'

test('a key as it is typed is that key again, and no other one', () => {
  const check = (key: Key) => {
    expect(parseKey(keyArgument(keyText(key)))).toEqual(key)
  }
  for (const key of [
    1,
    '1',
    '"1"',
    '"\\"1\\""',
    'abc',
    '"abc',
    '',
    'true',
    true,
    '[1]',
    [1],
    '[null]',
    '0.12345678901234567890',
    '{}',
    'null',
    ' 1',
  ])
    check(key)
  const text = fc.string().filter(value => !value.includes('\0'))
  fc.assert(fc.property(fc.oneof(text, fc.integer(), fc.boolean(), fc.json()), check))
})
