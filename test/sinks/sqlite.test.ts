import {once} from 'node:events'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import {describe, expect, test} from 'vitest'
import {
  databaseWith,
  documents,
  type Line,
  library,
  litefeed,
  log,
  ndjson,
  newDirectory,
  query,
  start,
  write,
} from '../e2e/support.ts'
import {Random, rounds} from '../support.ts'

/** Delivers what there is. */
function pipe(db: string, to: string, ...args: string[]) {
  return litefeed(['pipe', '--to', `sqlite:${to}`, '--no-follow', ...args], {db})
}

function other(): string {
  return join(newDirectory(), 'copy.db')
}

function run(db: string, sql: string): void {
  const connection = new Sqlite(db)
  try {
    connection.exec(sql)
  } finally {
    connection.close()
  }
}

describe('how far a copy is', () => {
  const two = () => databaseWith({o: [{id: 1}, {id: 2}], p: [{id: 5}, {id: 6}]})

  test('counts for one target, and not for another one in the same file', async () => {
    const db = await two()
    const copy = other()
    for (const target of ['o', 'second', 'third']) {
      const to = target === 'o' ? copy : `${copy}?table=${target}`
      expect(await pipe(db, to, 'o', '--since', 'beginning')).toMatchObject({status: 0, stderr: ''})
      expect(documents(copy, target)).toEqual(documents(db, 'o'))
    }
  })

  test('is known after the last table of the copy is tracked no longer', async () => {
    const db = await two()
    const copy = other()
    run(copy, 'CREATE TABLE o (id INTEGER PRIMARY KEY)')
    expect(await pipe(db, copy, 'o', '--since', 'beginning')).toMatchObject({status: 0, stderr: ''})
    const places = () => query(copy, 'SELECT stream, seq FROM _litefeed_replica')
    const before = places()
    await library(copy, store => store.track('o'))
    await library(copy, store => store.untrack('o'))
    expect(places()).toEqual(before)
    expect(before).toHaveLength(1)
  })

  test('is a table for each of several, which have the same keys', async () => {
    const db = await two()
    for (const tables of [[], ['o', 'p']])
      expect(await pipe(db, `${other()}?table=all`, ...tables)).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('?table=all is for the documents of one table'),
      })
  })

  test('is forgotten with the consumer, but not when that is put back: then it has what comes again', async () => {
    const db = await two()
    const copy = other()
    expect(await pipe(db, copy, 'p', '--as', 'm', '--since', 'beginning')).toMatchObject({status: 0, stderr: ''})
    const before = await log(copy)
    await library(db, store => store.resetConsumer('m', 'beginning'))
    expect(await pipe(db, copy, 'p', '--as', 'm')).toMatchObject({
      status: 0,
      stderr: `warning: sqlite:${copy} has everything up to 4, and is not given it again\n`,
    })
    expect(await log(copy)).toEqual(before)
    await library(db, store => store.deleteConsumer('m'))
    expect(await pipe(db, copy, 'o', '--as', 'm', '--since', 'beginning')).toMatchObject({status: 0, stderr: ''})
    expect(documents(copy, 'o')).toEqual(documents(db, 'o'))
    await library(db, store => store.resetConsumer('m', 'now'))
    await write(db, 'o', t => t.insert({id: 3}))
    expect(await pipe(db, copy, 'o', '--as', 'm')).toMatchObject({status: 0, stderr: ''})
    expect(documents(copy, 'o')).toEqual(documents(db, 'o'))
  })
})

describe('another litefeed file', () => {
  test('holds what this one does, and then what becomes of it', async () => {
    const db = await databaseWith({users: [{id: 1, n: 1}, {id: 'b'}, {id: [1, true], big: 1}], games: [{id: 1}]})
    const copy = other()
    expect(await pipe(db, copy, '--as', 'copy', '--include-initial')).toMatchObject({status: 0, stdout: '', stderr: ''})
    for (const table of ['users', 'games']) expect(documents(copy, table)).toEqual(documents(db, table))
    await write(db, 'users', t => t.update(1, {n: 2}))
    await write(db, 'users', t => t.delete('b'))
    await litefeed(['insert', 'users'], {db, input: '{"id":7,"big":12345678901234567890}\n'})
    expect(await pipe(db, copy, '--as', 'copy')).toMatchObject({status: 0, stderr: ''})
    for (const table of ['users', 'games']) expect(documents(copy, table)).toEqual(documents(db, table))
    expect(query(copy, 'SELECT doc FROM users WHERE id = 7')).toEqual([['{"id":7,"big":12345678901234567890}']])
    // The copy has a log of its own: nothing is written there twice.
    const before = await log(copy)
    await pipe(db, copy, '--as', 'copy')
    await library(db, store => store.resetConsumer('copy', 'beginning'))
    await pipe(db, copy, '--as', 'copy')
    expect(await log(copy)).toEqual(before)
  })

  test('keeps the position itself, also without --as, for each feed by itself', async () => {
    const db = await databaseWith({users: [{id: 1}], games: [{id: 1}]})
    const copy = other()
    await pipe(db, copy, 'users', '--since', 'beginning')
    await pipe(db, copy, 'games', '--since', 'beginning')
    expect(documents(copy, 'games')).toEqual([{id: 1}])
    await write(db, 'users', t => t.insert({id: 2}))
    await pipe(db, copy, 'users')
    expect(documents(copy, 'users')).toEqual([{id: 1}, {id: 2}])
  })

  test('cannot be the file that the changes come from', async () => {
    const db = await databaseWith({users: [{id: 1}]})
    const {status, stderr} = await pipe(db, db)
    expect(status).toBe(2)
    expect(stderr).toContain('has to go elsewhere')
  })

  test('a set is what is copied, and a document that leaves it goes', async () => {
    const db = await databaseWith({
      users: [
        {id: 1, age: 20},
        {id: 2, age: 10},
      ],
    })
    const copy = other()
    const adults = ['users', '--where', 'age >= 18', '--pluck', 'id,age', '--as', 'adults']
    await pipe(db, copy, ...adults, '--include-initial')
    await write(db, 'users', t => t.update(2, {age: 18, x: 1}))
    await write(db, 'users', t => t.update(1, {age: 17}))
    await pipe(db, copy, ...adults)
    expect(documents(copy, 'users')).toEqual([{id: 2, age: 18}])
  })
})

describe('an SQL table', () => {
  test('has a column for each field, by the primary key', async () => {
    const db = await databaseWith({orders: [{id: 1, total: 9.5, paid: true, lines: [{sku: 'a'}], other: 1}, {id: 2}]})
    const copy = other()
    run(
      copy,
      `CREATE TABLE orders_copy (id INTEGER PRIMARY KEY, total REAL NOT NULL DEFAULT 0, paid, lines, "odd name" TEXT, own TEXT AS (id || '!'))`,
    )
    const to = `${copy}?table={table}_copy`
    expect(await pipe(db, to, '--since', 'beginning')).toMatchObject({status: 0, stderr: ''})
    await write(db, 'orders', t => t.update(2, {'odd name': 'x'}))
    await write(db, 'orders', t => t.delete(1))
    await pipe(db, to)
    expect(query(copy, 'SELECT * FROM orders_copy')).toEqual([[2, 0, null, null, 'x', '2!']])
    // Nothing else of litefeed comes into the file of an application.
    expect(query(copy, `SELECT name FROM sqlite_schema WHERE name LIKE '\\_litefeed%' ESCAPE '\\'`)).toEqual([
      ['_litefeed_replica'],
    ])
  })

  test('takes the rows of a tracked one as they were, blobs, infinities, NULs and composite keys included', async () => {
    const db = join(newDirectory(), 'app.db')
    const copy = other()
    const table = 'CREATE TABLE t (a INTEGER, b TEXT, v, PRIMARY KEY (b, a))'
    run(db, table)
    run(copy, table)
    await library(db, store => store.track('t'))
    run(
      db,
      `INSERT INTO t VALUES (1, 'x', x'00ff'), (2, 'y', 9e999), (3, 'z', 9007199254740993), (4, 'q', NULL),
      (6, 'n' || char(0) || 'ul', 'a' || char(0))`,
    )
    run(db, `UPDATE t SET a = 5 WHERE a = 4; DELETE FROM t WHERE a = 2`)
    expect(await pipe(db, copy, '--since', 'beginning')).toMatchObject({status: 0, stderr: ''})
    const rows = 'SELECT a, b, typeof(v), quote(v) FROM t ORDER BY a'
    expect(query(copy, rows)).toEqual(query(db, rows))
  })

  test('a row that it refuses is poison', async () => {
    const db = await databaseWith({
      t: [
        {id: 1, v: 1},
        {id: 2, v: -1},
        {id: 3, v: 3},
      ],
    })
    const copy = other()
    run(copy, 'CREATE TABLE t (id INTEGER PRIMARY KEY, v CHECK (v > 0))')
    const stopped = await pipe(db, copy, '--since', 'beginning')
    expect(stopped.status).toBe(1)
    expect(stopped.stderr).toMatch(/refused seq 2: CHECK constraint failed/)
    expect(query(copy, 'SELECT id FROM t')).toEqual([[1]])
    const dlq = join(newDirectory(), 'dead.ndjson')
    expect(await pipe(db, copy, '--on-poison', 'dlq', '--dlq', dlq)).toMatchObject({status: 0})
    expect(query(copy, 'SELECT id FROM t')).toEqual([[1], [3]])
  })

  test('whose trigger rolls the transaction back ends the pipe, and nothing is lost', async () => {
    const db = await databaseWith({t: [{id: 1}, {id: 2}, {id: 3}]})
    const copy = other()
    run(
      copy,
      `CREATE TABLE t (id INTEGER PRIMARY KEY);
        CREATE TRIGGER stop BEFORE INSERT ON t WHEN new.id = 3 BEGIN SELECT RAISE(ROLLBACK, 'no more'); END`,
    )
    expect(await pipe(db, copy, '--since', 'beginning')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('rolls all back: no more'),
    })
    run(copy, 'DROP TRIGGER stop')
    expect(await pipe(db, copy, '--since', 'beginning')).toMatchObject({status: 0, stderr: ''})
    expect(query(copy, 'SELECT id FROM t')).toEqual([[1], [2], [3]])
  })

  test('that has got a part of what was there may keep what is gone since, which a name would tell', async () => {
    const db = await databaseWith({t: [{id: 1}, {id: 2}, {id: 3}]})
    const copies = [['--as', 'named'], []].map(name => ({copy: other(), name}))
    for (const {copy, name} of copies) {
      run(
        copy,
        `CREATE TABLE t (id INTEGER PRIMARY KEY);
          CREATE TRIGGER stop BEFORE INSERT ON t WHEN new.id = 3 BEGIN SELECT RAISE(ABORT, 'no'); END`,
      )
      expect(await pipe(db, copy, '--include-initial', ...name)).toMatchObject({status: 1})
      expect(query(copy, 'SELECT id FROM t')).toEqual([[1], [2]])
    }
    await write(db, 't', t => t.delete(1))
    const told = []
    for (const {copy, name} of copies) {
      run(copy, 'DROP TRIGGER stop')
      const {status, stderr} = await pipe(db, copy, '--include-initial', ...name)
      expect(status).toBe(0)
      told.push([query(copy, 'SELECT id FROM t'), stderr.replace(copy, 'COPY')])
    }
    const warning = 'has an initial part already, and is not told what is gone since: --as keeps where one began'
    expect(told).toEqual([
      [[[2], [3]], ''],
      [[[1], [2], [3]], `warning: sqlite:COPY ${warning}\n`],
    ])
    // An initial part that was told to its end is not told again.
    for (const {copy, name} of copies)
      expect(await pipe(db, copy, '--include-initial', ...name)).toMatchObject({status: 0, stderr: ''})
  })

  test('without a primary key is refused by name', async () => {
    const db = await databaseWith({t: [{id: 1}]})
    const copy = other()
    run(copy, 'CREATE TABLE t (id INTEGER)')
    const {status, stderr} = await pipe(db, copy, '--since', 'beginning')
    expect(status).toBe(2)
    expect(stderr).toContain('has no primary key')
  })
})

describe('the rows of tracked tables', () => {
  /** A source and a copy with these tables, which are tracked in the source, and how to bring the copy up to date. */
  async function tracked(sql: string, ...tables: string[]) {
    const db = join(newDirectory(), 'app.db')
    const copy = other()
    for (const file of [db, copy]) run(file, sql)
    await library(db, async store => {
      for (const table of tables) await store.track(table)
    })
    const rows = (file: string) => tables.map(table => query(file, `SELECT * FROM "${table}" ORDER BY 1, 2, 3`))
    return {
      db,
      copy,
      sync: (...args: string[]) => pipe(db, copy, '--as', 'copy', ...args),
      expectEqual: () => expect(rows(copy)).toEqual(rows(db)),
    }
  }

  test('obey the foreign keys of the source, and not again those of the copy', async () => {
    // The child comes before its parent, in the order of names and in the initial part.
    const sql = `CREATE TABLE parent (id INTEGER PRIMARY KEY, v, w);
      CREATE TABLE child (id INTEGER PRIMARY KEY, parent INT REFERENCES parent (id) ON DELETE CASCADE, v)`
    const {db, sync, expectEqual} = await tracked(sql, 'child', 'parent')
    run(db, 'INSERT INTO parent VALUES (1, 1, 1), (2, 1, 1); INSERT INTO child VALUES (10, 1, 1), (20, 2, 1)')
    expect(await sync('--include-initial')).toMatchObject({status: 0, stderr: ''})
    expectEqual()
    run(db, 'PRAGMA foreign_keys = OFF; DELETE FROM parent WHERE id = 1; INSERT INTO parent VALUES (1, 7, 7)')
    run(db, 'PRAGMA foreign_keys = ON; DELETE FROM parent WHERE id = 2')
    expect(await sync()).toMatchObject({status: 0, stderr: ''})
    expectEqual()
  })

  test('that have NULL in their key are refused, since none could be found by it', async () => {
    const sql = 'CREATE TABLE t (a TEXT, b INT, v, PRIMARY KEY (a, b)); CREATE TABLE k (k TEXT PRIMARY KEY, v, w)'
    const {db, copy, sync} = await tracked(sql, 't', 'k')
    run(db, `INSERT INTO t VALUES ('x', 1, 1), ('x', NULL, 1); INSERT INTO k VALUES (NULL, 1, 1), ('x', 1, 1)`)
    expect(await sync('--include-initial', '--on-poison', 'skip')).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('its key holds NULL'),
    })
    run(db, `UPDATE t SET v = 2; UPDATE k SET v = 2; DELETE FROM t WHERE b IS NULL; INSERT INTO t VALUES (NULL, 1, 1)`)
    expect(await sync()).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/refused seq \d+: its key holds NULL/),
    })
    expect(await sync('--on-poison', 'skip')).toMatchObject({status: 0})
    expect(query(copy, 'SELECT * FROM t')).toEqual([['x', 1, 2]])
    expect(query(copy, 'SELECT * FROM k')).toEqual([['x', 2, 1]])
  })

  describe('whose changes are merged find the values free that others have had', () => {
    // What the clause did in the source is in its log.
    const sql = 'CREATE TABLE o (id INTEGER PRIMARY KEY, u TEXT UNIQUE ON CONFLICT IGNORE, v)'
    const before = `INSERT INTO o VALUES (1, 'a', 1), (2, 'b', 1), (3, 'c', 1)`

    test.each([
      [
        'one that is gone',
        `UPDATE o SET v = 2 WHERE id = 2; DELETE FROM o WHERE id = 1; UPDATE o SET u = 'a' WHERE id = 2`,
      ],
      [
        'one that has another since',
        `UPDATE o SET v = 2 WHERE id = 2; UPDATE o SET u = 'z' WHERE id = 1; UPDATE o SET u = 'a' WHERE id = 2`,
      ],
      [
        'one that has another since, to a new row',
        `INSERT INTO o VALUES (5, 'x', 1); UPDATE o SET u = 'z' WHERE id = 1; UPDATE o SET u = 'a' WHERE id = 5`,
      ],
      [
        'each other',
        `UPDATE o SET u = 'z' WHERE id = 1; UPDATE o SET u = 'a' WHERE id = 2; UPDATE o SET u = 'b' WHERE id = 3;
          UPDATE o SET u = 'c' WHERE id = 1`,
      ],
    ])('%s', async (_, changes) => {
      const {db, sync, expectEqual} = await tracked(sql, 'o')
      run(db, before)
      await sync('--include-initial')
      run(db, `INSERT INTO o VALUES (0, 'new', 1); ${changes}; INSERT INTO o VALUES (9, 'newer', 1)`)
      expect(await sync('--squash', '0')).toMatchObject({status: 0, stderr: ''})
      expectEqual()
    })

    test('unless the copy refuses more than the source', async () => {
      const {db, copy, sync} = await tracked('CREATE TABLE o (id INTEGER PRIMARY KEY, u TEXT, v CHECK (v > 0))', 'o')
      run(copy, 'CREATE UNIQUE INDEX one ON o (u)')
      run(db, before)
      await sync('--include-initial')
      run(db, `UPDATE o SET u = 'b' WHERE id = 1; UPDATE o SET v = 2`)
      expect(await sync('--squash', '0')).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/refused seq \d+: UNIQUE constraint failed: o\.u\n/),
      })
      expect(query(copy, 'SELECT * FROM o')).toEqual([
        [1, 'a', 1],
        [2, 'b', 1],
        [3, 'c', 1],
      ])
      expect(await sync('--squash', '0', '--on-poison', 'skip')).toMatchObject({status: 0})
      expect(query(copy, 'SELECT * FROM o')).toEqual([
        [1, 'a', 1],
        [2, 'b', 2],
        [3, 'c', 2],
      ])
    })
  })
})

test('killed at any moment, each change has its effect once', async () => {
  const random = new Random()
  const db = await databaseWith({counts: [{id: 'x', n: 0}]})
  const copy = other()
  const writer = start(['update', 'counts', '-'], {db})
  const writing = (async () => {
    for (let n = 1; n <= 3000; n++) {
      const line: Line = {id: n % 3 === 0 ? 'x' : n % 7, n}
      if (!writer.stdin?.write(ndjson([line]))) await once(writer.stdin as NonNullable<typeof writer.stdin>, 'drain')
    }
    writer.stdin?.end()
  })()
  writer.stdout?.resume()
  await litefeed(['insert', 'counts'], {db, input: ndjson(Array.from({length: 7}, (_, id) => ({id, n: 0})))})
  for (let kill = 0; kill < rounds(8); kill++) {
    const child = start(['pipe', '--to', `sqlite:${copy}`, '--as', 'copy', '--since', 'beginning'], {db})
    await sleep(60 + random.below(200))
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  await writing
  if (writer.exitCode === null) await once(writer, 'close')
  const end = await pipe(db, copy, '--as', 'copy', '--since', 'beginning')
  expect(end).toMatchObject({status: 0, stderr: ''})
  const plain = (events: Line[]) => events.map(({key, type, old_val, new_val}) => ({key, type, old_val, new_val}))
  // The log of the copy is that of the source: nothing missing, nothing twice, nothing out of order.
  expect(plain(await log(copy))).toEqual(plain(await log(db)))
})
