import Sqlite from 'better-sqlite3'
import {expect, test} from 'vitest'
import {Fragment} from '../../../../src/engine/storage/sqlite/fragment.ts'
import {isOnWrongSide, type Order} from '../../../../src/engine/storage/sqlite/spelling.ts'

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
const orders: Readonly<Record<Order, (one: number, other: number) => boolean>> = {
  '<': (one, other) => one < other,
  '<=': (one, other) => one <= other,
  '>': (one, other) => one > other,
  '>=': (one, other) => one >= other,
}

test('a number that is spelled on the wrong side of a bound is there, and for most that are the spelling says so', () => {
  const db = new Sqlite(':memory:')
  const counts = {wrong: 0, spelled: 0}
  for (const bound of bounds) {
    for (const op of Object.keys(orders) as Order[]) {
      const condition = isOnWrongSide(new Fragment('doc', []), 'age', op, bound)
      if (condition === undefined) continue
      const ask = db.prepare(`SELECT ${condition.sql} FROM (SELECT json_extract(?, '$') AS doc)`).pluck()
      for (const spelling of spellings) {
        const says = (text: string) => ask.get(...condition.values, JSON.stringify(text)) === 1
        const text = `{"name":"a","age":${spelling},"z":1}`
        const value = JSON.parse(spelling)
        const isWrong = typeof value === 'number' && !orders[op](value, bound)
        if (says(text)) expect(isWrong, `${spelling} ${op} ${bound}`).toBe(true)
        if (Number.isInteger(value) && isWrong) counts.wrong++
        if (Number.isInteger(value) && says(text)) counts.spelled++
        for (const doubt of [
          `{"age":${spelling},"age":1}`,
          `{"age":${spelling},"\\u0061ge":1}`,
          `{"x":{"age":1},"age":${spelling}}`,
        ])
          expect(says(doubt), doubt).toBe(false)
      }
    }
  }
  expect(counts.spelled / counts.wrong).toBeGreaterThan(0.5)
})
