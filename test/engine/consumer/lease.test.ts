import {join} from 'node:path'
import Sqlite from 'better-sqlite3'
import {expect, test} from 'vitest'
import type {Owner} from '../../../src/engine/consumer/lease.ts'
import type {Sink} from '../../../src/engine/sinks/sink.ts'
import {open} from '../../../src/engine/store.ts'
import {temporaryDirectory} from '../../support.ts'

const newFile = async () => join(await temporaryDirectory(), 'test.db')

/** For whom whoever else holds a lease is gone. */
const survivor: Owner = {name: 'survivor', place: 'here', isGone: () => true}

test('who holds a consumer that was deleted does not hold the next one of that name', async () => {
  const file = await newFile()
  await using store = await open(file)
  await store.table('t').insert([{id: 1}, {id: 2}])
  const before = await store.consume('x', {since: 'beginning'})
  await store.deleteConsumer('x', survivor)
  await using after = await store.consume('x', {since: 'beginning'}, survivor)
  await expect(before.advance(2)).rejects.toMatchObject({code: 'TAKEN'})
  await before[Symbol.asyncDispose]()
  await after.advance(1)
  expect(await store.consumers()).toMatchObject([{position: 1, owner: 'survivor'}])
})

test('a lease from before the clock was put back is over when it would have been', async () => {
  const file = await newFile()
  await using store = await open(file)
  await store.table('t').insert({id: 1})
  await store.resetConsumer('x', 'beginning')
  const hold = () => {
    const connection = new Sqlite(file)
    const take = connection.prepare('UPDATE _litefeed_consumers SET owner = ?, place = ?, expires = ?, fence = 1')
    take.run('dead', 'elsewhere', Date.now() + 3_600_000)
    connection.close()
  }
  hold()
  expect(await store.consumers()).toMatchObject([{owner: null}])
  await store.resetConsumer('x', 'beginning')
  hold()
  // Waits for as long as a lease goes on.
  await using consumer = await store.consume('x')
  expect(consumer.position).toBe(0)
})

test('who breaks out of a pipe has the consumer until what is under way has ended', async () => {
  await using store = await open(await newFile())
  await store.table('t').insert([{id: 1}, {id: 2}])
  let isBegun = false
  const ended = Promise.withResolvers<void>()
  const sink: Sink = {
    name: 'here',
    batch: 1,
    parallel: 2,
    order: 'each',
    async deliver([parcel]) {
      if (parcel?.event.seq === 1) return [{kind: 'done'}]
      isBegun = true
      await ended.promise
      return [{kind: 'done'}]
    },
    async [Symbol.asyncDispose]() {},
  }
  const left = Promise.withResolvers<void>()
  const over = (async () => {
    for await (const _ of store.pipe(sink, {since: 'beginning'}, {as: 'x'})) {
      if (!isBegun) continue
      left.resolve()
      break
    }
  })()
  await left.promise
  await new Promise(setImmediate)
  await expect(store.deleteConsumer('x')).rejects.toMatchObject({code: 'TAKEN'})
  ended.resolve()
  await over
  expect(await store.consumers()).toMatchObject([{position: 2, owner: null}])
})
