import {once} from 'node:events'
import {expect, test} from 'vitest'
import {readAhead} from '../../src/terminal/ahead.ts'

test('the next one is asked for while one is dealt with, and no other', async () => {
  const asked: number[] = []
  async function* items() {
    for (let item = 1; item <= 3; item++) {
      asked.push(item)
      yield item
    }
  }
  const dealt: number[] = []
  await readAhead(items, async item => {
    expect(asked).toEqual(Array.from({length: item}, (_, index) => index + 1))
    await new Promise(setImmediate)
    expect(asked.length).toBe(Math.min(item + 1, 3))
    dealt.push(item)
  })
  expect(dealt).toEqual([1, 2, 3])
})

test('what cannot be dealt with ends what waits for the next', async () => {
  let ended = false
  async function* items(signal: AbortSignal) {
    try {
      yield 1
      await once(signal, 'abort')
    } finally {
      ended = true
    }
  }
  const full = readAhead(items, async () => {
    throw new Error('the disk is full')
  })
  await expect(full).rejects.toThrow('the disk is full')
  expect(ended).toBe(true)
})

test('what is wrong with the next is thrown when all before it is dealt with', async () => {
  const dealt: number[] = []
  async function* items() {
    yield 1
    throw new Error('history is lost')
  }
  const lost = readAhead(items, async item => {
    await new Promise(resolve => setTimeout(resolve, 20))
    dealt.push(item)
  })
  await expect(lost).rejects.toThrow('history is lost')
  expect(dealt).toEqual([1])
})
