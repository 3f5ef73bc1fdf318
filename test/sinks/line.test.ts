import {describe, expect, test} from 'vitest'
import {type Entry, Line} from '../../src/engine/sinks/line.ts'

function entry(seq: number, key: string, merged?: number): Entry {
  return {
    event: {seq, ts_ms: 0, table: 't', key, type: 'change'},
    line: '',
    lines: undefined,
    count: 1,
    mapped: false,
    id: String(seq),
    attempts: 0,
    settled: false,
    merged,
    notBefore: 0,
  }
}

const seqs = (entries: readonly Entry[]) => entries.map(({event}) => event.seq)

test('an entry waits for an earlier one of its document, and the position for the first that is not settled', () => {
  const line = new Line(true, 0)
  line.add([entry(1, 'a'), entry(2, 'a'), entry(3, 'b')], {position: 5, start: 5})
  const [first, third] = line.next(10) as [Entry, Entry]
  expect(seqs([first, third])).toEqual([1, 3])
  line.settle(third)
  expect(line.position).toBe(0)
  line.settle(first)
  expect(line.position).toBe(1)
  const [second] = line.next(10) as [Entry]
  line.settle(second)
  expect(line.position).toBe(5)
})

describe('what was told together', () => {
  test('moves the position when all of it has come and is settled', () => {
    const line = new Line(true, 0)
    line.add([entry(2, 'a', 9), entry(4, 'b', 9)], {position: 4, start: 0})
    for (const one of line.next(10)) line.settle(one)
    expect(line).toMatchObject({position: 0, length: 0})
    line.add([entry(9, 'c', 9)], {position: 9, start: 9})
    expect(line.position).toBe(0)
    for (const one of line.next(10)) line.settle(one)
    expect(line.position).toBe(9)
  })

  test('is settled before anything is sent that was told later', () => {
    const line = new Line(true, 0)
    line.add([entry(2, 'a', 2)], {position: 2, start: 2})
    line.add([entry(3, 'b', 3)], {position: 3, start: 3})
    const [first] = line.next(10) as [Entry]
    expect(seqs([first])).toEqual([2])
    expect(line.next(10)).toEqual([])
    expect(line.due).toBe(Number.POSITIVE_INFINITY)
    line.settle(first)
    expect(line.due).toBe(0)
    expect(seqs(line.next(10))).toEqual([3])
  })

  test('counts as far as it has come when no more comes', () => {
    const line = new Line(true, 0)
    line.add([entry(2, 'a', 9)], {position: 2, start: 0})
    line.finish()
    for (const one of line.next(10)) line.settle(one)
    expect(line.position).toBe(2)
  })
})
