import {join} from 'node:path'
import Sqlite from 'better-sqlite3'
import {expect, test} from 'vitest'
import {listDocuments} from '../../src/engine/documents/list.ts'
import {Writer} from '../../src/engine/documents/writer.ts'
import {Feed} from '../../src/engine/feed/feed.ts'
import type {FeedOptions} from '../../src/engine/feed/options.ts'
import {openSqlite} from '../../src/engine/storage/sqlite/sqlite.ts'
import type {Range, Storage} from '../../src/engine/storage/storage.ts'
import type {Failure} from '../../src/engine/told.ts'
import {Random, rounds, temporaryDirectory} from '../support.ts'
import {RawDocuments} from './raw-documents.ts'

test('what an engine leaves out nobody misses: neither a line nor a failure', {timeout: 600_000}, async () => {
  const random = new Random()
  const raw = new RawDocuments(random)
  const counts = {all: 0, read: 0, lines: 0, failures: 0}
  for (let round = 0; round < rounds(2); round++) {
    const file = join(await temporaryDirectory(), 'test.db')
    await using storage = await openSqlite(file, 'write')
    await scribble(storage, file, raw, random)
    const whole = ignoring(storage)
    const counted = counting(storage, counts)
    for (let expression = 0; expression < 20; expression++) {
      const filter = raw.condition(true)
      const where = raw.condition(false)
      const options: FeedOptions[] = [
        {filter},
        {where},
        {where, filter},
        {where, includeInitial: true, since: 'now'},
        {where, includeInitial: true, since: 5},
        {where, squash: 0},
        {filter, squash: 0},
        {filter, map: 'seq', onError: 'fail'},
      ]
      for (const some of options) {
        const feed = {since: 'beginning', follow: false, ...some} as const
        const expected = await told(() => new Feed(whole, feed).batches())
        expect(await told(() => new Feed(counted, feed).batches()), JSON.stringify(some)).toEqual(expected)
        counts.lines += expected.lines.length
        counts.failures += expected.failures.length
      }
      for (const list of [{where}, {where, orderBy: 'n'}, {where, limit: 3}]) {
        const expected = await told(() => listDocuments(whole, 'a', list))
        expect(await told(() => listDocuments(counted, 'a', list)), JSON.stringify(list)).toEqual(expected)
      }
    }
    // The tables hold the same: from one it is deleted with, from the other without what the engine leaves out.
    for (let expression = 0; expression < 3; expression++) {
      const where = raw.condition(false)
      const expected = await deleted(whole, 'b', where)
      expect(await deleted(counted, 'a', where), where).toEqual(expected)
    }
  }
  expect(counts.read / counts.all, 'the part of what there was that was not left out').toBeLessThan(0.75)
  expect(counts.lines).toBeGreaterThan(1000)
  expect(counts.failures).toBeGreaterThan(1000)
})

/** Documents as another program stores them, in two tables that hold the same, changed and deleted. */
async function scribble(storage: Storage, file: string, raw: RawDocuments, random: Random): Promise<void> {
  const db = new Sqlite(file)
  for (const table of ['a', 'b']) await storage.create(table)
  for (let step = 0; step < 120; step++) {
    const key = BigInt(random.below(50))
    const text = raw.document()
    for (const table of ['a', 'b']) {
      if (random.chance(0.1) && table === 'a') continue
      const put = `INSERT INTO ${table} VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET doc = excluded.doc`
      db.prepare(put).run(key, text)
    }
  }
  db.exec('DELETE FROM a WHERE id % 7 = 0; DELETE FROM b; INSERT INTO b SELECT * FROM a')
  db.close()
}

/** The same database by an engine that ignores comparisons. */
function ignoring(storage: Storage): Storage {
  return over(storage, {
    changes: range => storage.changes({...range, filter: undefined, where: undefined}),
    lines: range => storage.lines({...range, filter: undefined, where: undefined}),
    page: (table, after, limit) => storage.page(table, after, limit),
  })
}

/** Counts how much there was to read, and how much was read. */
function counting(storage: Storage, counts: {all: number; read: number}): Storage {
  const count = ({after, filter = [], where = []}: Range, position: number, read: number) => {
    if (filter.length + where.length === 0) return
    counts.all += position - after
    counts.read += read
  }
  return over(storage, {
    changes: async range => {
      const read = await storage.changes(range)
      count(range, read.position, read.changes.length)
      return read
    },
    lines: async range => {
      const read = await storage.lines(range)
      count(range, read.position, read.count)
      return read
    },
    page: (table, after, limit, where) => storage.page(table, after, limit, where),
  })
}

function over(storage: Storage, methods: Pick<Storage, 'changes' | 'lines' | 'page'>): Storage {
  return new Proxy(storage, {
    get(target, name) {
      if (name === 'changes' || name === 'lines' || name === 'page') return methods[name]
      const value = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

interface Heard {
  readonly lines: readonly string[]
  readonly failures: readonly unknown[]
  readonly error?: string
}

/** What is heard; again when the machine was so busy that an expression ran out of time. */
async function told(read: Parameters<typeof hear>[0]): Promise<Heard> {
  for (;;) {
    const heard = await hear(read)
    if (!JSON.stringify([heard.failures, heard.error]).includes('Evaluation timeout')) return heard
  }
}

/** Each expression's failures in their order; that of several depends on how much is read at once. */
async function hear(read: () => AsyncIterable<{lines: Uint8Array; failures: readonly Failure[]}>): Promise<Heard> {
  const lines: string[] = []
  const failures: Failure[] = []
  const sorted = () => failures.toSorted((one, other) => one.expression.localeCompare(other.expression))
  try {
    for await (const batch of read()) {
      lines.push(
        ...Buffer.from(batch.lines)
          .toString()
          .split('\n')
          .filter(line => line !== ''),
      )
      failures.push(...batch.failures)
    }
  } catch (error) {
    return {lines: lines.map(timeless), failures: sorted(), error: (error as Error).message}
  }
  return {lines: lines.map(timeless), failures: sorted()}
}

/** Initial events have the time at which they were read. */
function timeless(line: string): string {
  return line.replace(/"ts_ms":\d+/, '')
}

async function deleted(storage: Storage, table: string, where: string) {
  const failures: unknown[] = []
  let count = 0
  for await (const progress of new Writer(storage, table).delete({where}, {durability: 'soft'})) {
    failures.push(...progress.failures)
    count = progress.tally.deleted
  }
  const left = (await storage.page(table, undefined, 1000)).documents
  return {count, failures, left}
}
