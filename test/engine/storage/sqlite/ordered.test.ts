import {spawnSync} from 'node:child_process'
import {join} from 'node:path'
import Sqlite from 'better-sqlite3'
import {describe, expect, onTestFinished, test, vi} from 'vitest'
import {comparePlaces, type Order, placeOf} from '../../../../src/engine/documents/order.ts'
import {Connection} from '../../../../src/engine/storage/sqlite/connection.ts'
import {openSqlite} from '../../../../src/engine/storage/sqlite/sqlite.ts'
import type {Storage, Stored} from '../../../../src/engine/storage/storage.ts'
import {open} from '../../../../src/engine/store.ts'
import {Random, rounds, temporaryDirectory} from '../../../support.ts'

describe('a table that is read in the order of a field', () => {
  test.each([
    ['without an index', false],
    ['by an index', true],
  ])('gives the documents as comparePlaces sorts them, %s', async (_, indexed) => {
    const random = new Random()
    for (let round = 0; round < rounds(12); round++) {
      const path = random.pick([['v'], ['a', 'b'], ['id'], ['müde']])
      const file = join(await temporaryDirectory(), 'db')
      await using storage = await openSqlite(file, 'write')
      await storage.create('t')
      fill(file, random, path, indexed)
      await storage.ordered('t', {path, descending: false}, undefined, 1)
      expect(indexesOf(file)).toHaveLength(indexed ? 1 : 0)
      for (const descending of [false, true]) await checkOrder(storage, random, {path, descending})
      write(file, random, path, 40)
      for (const descending of [false, true]) await checkOrder(storage, random, {path, descending})
    }
  })

  test('has an index that another SQLite keeps, whatever is written, and that is whole afterwards', async () => {
    const random = new Random()
    const file = join(await temporaryDirectory(), 'db')
    await using storage = await openSqlite(file, 'write')
    await storage.create('t')
    const path = ['v']
    fill(file, random, path, true)
    await storage.ordered('t', {path, descending: false}, undefined, 1)
    expect(indexesOf(file)).toHaveLength(1)
    for (let round = 0; round < rounds(6); round++) {
      // Documents that the shell's SQLite has put into the index leave it by ours, and the other way round.
      write(file, random, path, 60)
      const statements = Array.from({length: 60}, () => statement(random, path))
      const {stderr} = spawnSync('sqlite3', [file], {input: `.timeout 5000\n${statements.join(';\n')};\n`})
      expect(String(stderr)).toBe('')
      using db = opened(file)
      expect(db.pragma('integrity_check', {simple: true})).toBe('ok')
      expect(spawnSync('sqlite3', [file, 'PRAGMA integrity_check']).stdout.toString()).toBe('ok\n')
      await checkOrder(storage, random, {path, descending: random.chance(0.5)})
    }
  })

  test('gives as many as a window asks for, more than a call takes arguments', async () => {
    const file = join(await temporaryDirectory(), 'test.db')
    await using store = await open(file)
    await store.table('t').insert([], {durability: 'soft'})
    const db = new Sqlite(file)
    db.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 130000)
      INSERT INTO t SELECT i, '{"id":' || i || '}' FROM n`)
    db.close()
    let count = 0
    for await (const batch of store
      .changes({tables: ['t'], orderBy: 'id', limit: 129_000, includeInitial: true, follow: false})
      .batches())
      count += batch.count
    expect(count).toBe(129_000)
  })

  test('has an index for each field, also where the names differ by case only', async () => {
    const {storage, file} = await large(id => ({id, v: id, V: -id, 'v^': 0}))
    await using _ = storage
    const fields = [['v'], ['V'], ['v^'], ['id', 'v'], ['ID', 'v']]
    for (const path of fields) await storage.ordered('t', {path, descending: false}, undefined, 1)
    expect(indexesOf(file)).toHaveLength(fields.length)
    const {documents} = await storage.ordered('t', {path: ['V'], descending: false}, undefined, 1)
    expect(documents[0]?.key).toBe('10000')
  })

  test.each([false, true])(
    'is never sorted by SQLite, also where many values are the same, descending %s',
    async descending => {
      const {storage, file} = await large(id => ({id: id % 2 === 0 ? id : [id], v: id % 3}))
      await using _ = storage
      const order = {path: ['v'], descending}
      const first = await storage.ordered('t', order, undefined, 3)
      const prepared = vi.spyOn(Connection.prototype, 'prepare')
      onTestFinished(() => prepared.mockRestore())
      for (const after of [first.documents[0], first.documents.at(-1)]) await storage.ordered('t', order, after, 3)
      const statements = prepared.mock.calls.map(([sql]) => sql).filter(sql => sql.includes('INDEXED BY'))
      expect(statements.length).toBeGreaterThan(2)
      using db = opened(file)
      for (const sql of statements) {
        const values = Array((sql.match(/\?/g) ?? []).length).fill(null)
        const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as {detail: string}[]
        expect(plan.map(({detail}) => detail).join('; '), sql).not.toMatch(/TEMP B-TREE|SCAN t\b/)
      }
    },
  )

  test('does not fail where the index cannot be made', async () => {
    const file = join(await temporaryDirectory(), 'db')
    {
      await using storage = await openSqlite(file, 'write')
      await storage.create('t')
      fill(file, new Random(), ['v'], true)
    }
    await using storage = await openSqlite(file, 'read')
    await checkOrder(storage, new Random(), {path: ['v'], descending: false})
    expect(indexesOf(file)).toEqual([])
  })
})

/** Reads the whole table page by page, from a random document on, and compares with a sort. */
async function checkOrder(storage: Storage, random: Random, order: Order): Promise<void> {
  const documents: Stored[] = [...(await storage.page('t', undefined, 100_000)).documents]
  const expected = documents
    .map(stored => ({stored, place: placeOf(order, stored.key, stored.text)}))
    .filter(one => one.place !== undefined)
    .sort((one, other) => comparePlaces(order, one.place as never, other.place as never))
    .map(({stored}) => stored)
  let start = random.chance(0.3) ? undefined : random.pick(expected)
  let at = start === undefined ? 0 : expected.indexOf(start) + 1
  for (let last = false; !last; ) {
    const limit = 1 + random.below(9)
    const page = await storage.ordered('t', order, start, limit)
    expect(page.documents).toEqual(expected.slice(at, at + page.documents.length))
    if (!page.last) expect(page.documents.length).toBeGreaterThan(0)
    at += page.documents.length
    start = page.documents.at(-1) ?? start
    last = page.last
  }
  expect(at).toBe(expected.length)
}

/** A table is worth an index from 10,000 rows on, which the greatest rowid stands for. */
function fill(file: string, random: Random, path: readonly string[], large: boolean): void {
  write(file, random, path, 120)
  using db = opened(file)
  if (large) db.exec(`INSERT INTO t (rowid, id, doc) VALUES (20000, 'last', '{"id":"last"}')`)
}

function write(file: string, random: Random, path: readonly string[], count: number): void {
  using db = opened(file)
  for (let index = 0; index < count; index++) db.exec(statement(random, path))
}

function statement(random: Random, path: readonly string[]): string {
  const id = random.pick([
    ...Array.from({length: 30}, (_, number) => String(number)),
    ...[
      '1.5',
      '2.25',
      `'a'`,
      `'b'`,
      `'é'`,
      `'😀'`,
      `CAST('true' AS BLOB)`,
      `CAST('[10]' AS BLOB)`,
      `CAST('[9,"a"]' AS BLOB)`,
    ],
  ])
  if (random.chance(0.15)) return `DELETE FROM t WHERE id = ${id}`
  return `INSERT INTO t (id, doc) VALUES (${id}, '${documentText(random, path).replaceAll("'", "''")}') ON CONFLICT DO UPDATE SET doc = excluded.doc`
}

/** JSON as other programs write it: with spaces, escapes, names that stand there twice, numbers spelled oddly. */
function documentText(random: Random, path: readonly string[]): string {
  const members: string[] = ['"x":{"v":1,"b":2}']
  const count = random.chance(0.1) ? 0 : random.chance(0.1) ? 2 : 1
  for (let index = 0; index < count; index++) {
    let text = value(random)
    for (const name of [...path].reverse()) {
      const spelled = random.chance(0.05) ? [...name].map(escaped).join('') : name
      const twice = random.chance(0.03) ? `,"${name}":${value(random)}` : ''
      text = `{"${spelled}"${random.pick(['', '', ' '])}:${text}${twice}}`
    }
    members.push(text.slice(1, -1))
  }
  return `{${members.join(random.pick([',', ', ']))}}`
}

function value(random: Random): string {
  const digits = (count: number) => Array.from({length: count}, () => random.below(10)).join('')
  switch (random.below(12)) {
    case 0:
      return random.pick(['null', 'true', 'false', '[]', '{}'])
    case 1:
      return String(random.below(5) - 2)
    case 2:
      return `${random.pick(['', '-'])}${random.below(3)}.${digits(1 + random.below(20))}`
    case 3:
      return `${random.pick(['', '-'])}0.30000000000000${digits(random.below(6))}0`
    case 4:
      return random.pick(['1e3', '1E-2', '1e400', '-1e400', '1.0', '1.50', '-0', '-0.0', '0.1', '0.10000000000000000'])
    case 5:
      return `${random.pick(['', '-'])}90071992547409${digits(1 + random.below(8))}`
    case 6:
      return `[${random.below(3)},"${digits(1)}"]`
    case 7:
      return `{"a":${random.below(3)}${random.chance(0.3) ? `,"b":${digits(1)}` : ''}}`.replace(':0', ':10')
    case 8:
      return `"${random.pick(['x', 'é', '😀', ''])}${random.pick(['', 'a', '~', '\\n', '\\u00e9', '\\ud83d\\ude00', '\\u0000'])}"`
    case 9:
      return `"${'y'.repeat(198 + random.below(4))}${random.pick(['', 'a', 'b', '~', '😀'])}"`
    default:
      return random.pick(['10', '20', '30', '"open"', '"done"', 'true'])
  }
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function indexesOf(file: string): unknown[] {
  using db = opened(file)
  return db
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'index' AND name LIKE '\\_litefeed%' ESCAPE '\\'`)
    .all()
}

function opened(file: string): Sqlite.Database & Disposable {
  const db = new Sqlite(file)
  return Object.assign(db, {[Symbol.dispose]: () => void db.close()})
}

/** A table that is large enough for an index. */
async function large(document: (id: number) => {id: unknown}): Promise<{storage: Storage; file: string}> {
  const file = join(await temporaryDirectory(), 'db')
  const storage = await openSqlite(file, 'write')
  await storage.create('t')
  await using store = await open(file)
  const documents = Array.from({length: 10_001}, (_, id) => document(id))
  await store.table('t').insert(documents, {durability: 'soft'})
  return {storage, file}
}
