import {stripVTControlCharacters} from 'node:util'
import fc from 'fast-check'
import {expect, test} from 'vitest'
import {colorJson} from '../../src/terminal/color.ts'

test('names, strings, numbers and words each have their colour', () => {
  const [blue, green, yellow, magenta, end] = ['\x1b[34m', '\x1b[32m', '\x1b[33m', '\x1b[35m', '\x1b[39m']
  expect(colorJson('{"a":"b","n":-1.5e+3,"t":[true,null]}\n')).toBe(
    `{${blue}"a"${end}:${green}"b"${end},${blue}"n"${end}:${yellow}-1.5e+3${end},${blue}"t"${end}:[${magenta}true${end},${magenta}null${end}]}\n`,
  )
})

test('a string may hold anything', () => {
  const [green, end] = ['\x1b[32m', '\x1b[39m']
  for (const text of ['"true"', '"1"', '"a\\"b"', '"\\\\"', '"{\\"a\\":1}"', '""'])
    expect(colorJson(text)).toBe(`${green}${text}${end}`)
})

test('without its colours the text is what it was', () => {
  fc.assert(
    fc.property(fc.array(fc.json()), lines => {
      const text = lines.map(line => `${line}\n`).join('')
      fc.pre(stripVTControlCharacters(text) === text)
      expect(stripVTControlCharacters(colorJson(text))).toBe(text)
    }),
  )
})

test('a string may be of any length', () => {
  const [green, end] = ['\x1b[32m', '\x1b[39m']
  for (const part of ['a', '\\n']) {
    const text = `"${part.repeat(16_000_000)}"`
    expect(colorJson(text) === `${green}${text}${end}`).toBe(true)
  }
})
