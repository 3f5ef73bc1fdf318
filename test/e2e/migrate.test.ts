// Changes of the form of a tracked table, made by the application with the sqlite3 shell while feeds follow.
import {execFileSync, spawnSync} from 'node:child_process'
import {existsSync} from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import {describe, expect, test} from 'vitest'
import {collect, finished, type Line, library, list, litefeed, log, newDatabase, start, tail} from './support.ts'

/** A tracked table of 20 rows, all of them written since. */
async function orders(): Promise<string> {
  const db = newDatabase()
  shell(db, 'CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT UNIQUE, note)')
  await library(db, store => store.track('orders'))
  shell(
    db,
    `INSERT INTO orders SELECT value, 'item ' || value, 'note' FROM generate_series(1, 20)`,
    'DELETE FROM orders WHERE id = 20',
  )
  return db
}

/** What the application does, each time in a process of its own. */
function shell(db: string, ...sql: readonly string[]): void {
  for (const statement of sql) execFileSync('sqlite3', ['-cmd', '.timeout 5000', db, statement])
}

/** Checks that the log leads to what the table holds, each change from the one before, and returns that. */
async function expectTrue(db: string, table = 'orders'): Promise<Line[]> {
  const rows = new Map<string, string>()
  for (const {key, old_val, new_val} of (await log(db, table)).filter(line => line.type !== 'schema')) {
    const place = JSON.stringify(key)
    expect(JSON.stringify(old_val)).toBe(rows.get(place) ?? 'null')
    if (new_val === null) rows.delete(place)
    else rows.set(place, JSON.stringify(new_val))
  }
  const stored = await list(db, table)
  expect([...rows.values()].sort()).toEqual(stored.map(row => JSON.stringify(row)).sort())
  const tables = await library(db, store => store.tables())
  expect(tables.find(({name}) => name === table)).toMatchObject({health: 'ok'})
  return stored
}

describe('a feed goes on', () => {
  test('when a column is added, and tells it before the first change that has it', async () => {
    const db = await orders()
    await using feed = closing(await tail(['orders'], {db}))
    shell(db, 'ALTER TABLE orders ADD COLUMN price DEFAULT 1', 'UPDATE orders SET price = 2 WHERE id = 1')
    const [schema, ...changes] = await feed.take(20)
    expect(schema).toEqual({type: 'schema', seq: 21, table: 'orders', added: ['price'], gone: []})
    expect(changes.map(({type}) => type)).toEqual(Array(19).fill('change'))
    expect(changes[0].new_val.price).toBe(2)
    await expectTrue(db)
  })

  test('when a column is added and written in one go, also with rows that the log does not know', async () => {
    const db = newDatabase()
    shell(
      db,
      'CREATE TABLE orders (id INTEGER PRIMARY KEY, item)',
      `INSERT INTO orders VALUES (1, 'a'), (2, 'b'), (3, 'c')`,
    )
    await library(db, store => store.track('orders'))
    shell(db, `UPDATE orders SET item = 'cc' WHERE id = 3`)
    await using feed = closing(await tail(['orders'], {db}))
    shell(
      db,
      `BEGIN; ALTER TABLE orders ADD COLUMN price TEXT DEFAULT 5; ALTER TABLE orders ADD COLUMN note;
        UPDATE orders SET price = 6 WHERE id <> 2; COMMIT`,
    )
    const [schema, ...changes] = await feed.take(3)
    expect(schema).toMatchObject({type: 'schema', added: ['price', 'note']})
    expect(changes.map(({type, old_val, new_val}) => [type, old_val, new_val])).toEqual([
      ['change', {id: 3, item: 'cc'}, {id: 3, item: 'cc', price: '6', note: null}],
      ['change', {id: 1, item: 'a'}, {id: 1, item: 'a', price: '6', note: null}],
    ])
    const doctor = await litefeed(['doctor'], {db})
    expect(doctor.lines.filter(({status}) => status !== 'ok')).toEqual([])
  })

  test('when a column is renamed, also one that is unique, while the application writes', async () => {
    const db = await orders()
    await using feed = closing(await tail(['orders'], {db}))
    shell(
      db,
      'ALTER TABLE orders RENAME COLUMN item TO name',
      `INSERT OR REPLACE INTO orders VALUES (30, 'item 3', 'x')`,
    )
    const schema = (await feed.until(line => line.type === 'schema')).at(-1)
    expect(schema).toMatchObject({table: 'orders', added: ['name'], gone: ['item']})
    expect(await expectTrue(db)).toHaveLength(19)
  })

  test('two at once, each telling it once', async () => {
    const db = await orders()
    await using one = closing(await tail(['orders'], {db}))
    await using other = closing(await tail(['--where', 'id < 3', '--heartbeat', '100ms'], {db}))
    shell(db, 'ALTER TABLE orders ADD COLUMN price', 'ALTER TABLE orders ADD COLUMN tax')
    const told = (lines: Line[]) => lines.filter(({type}) => type === 'schema').flatMap(({added}) => added)
    const seen: Line[][] = []
    for (const feed of [one, other]) {
      const lines: Line[] = []
      do lines.push(await feed.next())
      while (told(lines).length < 2)
      seen.push(lines)
    }
    expect(seen.map(told)).toEqual([
      ['price', 'tax'],
      ['price', 'tax'],
    ])
    await expectTrue(db)
  })

  test('when a trigger of the application comes to fire before those of litefeed', async () => {
    const db = await orders()
    await using feed = closing(await tail(['orders'], {db}))
    shell(
      db,
      `CREATE TRIGGER touch AFTER UPDATE OF item ON orders BEGIN UPDATE orders SET note = 'touched' WHERE id = new.id; END`,
      `UPDATE orders SET item = 'other' WHERE id = 1`,
    )
    // What was written before the feed looked is out of order: the change made by the trigger, its cause, and what is so.
    const touched = await feed.take(3)
    expect(touched.at(-1).new_val).toEqual({id: 1, item: 'other', note: 'touched'})
    shell(db, `UPDATE orders SET item = 'another' WHERE id = 2`)
    const [cause, change] = await feed.take(2)
    expect([cause.new_val.note, change.new_val.note]).toEqual(['note', 'touched'])
    expect(change.old_val).toEqual(cause.new_val)
    expect((await litefeed(['tables'], {db})).result.health).toBe('ok')
  })

  test('--filter and --map leave a line of type schema alone', async () => {
    const db = await orders()
    await using feed = closing(await tail(['--filter', 'false', '--map', '1'], {db}))
    shell(db, 'ALTER TABLE orders ADD COLUMN price')
    expect(await feed.next()).toMatchObject({type: 'schema', added: ['price']})
  })
})

const rebuild = `BEGIN; CREATE TABLE anew (id INTEGER PRIMARY KEY, item TEXT UNIQUE, price DEFAULT 5);
  INSERT INTO anew (id, item) SELECT id, item FROM orders; DROP TABLE orders; ALTER TABLE anew RENAME TO orders; COMMIT;
  INSERT INTO orders VALUES (40, 'new', 1); DELETE FROM orders WHERE id = 1; UPDATE orders SET id = 41 WHERE id = 2`

test('a column whose default is a word, or a string in double quotes, as SQLite of the application takes them', async () => {
  const db = await orders()
  await using feed = closing(await tail(['orders'], {db}))
  shell(
    db,
    'ALTER TABLE orders ADD COLUMN state TEXT DEFAULT "new"',
    'ALTER TABLE orders ADD COLUMN size DEFAULT small',
  )
  shell(db, `UPDATE orders SET state = 'old' WHERE id = 3`)
  const change = await feed.until(({new_val}) => new_val?.state === 'old')
  expect(change.at(-1)).toMatchObject({key: 3, new_val: {state: 'old', size: 'small'}})
})

test('a feed does not go on in another log, where the last table was untracked and tracked again', async () => {
  const db = newDatabase()
  shell(db, 'CREATE TABLE t (id INTEGER PRIMARY KEY, a)')
  await library(db, store => store.track('t'))
  shell(db, 'INSERT INTO t VALUES (1, 1), (2, 1)')
  const feed = await tail(['t'], {db})
  feed.child.kill('SIGSTOP')
  await library(db, async store => {
    await store.untrack('t')
  })
  await library(db, store => store.track('t'))
  shell(db, 'INSERT INTO t VALUES (3, 1), (4, 1), (5, 1)')
  feed.child.kill('SIGCONT')
  expect(await feed.rest()).toEqual([])
  expect(await feed.ended()).toMatchObject({status: 3})
  expect(feed.stderr).toMatch('the log was removed after 2')
})

describe('a table that is made anew without its triggers', () => {
  test('ends every feed of it with status 3, until it is tracked again, which finds what has changed', async () => {
    const db = await orders()
    const feed = await tail(['orders'], {db})
    shell(db, rebuild)
    expect(await feed.ended()).toMatchObject({status: 3})
    expect(feed.stderr).toMatch(/changes of the table "orders" after 21 may be missing[\s\S]*hint: --on-gap resync/)
    const later = await litefeed(['changes', '--since', '19', '--no-follow'], {db})
    expect(later).toMatchObject({status: 3})
    expect(later.lines).toHaveLength(2)
    expect((await litefeed(['changes', 'orders', '--include-initial', '--no-follow'], {db})).stdout).toBe('')
    expect((await litefeed(['tables'], {db})).result.health).toMatch('not all that records it is there')
    const tracked = await litefeed(['track', 'orders'], {db})
    expect(tracked.stderr).toMatch('recorded are 2 added, 17 changed, 2 removed')
    expect(await expectTrue(db)).toHaveLength(19)
  })

  test('and so when the old one is kept by another name, with its triggers', async () => {
    const db = await orders()
    const feed = await tail(['orders'], {db})
    shell(
      db,
      `CREATE TABLE anew (id INTEGER PRIMARY KEY, item TEXT UNIQUE, note); INSERT INTO anew SELECT * FROM orders WHERE id > 1;
       INSERT INTO anew VALUES (30, 'new', 'note'); BEGIN; ALTER TABLE orders RENAME TO orders_old; ALTER TABLE anew RENAME TO orders; COMMIT;
       INSERT INTO orders VALUES (31, 'newer', 'note')`,
    )
    expect(await feed.ended()).toMatchObject({status: 3})
    const tracked = await litefeed(['track', 'orders'], {db})
    expect(tracked.stderr).toMatch('recorded are 2 added, 0 changed, 1 removed')
    shell(
      db,
      `INSERT INTO orders_old VALUES (50, 'not ours', 'note'); INSERT INTO orders VALUES (32, 'newest', 'note')`,
    )
    expect(await expectTrue(db)).toHaveLength(21)
  })

  test('is compared with the log by a feed with --on-gap resync, which goes on', async () => {
    const db = await orders()
    await using feed = closing(await tail(['orders', '--on-gap', 'resync'], {db}))
    shell(db, rebuild)
    const [schema, ...changes] = await feed.take(22)
    expect(schema).toEqual({type: 'schema', seq: 21, table: 'orders', added: ['price'], gone: ['note']})
    const count = (kind: string) => changes.filter(({type}) => type === kind).length
    expect([count('add'), count('change'), count('remove')]).toEqual([2, 17, 2])
    shell(db, 'UPDATE orders SET price = 9 WHERE id = 3')
    expect(await feed.next()).toMatchObject({key: 3, new_val: {price: 9}})
    await expectTrue(db)
  })

  test('and by one that begins later; rows that were never written since they are tracked are adds', async () => {
    const db = newDatabase()
    shell(db, 'CREATE TABLE orders (id INTEGER PRIMARY KEY, item)', `INSERT INTO orders VALUES (1, 'old'), (2, 'old')`)
    await library(db, store => store.track('orders'))
    shell(db, 'CREATE TABLE anew AS SELECT * FROM orders', 'DROP TABLE orders', 'ALTER TABLE anew RENAME TO orders')
    await using feed = closing(await tail(['--on-gap', 'resync', '--since', '0'], {db}))
    expect((await feed.take(3)).map(({type}) => type).sort()).toEqual(['add', 'add', 'schema'])
    expect(await expectTrue(db)).toHaveLength(2)
  })

  test('or that is dropped is gone with its rows for a feed with --on-gap resync', async () => {
    const db = await orders()
    await using feed = closing(await tail(['--on-gap', 'resync'], {db}))
    shell(db, 'DROP TABLE orders')
    const lines = await feed.take(20)
    expect(lines.filter(({type}) => type === 'remove')).toHaveLength(19)
    shell(db, 'CREATE TABLE orders (id INTEGER PRIMARY KEY)', 'INSERT INTO orders VALUES (7)')
    expect((await feed.until(({type}) => type === 'add')).at(-1).new_val).toEqual({id: 7})
    await expectTrue(db)
  })
})

describe('migrate', () => {
  test('lets a column be dropped, and records the rows without it', async () => {
    const db = await orders()
    await using feed = closing(await tail(['orders'], {db}))
    const drop = 'ALTER TABLE orders DROP COLUMN note'
    expect(spawnSync('sqlite3', [db, drop]).status).not.toBe(0)
    const run = await migrate(db, 'sqlite3', db, `${drop}; DELETE FROM orders WHERE id = 1`)
    expect(run.result).toEqual({table: 'orders', added: 0, changed: 18, removed: 1, seq: 40})
    expect(run.status).toBe(0)
    const [schema, ...changes] = await feed.take(20)
    expect(schema).toEqual({type: 'schema', seq: 21, table: 'orders', added: [], gone: ['note']})
    expect(changes.at(-1).new_val).toEqual({id: 19, item: 'item 19'})
    await expectTrue(db)
  })

  test('knows the rows that were never written since they are tracked', async () => {
    const db = newDatabase()
    shell(db, 'CREATE TABLE orders (id INTEGER PRIMARY KEY, note)', 'INSERT INTO orders VALUES (1, 1), (2, 2)')
    await library(db, store => store.track('orders'))
    const run = await migrate(db, 'sqlite3', db, 'DELETE FROM orders WHERE id = 1')
    expect(run.result).toEqual({table: 'orders', added: 0, changed: 0, removed: 1, seq: 1})
    const {result} = await litefeed(['changes', '--since', '0', '--no-follow'], {db})
    expect(result).toMatchObject({key: 1, old_val: {id: 1, note: 1}, new_val: null})
  })

  test.each([
    ['fails', ['sh', '-c', 'exit 7'], /exit code 7/],
    ['is not there', ['no-such-command'], /no-such-command/],
  ])('puts the triggers back when the command %s, and names the failure', async (_what, command, message) => {
    const db = await orders()
    const run = await migrate(db, ...command)
    expect(run).toMatchObject({status: 1, stderr: expect.stringMatching(message)})
    expect(run.result).toMatchObject({changed: 0})
    await expectTrue(db)
  })

  test('refuses a table that is not tracked, and a second migration meanwhile', async () => {
    const db = await orders()
    shell(db, 'CREATE TABLE other (a)')
    const run = await litefeed(['migrate', 'other', '--', 'true'], {env: {LITEFEED_DB: db}})
    expect(run).toMatchObject({status: 1, stderr: expect.stringMatching('"other" is not a tracked table')})
    const long = start(['migrate', 'orders', '--', 'sleep', '2'], {env: {LITEFEED_DB: db}})
    const output = collect(long)
    await migrating(db)
    expect((await migrate(db, 'true')).stderr).toMatch('is under way')
    expect((await litefeed(['track', 'orders'], {db})).stderr).toMatch('is under way')
    expect((await finished(long, output)).status).toBe(0)
    expect(existsSync(`${db}-litefeed-migrate`)).toBe(false)
    await expectTrue(db)
  })

  test('makes feeds wait, those that begin meanwhile included', async () => {
    const db = await orders()
    await using before = closing(await tail(['orders'], {db}))
    const script = `sqlite3 ${db} 'DROP TABLE orders' && sleep 1.5 && sqlite3 ${db} 'CREATE TABLE orders (id INTEGER PRIMARY KEY, price)' && sqlite3 ${db} 'INSERT INTO orders VALUES (1, 2)'`
    const run = start(['migrate', 'orders', '--', 'sh', '-c', script], {env: {LITEFEED_DB: db}})
    const output = collect(run)
    await migrating(db)
    const meanwhile = litefeed(['changes', 'orders', '--include-initial', '--no-follow'], {db})
    expect((await finished(run, output)).result).toEqual({table: 'orders', added: 0, changed: 1, removed: 18, seq: 40})
    const schema = {type: 'schema', seq: 21, table: 'orders', added: ['price'], gone: ['item', 'note']}
    expect((await before.take(20))[0]).toEqual(schema)
    expect((await meanwhile).lines.filter(({type}) => type === 'initial').map(line => line.new_val)).toEqual([
      {id: 1, price: 2},
    ])
    await expectTrue(db)
  })

  test.each(['migrate', 'track', 'resync'])('that was killed is seen, and put right by %s', async how => {
    const db = await orders()
    const feed = await tail(['orders'], {db})
    const script = `sqlite3 -cmd '.timeout 5000' ${db} 'ALTER TABLE orders DROP COLUMN note; UPDATE orders SET id = 50 WHERE id = 5'; sleep 100`
    const run = start(['migrate', 'orders', '--', 'sh', '-c', `${script} & wait`], {env: {LITEFEED_DB: db}})
    await migrating(db)
    while (new Sqlite(db).prepare('SELECT 1 FROM orders WHERE id = 50').get() === undefined) await sleep(20)
    await sleep(300)
    expect(feed.child.exitCode).toBe(null)
    run.kill('SIGKILL')
    expect(await feed.ended()).toMatchObject({status: 3})
    expect(feed.stderr).toMatch('a migration of it was broken off')
    expect((await litefeed(['tables'], {db})).result.health).toMatch('lifted for a migration')
    if (how === 'migrate') expect(await migrate(db, 'true')).toMatchObject({status: 0})
    if (how === 'track')
      expect((await litefeed(['track', 'orders'], {db})).stderr).toMatch('1 added, 18 changed, 1 removed')
    if (how === 'resync') {
      const resync = await litefeed(['changes', 'orders', '--on-gap', 'resync', '--since', '21', '--no-follow'], {db})
      expect(resync.lines).toHaveLength(21)
    }
    expect(await expectTrue(db)).toContainEqual({id: 50, item: 'item 5'})
  })
})

function migrate(db: string, ...command: string[]) {
  return litefeed(['migrate', 'orders', '--', ...command], {env: {LITEFEED_DB: db}})
}

/** Waits until the triggers are lifted. */
async function migrating(db: string): Promise<void> {
  for (;;) {
    const tables = await library(db, store => store.tables())
    if (tables.some(({health}) => health?.includes('migration'))) return
    await sleep(20)
  }
}

function closing<T extends {stop(): Promise<unknown>}>(feed: T): T & AsyncDisposable {
  return Object.assign(feed, {[Symbol.asyncDispose]: async () => void (await feed.stop())})
}
