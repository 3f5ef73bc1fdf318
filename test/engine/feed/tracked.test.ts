import {join} from 'node:path'
import Sqlite from 'better-sqlite3'
import {expect, test} from 'vitest'
import {open} from '../../../src/engine/store.ts'
import {Random, rounds, temporaryDirectory} from '../../support.ts'

const shapes = {
  'an integer key': 'CREATE TABLE t (id INTEGER PRIMARY KEY, n)',
  'a key of text without case': 'CREATE TABLE t (id TEXT PRIMARY KEY NOT NULL COLLATE NOCASE, n) WITHOUT ROWID',
  'a key of two columns': 'CREATE TABLE t (a INT NOT NULL, id NOT NULL, n, PRIMARY KEY (id, a))',
  'a key of anything': 'CREATE TABLE t (id PRIMARY KEY NOT NULL, n)',
  'a key that may be NULL': 'CREATE TABLE t (id PRIMARY KEY, n)',
  'no key': 'CREATE TABLE t (id, n)',
} as const

test.each(Object.entries(shapes))(
  'the initial part of a tracked table with %s is exact, whatever is written meanwhile',
  async (name, sql) => {
    const random = new Random()
    for (let round = 0; round < rounds(1); round++) {
      const file = join(await temporaryDirectory(), 'db')
      const db = new Sqlite(file)
      db.exec(sql)
      const columns = name.includes('two') ? 'a, id, n' : 'id, n'
      const insert = db.prepare(`INSERT OR REPLACE INTO t (${columns}) VALUES (${columns.replaceAll(/\w+/g, '?')})`)
      const add = () =>
        insert.run(...(name.includes('two') ? [BigInt(random.below(3))] : []), idOf(random, name), random.next())
      db.transaction(() => {
        for (let count = 0; count < 5000; count++) add()
      })()
      await using store = await open(file)
      await store.track('t')
      const held = new Map<string, unknown>()
      let told = 0
      let ready = 0
      for await (const event of store.changes({tables: ['t'], includeInitial: true, includeStates: true})) {
        if (event.type === 'state') {
          ready = event.seq
          if (event.state === 'ready') break
          continue
        }
        if (event.type === 'heartbeat' || event.type === 'schema') continue
        const key = JSON.stringify(event.key)
        if (event.type === 'initial') expect(held.has(key), key).toBe(false)
        if (event.type === 'uninitial' || event.new_val === null) held.delete(key)
        else held.set(key, event.new_val)
        if (told++ % 40 > 0) continue
        db.transaction(() => {
          for (let count = 0; count < 5; count++) add()
          db.prepare('DELETE FROM t WHERE n > ? AND n < ?').run(0.4, 0.4 + random.next() / 200)
          db.prepare('UPDATE t SET n = n + 1 WHERE n < ?').run(random.next() / 500)
        })()
      }
      // What was written after that is taken back by the log.
      const after = new Map<string, unknown>()
      for await (const row of store.changes({tables: ['t'], includeInitial: true, follow: false, since: ready})) {
        if (row.type === 'initial') after.set(JSON.stringify(row.key), row.new_val)
      }
      expect(told).toBeGreaterThan(1000)
      expect(new Map([...held].sort())).toEqual(new Map([...after].sort()))
      db.close()
    }
  },
)

function idOf(random: Random, name: string): unknown {
  const number = random.below(20_000)
  if (name.includes('integer')) return BigInt(number - 10_000)
  if (name.includes('text')) return `${random.pick(['k', 'K', 'é', '😀'])}${number}`
  return random.pick([BigInt(number), number / 8, `k${number}`, Buffer.from(`b${number}`), BigInt(number) * 10n ** 14n])
}
