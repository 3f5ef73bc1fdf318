import Sqlite from 'better-sqlite3'
import {expect, test} from 'vitest'
import {Fragment} from '../../../../src/engine/storage/sqlite/fragment.ts'
import {keepsDocument} from '../../../../src/engine/storage/sqlite/leave-out.ts'
import {isOnWrongSide, type Order} from '../../../../src/engine/storage/sqlite/spelled-order.ts'
import {isNotSpelled} from '../../../../src/engine/storage/sqlite/spelling.ts'

const magnitudes = [
  '0',
  '0.0',
  '1e-400',
  '0.5',
  '1',
  '7',
  '9',
  '9.5',
  '10',
  '11',
  '42',
  '70',
  '79.9',
  '80',
  '99',
  '100',
  '1e3',
]
const spellings = [
  ...magnitudes,
  ...magnitudes.map(one => `-${one}`),
  '7e1',
  '700e-1',
  '123456',
  '-123456',
  '"5"',
  'null',
  '[5]',
]
const bounds = [0, -0, 0.5, 1, 7, 9, 10, 42, 70, 70.5, 80, 99, 100, 101, 1e14, 1e20].flatMap(bound => [bound, -bound])
/** With a rare character first, last, or not at all, and with those that mean something in a pattern. */
const names = ['age', 'Zeit', 'naïve', 'é', 'a*[b]?', 'x x', 'ee']
const nameAt = (index: number) => names[index % names.length] as string
const orders: Readonly<Record<Order, (one: number, other: number) => boolean>> = {
  '<': (one, other) => one < other,
  '<=': (one, other) => one <= other,
  '>': (one, other) => one > other,
  '>=': (one, other) => one >= other,
}

test('a number that is spelled on the wrong side of a bound is there, and for most that are the spelling says so', () => {
  const db = new Sqlite(':memory:')
  const counts = {wrong: 0, spelled: 0}
  for (const [index, bound] of bounds.entries()) {
    const name = nameAt(index)
    for (const op of Object.keys(orders) as Order[]) {
      const condition = isOnWrongSide(new Fragment('doc', []), name, op, bound)
      if (condition === undefined) continue
      const ask = db.prepare(`SELECT ${condition.sql} FROM (SELECT json_extract(?, '$') AS doc)`).pluck()
      for (const spelling of spellings) {
        const says = (text: string) => ask.get(...condition.values, JSON.stringify(text)) === 1
        const text = `{"name":"a","${name}":${spelling},"z":1}`
        const value = JSON.parse(spelling)
        const isWrong = typeof value === 'number' && !orders[op](value, bound)
        if (says(text)) expect(isWrong, `${spelling} ${op} ${bound}`).toBe(true)
        if (Number.isInteger(value) && isWrong) counts.wrong++
        if (Number.isInteger(value) && says(text)) counts.spelled++
        for (const doubt of [
          `{"${name}":${spelling},"${name}":1}`,
          `{"${name}":${spelling},"${escaped(name.charAt(0))}${name.slice(1)}":1}`,
          `{"x":{"${name}":1},"${name}":${spelling}}`,
        ])
          expect(says(doubt), doubt).toBe(false)
      }
    }
  }
  expect(counts.spelled / counts.wrong).toBeGreaterThan(0.5)
})

test('a value that is not spelled is not there, however it may be spelled; and most that are not there are not spelled', () => {
  const db = new Sqlite(':memory:')
  const values = [
    1,
    2,
    7,
    9,
    10,
    11,
    19,
    20,
    42,
    50,
    70,
    90,
    99,
    100,
    101,
    110,
    199,
    200,
    405,
    1000,
    12345,
    2 ** 53 - 1,
    -1,
    -42,
  ]
  const constants = [...values, 'a', 'b*[c]?', '', 'd/e', 'f\n', true, false, null]
  const counts = {absent: 0, found: 0}
  for (const [index, constant] of constants.entries()) {
    const name = nameAt(index)
    const condition = isNotSpelled(new Fragment('doc', []), name, constant)
    if (condition === undefined) throw new Error(`${constant} may be spelled in too many ways`)
    const ask = db.prepare(`SELECT ${condition.sql} FROM (SELECT json_extract(?, '$') AS doc)`).pluck()
    for (const value of constants) {
      for (const spelling of spellingsOf(value)) {
        for (const around of [':', ' :', ': ', ' : ', '\n\t:\r ']) {
          const text = `{"name":"a","${name}"${around}${spelling}${around.replaceAll(':', '')},"z":1}`
          const isAbsent = JSON.parse(text)[name] !== constant
          const says = ask.get(...condition.values, JSON.stringify(text)) === 1
          if (says) expect(isAbsent, `${constant} in ${text}`).toBe(true)
          if (around !== ':') continue
          if (isAbsent) counts.absent++
          if (says) counts.found++
        }
      }
    }
  }
  expect(counts.found / counts.absent).toBeGreaterThan(0.75)
})

test.each([
  ['a.b', '{"a":{"b":8}}', true],
  ['a.b', '{"a":{"b":"7"},"c":7}', true],
  ['a.b', '{"a":[{"b":8},{"b":9}],"n":[7]}', true],
  ['a.b', '{"a":{"b":7}}', false],
  ['a.b', '{"a":{"b" : 7.0}}', false],
  ['a.b', '{"a":{"\\u0062":7}}', false],
  ['a.b', '{"b":7}', false],
  // JSONata takes a list of one value that it finds in another list for the value.
  ['a.b', '{"a":[{"b":[7]},{"b":[]}]}', false],
  ['a.b', '{"a":[{"b": [7]},{"b" :[]}]}', false],
  ['a.b', '{"a":[{"b"\n:\n[7]}]}', false],
  ['b', '[{"b":[7]}]', false],
  ['b', ' [{"b":[7]}]', false],
  ['b', '{"b":[7]}', true],
])('whether %s = 7 may be left out of %s: %s', (path, text, isLeftOut) => {
  const condition = keepsDocument([{path: path.split('.'), op: '=', value: 7}])
  if (condition === undefined) throw new Error('nothing is left out')
  const db = new Sqlite(':memory:')
  const ask = db.prepare(`SELECT NOT (${condition.sql}) FROM (SELECT json_extract(?, '$') AS doc)`).pluck()
  expect(ask.get(...condition.values, JSON.stringify(text)) === 1).toBe(isLeftOut)
})

test('of two fields in an order none is left out for which it holds, or fails; and most for which it does not', () => {
  const db = new Sqlite(':memory:')
  const extremes = [
    `0.${'0'.repeat(110_000)}7e110001`,
    '1e400',
    '-1e400',
    '1.7976931348623157e308',
    '1.7976931348623159e308',
    '5e-324',
    '1e-400',
    '0.1',
    '0.10000000000000000555',
  ]
  const large = [
    '9007199254740991',
    '9007199254740993',
    '1795389670700',
    '1.7953896707e12',
    '1e23',
    '123456789012345678901234567890',
  ]
  const near = [
    '0.52647338110642266659',
    '0.5264733811064227',
    '0.5264733811064226',
    '179769313486231580793728971405301e276',
    '7.000000000000001',
    '6.999999999999999',
    '42.0000000000001',
    '1.00000000000000011',
  ]
  const all = [...spellings, ...extremes, ...large, ...near, '""', '{"a":1}', 'true']
  const counts = {over: 0, leftOut: 0}
  for (const op of Object.keys(orders) as Order[]) {
    const condition = keepsDocument([{path: ['a'], op, value: {path: ['bé']}}])
    if (condition === undefined) throw new Error('nothing is left out')
    const ask = db.prepare(`SELECT NOT (${condition.sql}) FROM (SELECT json_extract(?, '$') AS doc)`).pluck()
    const leavesOut = (text: string) => ask.get(...condition.values, JSON.stringify(text)) === 1
    for (const one of all) {
      for (const other of all) {
        for (const text of [
          `{"x":"é","a":${one},"bé":${other}}`,
          `{"bé":${other},"a":${one},"a":1}`,
          `{"bé": ${other},"\\u0061":1,"a" :${one}}`,
        ]) {
          const parsed = parse(text)
          if (parsed === undefined || !leavesOut(text)) continue
          const isOver =
            [parsed.a, parsed.bé].every(value => typeof value === 'number') &&
            !orders[op](parsed.a as number, parsed.bé as number)
          expect(isOver, `a ${op} bé in ${text}`).toBe(true)
        }
        const [a, b] = [one, other].map(Number) as [number, number]
        if (Number.isInteger(a) && Number.isInteger(b) && !orders[op](a, b)) {
          counts.over++
          if (leavesOut(`{"a":${one},"bé":${other}}`)) counts.leftOut++
        }
      }
    }
  }
  expect(counts.leftOut / counts.over).toBeGreaterThan(0.75)
})

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function spellingsOf(value: number | string | boolean | null): readonly string[] {
  if (typeof value === 'string')
    return [
      JSON.stringify(value),
      JSON.stringify(value).replaceAll('/', '\\/'),
      `"${[...value].map(escaped).join('')}"`,
    ]
  if (typeof value !== 'number') return [String(value)]
  const sign = value < 0 ? '-' : ''
  const digits = String(Math.abs(value))
  const [before, last] = [String(BigInt(digits) - 1n), '9'.repeat(25)]
  const pieces = [
    `${digits}.0`,
    `${digits}.${'0'.repeat(25)}1`,
    `${before}.${last}`,
    `${digits}00e-2`,
    `${before === '0' ? '' : before}${last}e-${last.length}`,
  ]
  const moved = [
    `${digits.charAt(0)}.${digits.slice(1)}0e${digits.length - 1}`,
    `0.${digits}e${digits.length}`,
    `0.00${digits}E+${digits.length + 2}`,
  ]
  const short = /^[1-9]0+$/.test(digits) ? [`${digits.charAt(0)}e${digits.length - 1}`] : []
  const under = `${before.replace(/^(.)/, '$1.')}${last}e${before.length - 1}`
  return [digits, ...pieces, ...moved, ...short, ...(before === '0' ? [] : [under])].map(one => sign + one)
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
