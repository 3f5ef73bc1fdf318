import {join} from 'node:path'
import {describe, expect, onTestFinished, test} from 'vitest'
import {open, type Store} from '../../../src/engine/store.ts'
import {take, temporaryDirectory} from '../../support.ts'

async function newStore(): Promise<Store> {
  const store = await open(join(await temporaryDirectory(), 'test.db'))
  onTestFinished(() => store.close())
  return store
}

const documents = (from: number, to: number) => Array.from({length: to - from}, (_, index) => ({id: from + index}))

describe('a stream of documents', () => {
  test('that pauses is stored as far as it has come', async () => {
    const store = await newStore()
    const seen = Promise.withResolvers<void>()
    const source = async function* () {
      yield* documents(0, 3)
      await seen.promise
      yield* documents(3, 2500)
    }
    const inserting = store.table('t').insert(source())
    expect(await take(store.changes({since: 'beginning'}), 3)).toMatchObject([{key: 0}, {key: 1}, {key: 2}])
    seen.resolve()
    expect(await inserting).toMatchObject({inserted: 2500, errors: 0})
    expect(await take(store.changes({since: 'beginning'}), 2500)).toMatchObject(
      documents(0, 2500).map(({id}) => ({key: id})),
    )
  })

  test.each([0, 1, 1000, 1001])('of %i that throws is stored up to there, and its error is thrown', async count => {
    const store = await newStore()
    const table = store.table('t')
    const failing = async function* () {
      yield* documents(0, count)
      throw new Error('the source failed')
    }
    const list = function* () {
      yield* documents(count, 2 * count)
      throw new Error('the source failed')
    }
    for (const source of [failing(), list()]) await expect(table.insert(source)).rejects.toThrow('the source failed')
    expect((await store.tables())[0]?.documents).toBe(2 * count)
  })

  test('that waits is not waited for when its documents cannot be stored, and is ended', async () => {
    const store = await newStore()
    const asked = Promise.withResolvers<void>()
    const first = Promise.withResolvers<IteratorResult<{id: number}>>()
    const ended = Promise.withResolvers<void>()
    const steps = [first.promise, new Promise<never>(() => {})]
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          asked.resolve()
          return (await steps.shift()) as IteratorResult<{id: number}>
        },
        return: async () => {
          ended.resolve()
          return {done: true as const, value: undefined}
        },
      }),
    }
    const inserting = store.table('t').insert(source)
    await asked.promise
    await store.close()
    first.resolve({done: false, value: {id: 1}})
    await expect(inserting).rejects.toMatchObject({code: 'CLOSED'})
    await ended.promise
  })
})
