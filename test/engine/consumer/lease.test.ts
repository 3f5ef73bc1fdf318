import {join} from 'node:path'
import {expect, test} from 'vitest'
import type {Owner} from '../../../src/engine/consumer/lease.ts'
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
