import {join} from 'node:path'
import {expect, test} from 'vitest'
import {Writer} from '../../../src/engine/documents/writer.ts'
import {Feed} from '../../../src/engine/feed/feed.ts'
import {openSqlite} from '../../../src/engine/storage/sqlite/sqlite.ts'
import type {Range, Storage} from '../../../src/engine/storage/storage.ts'
import {temporaryDirectory} from '../../support.ts'

test.each([
  ['small < n', 2899, 'not'],
  ['n < small', 100, 'always'],
  ['small < half', 1500, 'not'],
  ['half = 0', 1500, 'always'],
  ['n < 2900', 2900, 'not'],
])(
  'where %s keeps %i of 3000, the storage engine is %s asked again to leave out the others',
  async (where, kept, again) => {
    await using storage = await openSqlite(join(await temporaryDirectory(), 'test.db'), 'write')
    const documents = Array.from({length: 3000}, (_, n) => ({value: {id: n, n, small: 100, half: (n % 2) * 1000}}))
    for await (const _ of new Writer(storage, 't').insert(batchOf(documents), {durability: 'soft'}));
    const asked: boolean[] = []
    const heard = hearing(storage, ({where = []}) => asked.push(where.length > 0))
    let told = 0
    for await (const {count} of new Feed(heard, {since: 'beginning', follow: false, where}).batches()) told += count
    expect(told).toBe(kept)
    expect(asked[0]).toBe(true)
    expect(asked.slice(1).every(one => one)).toBe(again === 'always')
  },
)

async function* batchOf<T>(documents: readonly T[]): AsyncGenerator<readonly T[]> {
  yield documents
}

/** The same storage, where somebody hears what lines it is asked for. */
function hearing(storage: Storage, hear: (range: Range) => void): Storage {
  return new Proxy(storage, {
    get(target, name) {
      const value = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...args: unknown[]) => {
        if (name === 'lines') hear(args[0] as Range)
        return value.apply(target, args)
      }
    },
  })
}
