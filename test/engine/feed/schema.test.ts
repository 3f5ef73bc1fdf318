// Tracked tables whose form changes under a feed: what is repaired, what is a gap, and that the log is true afterwards.
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import type {FeedEvent} from '../../../src/engine/feed/event.ts'
import type {FeedOptions} from '../../../src/engine/feed/options.ts'
import {openSqlite} from '../../../src/engine/storage/sqlite/sqlite.ts'
import type {Storage} from '../../../src/engine/storage/storage.ts'
import {Store} from '../../../src/engine/store.ts'
import {readLog, replay, stored, temporaryDirectory} from '../../support.ts'
import {write} from '../storage/sqlite/tracked/support.ts'

interface Application extends AsyncDisposable {
  readonly file: string
  readonly store: Store
  readonly storage: Storage
  sql(...statements: readonly string[]): void
}

/** A table that an application has made; it is tracked, and then filled. */
async function application(create: readonly string[], ...fill: readonly string[]): Promise<Application> {
  const file = join(await temporaryDirectory(), 'test.db')
  write(file, ...create)
  const storage = await openSqlite(file, 'write')
  const store = new Store(storage)
  await store.track('t')
  write(file, ...fill)
  return {
    file,
    store,
    storage,
    sql: (...statements) => write(file, ...statements),
    [Symbol.asyncDispose]: () => store.close(),
  }
}

/** What a feed tells that begins at the end of the log, while something is done to the table, up to its new end. */
async function told({store, storage}: Application, work: () => void, options: FeedOptions = {}): Promise<FeedEvent[]> {
  const events: FeedEvent[] = []
  let done = false
  for await (const event of store.changes({tables: ['t'], heartbeat: 20, ...options})) {
    if (event.type === 'heartbeat') {
      if (done && event.seq === (await storage.bounds()).newest) break
      if (!done) work()
      done = true
    } else events.push(event)
  }
  return events
}

/** That the log leads to what is stored, each change from the one before it, and that nothing is left to be repaired. */
async function expectTrue({storage, store}: Application): Promise<void> {
  expect(replay(await readLog(storage))).toEqual(await stored(storage))
  expect((await store.tables()).map(({health}) => health)).toEqual(['ok'])
}

const table = ['CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, b)']
const rows = `INSERT INTO t VALUES (1, 'a', 1), (2, 'b', x'ff'), (3, 'c', 1.5)`
const raise = `CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT RAISE(IGNORE); END`

const repaired: readonly [what: string, sql: readonly string[], lists: readonly [added: string[], gone: string[]][]][] =
  [
    ['a column more, and what is written to it', ['ALTER TABLE t ADD c', 'UPDATE t SET c = id'], [[['c'], []]]],
    [
      'a column more with a default',
      [`ALTER TABLE t ADD c DEFAULT '"\u00e9'`, 'DELETE FROM t WHERE id = 1'],
      [[['c'], []]],
    ],
    ['a generated column', ['ALTER TABLE t ADD c AS (id * 2)', 'UPDATE t SET b = 0'], [[['c'], []]]],
    [
      'a unique column of another name, and rows that it replaces',
      ['ALTER TABLE t RENAME a TO "x y"', `REPLACE INTO t VALUES (9, 'b', 0)`],
      [[['x y'], ['a']]],
    ],
    ['the key by another name', ['ALTER TABLE t RENAME id TO nr', 'DELETE FROM t WHERE nr = 1'], [[['nr'], ['id']]]],
    ['a column of the same name in another case', ['ALTER TABLE t RENAME b TO "B"'], [[['B'], ['b']]]],
    ['a unique index more, and no write', ['CREATE UNIQUE INDEX u ON t (b)'], []],
    ['an index less', ['CREATE UNIQUE INDEX u ON t (b)', 'DROP INDEX u', 'UPDATE t SET b = 0'], []],
  ]

describe('without a gap there is', () => {
  test.each(repaired)('%s', async (_what, sql, lists) => {
    await using app = await application(table, rows)
    const events = await told(app, () => app.sql(...sql))
    const schema = events.filter(event => event.type === 'schema')
    expect(schema.map(({added, gone}) => [added, gone])).toEqual(lists)
    await expectTrue(app)
    app.sql(`INSERT INTO t (b) VALUES ('z')`, `UPDATE t SET b = NULL`)
    await expectTrue(app)
  })
})

test.each<[string, FeedOptions, number]>([
  ['a set over it', {where: 'c = 1'}, 1],
  ['a window in its order', {orderBy: 'c', limit: 5}, 1],
  ['a set over another', {where: 'a = "x"'}, 0],
  ['all', {}, 0],
])('a column more has a default that is not told: a feed of %s warns when it has to', async (_, options, count) => {
  await using app = await application(table, rows)
  const warnings: string[] = []
  let isAltered = false
  for await (const batch of app.store.changes({tables: ['t'], heartbeat: 20, ...options}).batches()) {
    warnings.push(...batch.warnings)
    if (Buffer.from(batch.lines).includes('"schema"')) break
    if (!isAltered) app.sql('ALTER TABLE t ADD c DEFAULT 1')
    isAltered = true
  }
  expect(warnings).toEqual(
    Array(count).fill('the feed may miss rows of "t", whose column "c" is new: begin it anew to have them'),
  )
})

const gaps: readonly [what: string, sql: readonly string[], reason: RegExp][] = [
  ['a trigger less', ['DROP TRIGGER _litefeed_t_after_update', 'UPDATE t SET b = 7'], /not all that records it/],
  ['no stash', ['DROP TABLE _litefeed_stash_t'], /not all that records it/],
  ['the table anew', ['DROP TABLE t', ...table, rows, 'DELETE FROM t WHERE id = 2'], /not all that records it/],
  ['the table gone', ['DROP TABLE t'], /the table is gone/],
  [
    'the table with another key',
    [
      'CREATE TABLE u AS SELECT * FROM t',
      'DROP TABLE t',
      'ALTER TABLE u RENAME TO t',
      `INSERT INTO t VALUES (8, 8, 8)`,
    ],
    /its key has changed/,
  ],
  [
    'a unique index more, and rows that were replaced for its sake',
    ['CREATE UNIQUE INDEX u ON t (b)', 'REPLACE INTO t VALUES (7, 7, 1)'],
    /its unique keys have changed/,
  ],
  ['a trigger that keeps those of litefeed from firing', [raise, `INSERT INTO t VALUES (5, 5, 5)`], /wrong place: r/],
]

describe('a gap is', () => {
  test.each(gaps)('%s: it ends a feed, stays to be seen, and resync makes it good', async (_what, sql, reason) => {
    await using app = await application(table, rows)
    const lost = {code: 'HISTORY_LOST', message: expect.stringMatching(reason), hint: expect.stringMatching('onGap')}
    await expect(told(app, () => app.sql(...sql))).rejects.toMatchObject(lost)
    await expect(told(app, () => {})).rejects.toMatchObject(lost)
    await expect(told(app, () => {}, {tables: undefined, since: 0, follow: false})).rejects.toMatchObject(lost)
    const events = await told(app, () => {}, {onGap: 'resync', since: 3})
    expect(events.filter(({type}) => type === 'schema')).toHaveLength(1)
    expect(replay(await readLog(app.storage))).toEqual(await rowsOf(app))
  })

  test('made good by track', async () => {
    await using app = await application(table, rows)
    app.sql('DROP TABLE t', ...table, `INSERT INTO t VALUES (1, 'a', 1), (2, 'z', 2), (4, 'd', 4)`)
    expect(await app.store.track('t')).toEqual({added: 1, changed: 1, removed: 1})
    await expectTrue(app)
    expect(await app.store.track('t')).toEqual({added: 0, changed: 0, removed: 0})
  })

  test('not made good by anything when the table has another name: the error says that name', async () => {
    await using app = await application(table, rows)
    const events = told(app, () => app.sql('ALTER TABLE t RENAME TO other'), {onGap: 'resync'})
    await expect(events).rejects.toMatchObject({
      code: 'HISTORY_LOST',
      message: expect.stringMatching('is called other now'),
    })
  })
})

describe('the form changes', () => {
  const shapes = [
    'CREATE TABLE t (k TEXT COLLATE NOCASE, n, v, PRIMARY KEY (k, n)) WITHOUT ROWID',
    'CREATE TABLE t (k TEXT PRIMARY KEY, n, v)',
    'CREATE TABLE t (k, n, v)',
    'CREATE TABLE "t" (k, n, v, p REFERENCES t (k) ON DELETE SET NULL, UNIQUE (k))',
  ]
  test.each(shapes)('of %s', async create => {
    await using app = await application(
      [create],
      `INSERT INTO t (k, n, v) VALUES ('a', 1, NULL), ('b', 2, x'00'), ('C', 3, 9e999)`,
    )
    const feed = told(app, () =>
      app.sql(`ALTER TABLE t ADD w DEFAULT 'w'`, 'ALTER TABLE t RENAME v TO x', `UPDATE t SET w = NULL WHERE n = 2`),
    )
    expect((await feed).filter(({type}) => type === 'schema').length).toBeGreaterThan(0)
    await expectTrue(app)
    const seen = await app.store.migrate('t', async () => app.sql('ALTER TABLE t DROP x', `DELETE FROM t WHERE n = 1`))
    expect(seen).toMatchObject({table: 't', added: 0, changed: 2, removed: 1})
    await expectTrue(app)
  })

  test('of a column of JSON that is renamed: it stays JSON', async () => {
    await using app = await application(table)
    await app.store.track('t', {json: ['b']})
    app.sql(`INSERT INTO t VALUES (1, 1, '{"x":1}')`)
    await told(app, () => app.sql('ALTER TABLE t RENAME b TO c', `INSERT INTO t VALUES (2, 2, '[2]')`))
    const log = await readLog(app.storage)
    expect(log.at(-1)?.new_val).toBe('{"id":2,"a":2,"c":[2]}')
    await expectTrue(app)
  })

  test.each<FeedOptions>([
    {where: 'id > 1'},
    {pluck: ['id', 'c']},
    {squash: 0},
    {squash: 30},
    {orderBy: 'id:desc', limit: 2, includeInitial: true},
  ])('under a feed with %j, which tells it once and shows the new column', async options => {
    await using app = await application(table, rows)
    const events = await told(
      app,
      () => app.sql('ALTER TABLE t ADD c DEFAULT 5', 'UPDATE t SET c = 6 WHERE id = 3'),
      options,
    )
    expect(events.filter(({type}) => type === 'schema')).toMatchObject([{added: ['c'], gone: []}])
    expect(events.flatMap(event => ('new_val' in event && event.new_val?.c === 6 ? [event.key] : []))).toEqual([3])
    await expectTrue(app)
  })

  test('where the work of a migration throws: the error is thrown, and what it did is recorded', async () => {
    await using app = await application(table, rows)
    const work = async () => {
      app.sql('DELETE FROM t WHERE id = 1')
      throw new Error('no more')
    }
    await expect(app.store.migrate('t', work)).rejects.toThrow('no more')
    expect((await readLog(app.storage)).at(-1)).toMatchObject({key: '1', new_val: null})
    await expectTrue(app)
  })

  test('beyond the end of a feed, which ends where it was to end', async () => {
    await using app = await application(table, rows)
    app.sql('ALTER TABLE t ADD c')
    const events: FeedEvent[] = []
    for await (const event of app.store.changes({since: 0, until: 2})) events.push(event)
    expect(events.map(({seq}) => seq)).toEqual([1, 2])
  })
})

/** What is in the table, also when it is gone. */
async function rowsOf({storage}: Application): Promise<Map<string, string>> {
  try {
    return await stored(storage)
  } catch {
    return new Map()
  }
}
