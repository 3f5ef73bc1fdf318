import {join} from 'node:path'
import {expect, test} from 'vitest'
import {Consumer} from '../../../src/engine/consumer/consumer.ts'
import {nobody} from '../../../src/engine/consumer/lease.ts'
import {Feed} from '../../../src/engine/feed/feed.ts'
import type {FeedOptions} from '../../../src/engine/feed/options.ts'
import {openSqlite} from '../../../src/engine/storage/sqlite/sqlite.ts'
import type {Storage} from '../../../src/engine/storage/storage.ts'
import {open} from '../../../src/engine/store.ts'
import {all, temporaryDirectory} from '../../support.ts'

/** The storage of three changes, of which the first goes as soon as somebody has looked so often where the log begins. */
async function vanishing(looks: number): Promise<Storage> {
  const file = join(await temporaryDirectory(), 'test.db')
  const storage = await openSqlite(file, 'write')
  await using store = await open(file)
  await store.table('t').insert([{id: 1}, {id: 2}, {id: 3}])
  let looked = 0
  return new Proxy(storage, {
    get(target, name) {
      const value = Reflect.get(target, name)
      if (name !== 'bounds') return typeof value === 'function' ? value.bind(target) : value
      return async () => {
        const bounds = await target.bounds()
        if (++looked === looks) await prune(file)
        return bounds
      }
    },
  })
}

async function prune(file: string): Promise<void> {
  await using store = await open(file)
  expect(await all(store.prune({what: {before: 2}}))).toMatchObject([{removed: 1}])
}

test.each([1, 2, 3])('a feed from the beginning begins, though that is pruned meanwhile (%i)', async looks => {
  const options: FeedOptions = {since: 'beginning', follow: false}
  await using storage = await vanishing(looks)
  expect((await all(new Feed(storage, options))).map(event => 'seq' in event && event.seq)).toEqual([2, 3])
})

test('one from a position that is pruned meanwhile does not', async () => {
  await using storage = await vanishing(2)
  await expect(all(new Feed(storage, {since: 0, follow: false}))).rejects.toMatchObject({code: 'HISTORY_LOST'})
})

test('a new consumer stands where the log begins, though that is pruned meanwhile', async () => {
  await using storage = await vanishing(1)
  await using consumer = await Consumer.claim(storage, 'c', {since: 'beginning'}, nobody())
  expect(consumer.position).toBe(1)
})
