import {spawnSync} from 'node:child_process'
import Sqlite from 'better-sqlite3'
import {describe, expect, test} from 'vitest'
import {follow, type Line, library, list, litefeed, log, newDatabase, query, short} from './support.ts'

/** What an application does: SQL through the sqlite3 shell, and through Python, whose libraries are older than litefeed's. */
const all: Readonly<Record<string, (db: string, sql: string) => void>> = {
  'the sqlite3 shell': (db, sql) => done(spawnSync('sqlite3', ['-bail', db], {input: sql})),
  python3: (db, sql) => done(spawnSync('python3', ['-c', python, db], {input: sql})),
  "litefeed's own SQLite": (file, sql) => {
    const db = new Sqlite(file)
    db.exec(`PRAGMA foreign_keys = 0; ${sql}`)
    db.close()
  },
}
const python = `import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.executescript(sys.stdin.read())`

const commands: Readonly<Record<string, string>> = {'the sqlite3 shell': 'sqlite3', python3: 'python3'}
const installed = Object.keys(commands).filter(name => spawnSync(commands[name] ?? '', ['--version']).status === 0)
const writers = Object.entries(all).filter(([name]) =>
  installed.length > 0 ? installed.includes(name) : commands[name] === undefined,
)
const [, write] = writers[0] as (typeof writers)[number]

function done({status, stderr}: ReturnType<typeof spawnSync>): void {
  if (status !== 0) throw new Error(String(stderr))
}

/** A database that an application has made. */
function application(sql: string): string {
  const db = newDatabase()
  write(db, sql)
  return db
}

/** The same, tracked; by the command when there are options. */
async function trackedApplication(sql: string, ...args: string[]): Promise<string> {
  const db = application(sql)
  const [table = ''] = args
  if (args.length === 1 && !table.startsWith('-')) await library(db, store => store.track(table))
  else expect(await litefeed(['track', ...args], {db})).toMatchObject({status: 0, stderr: ''})
  return db
}

/** The log in short: type, key, old and new value. */
async function told(db: string, ...args: string[]): Promise<unknown[]> {
  return (await log(db, ...args)).map(event => [short(event), event.old_val, event.new_val])
}

const orders = 'CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT UNIQUE, amount INT);'

test.runIf(installed.includes('python3'))(
  'a table with a collation of the application is tracked, and keeps no other from it',
  async () => {
    const db = newDatabase()
    const script = `import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.create_collation('LOCALIZED', lambda a, b: (a > b) - (a < b))
db.executescript(sys.stdin.read())`
    const application = (sql: string) => done(spawnSync('python3', ['-c', script, db], {input: sql}))
    application(`CREATE TABLE words (word TEXT COLLATE LOCALIZED PRIMARY KEY);
    CREATE TABLE names (name TEXT COLLATE LOCALIZED PRIMARY KEY) WITHOUT ROWID; CREATE TABLE t (id INTEGER PRIMARY KEY)`)
    expect(await litefeed(['track', '--all'], {db})).toMatchObject({status: 0, stderr: ''})
    application(`INSERT INTO words VALUES ('a'); INSERT INTO names VALUES ('b'); INSERT INTO t VALUES (1)`)
    expect((await litefeed(['tables'], {db})).lines.map(({name, documents}) => [name, documents])).toEqual([
      ['names', null],
      ['t', 1],
      ['words', 1],
    ])
    expect((await log(db)).map(({key}) => key)).toEqual(['a', 'b', 1])
  },
)

describe('track and untrack', () => {
  test('track prints the table; a repetition changes nothing', async () => {
    const db = application(`${orders} INSERT INTO orders VALUES (1, 'a', 1), (2, 'b', 1);`)
    const first = await litefeed(['track', 'ORDERS'], {db})
    expect(first).toMatchObject({status: 0, stderr: ''})
    expect(first.stdout).toBe('{"name":"orders","kind":"tracked","documents":2,"seq":null,"oldest":1,"health":"ok"}\n')
    expect((await litefeed(['track', 'orders'], {db})).stdout).toBe(first.stdout)
    expect(await log(db)).toEqual([])
  })

  test('patterns and --all; virtual tables are left out with a warning', async () => {
    const db = application(`CREATE TABLE a1 (x); CREATE TABLE a2 (x); CREATE TABLE "b c" (x); CREATE VIEW v AS SELECT 1;
      CREATE VIRTUAL TABLE words USING fts5(text);`)
    expect((await litefeed(['track', 'A?'], {db})).lines.map(({name}) => name)).toEqual(['a1', 'a2'])
    expect(await litefeed(['track', 'z*'], {db})).toMatchObject({status: 2, stderr: expect.stringContaining('z*')})
    const all = await litefeed(['track', '--all'], {db})
    expect(all.lines.map(({name}) => name)).toEqual(['a1', 'a2', 'b c'])
    expect(all).toMatchObject({status: 0, stderr: expect.stringMatching(/^warning: words is a virtual table/m)})
    expect(await litefeed(['track', 'words'], {db})).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('virtual'),
    })
    expect(await litefeed(['untrack', 'a*'], {db})).toMatchObject({status: 0})
    expect((await litefeed(['tables'], {db})).lines.map(({name}) => name)).toEqual(['b c'])
  })

  test('views that only the application can read keep no table from being tracked', async () => {
    const db = application(`${orders} CREATE VIEW broken AS SELECT * FROM gone;
      CREATE VIEW theirs AS SELECT their_function(item) FROM orders;`)
    for (const args of [['orders'], ['--all']])
      expect(await litefeed(['track', ...args], {db})).toMatchObject({status: 0, stderr: '', lines: [{name: 'orders'}]})
    expect(await litefeed(['track', 'broken'], {db})).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('broken is a view'),
    })
  })

  test.each([
    [['track'], 2, /which table/],
    [['track', 'orders', '--all'], 2, /exclude/],
    [['track', 'orders', '--json', 'nothing'], 2, /no column nothing in orders/],
    [['track', 'nothing'], 1, /no table "nothing"/],
    [['track', 'v'], 1, /view/],
    [['track', '_litefeed_changes'], 1, /no table|belongs to litefeed/],
    [['untrack'], 2, /which table/],
    [['untrack', 'orders'], 1, /"orders" is not tracked/],
    [['untrack', 'x*'], 2, /no table fits/],
    [['migrate', 'orders', '--', 'true'], 1, /"orders" is not a tracked table/],
  ])('%j is refused', async (args, status, stderr) => {
    const db = application(`${orders} CREATE VIEW v AS SELECT * FROM orders;`)
    const schema = () => query(db, 'SELECT type, name FROM sqlite_schema')
    const before = schema()
    const run = await litefeed(args, {env: {LITEFEED_DB: db}})
    expect(run).toMatchObject({status, stdout: '', stderr: expect.stringMatching(stderr)})
    // The file is the application's, and stays so.
    expect(schema()).toEqual(before)
  })

  test('a database that is not there is refused and not made', async () => {
    const db = newDatabase()
    for (const args of [['track', 't'], ['untrack', 't'], ['doctor']])
      expect(await litefeed(args, {db})).toMatchObject({status: 1, stderr: expect.stringContaining(db)})
  })

  test('a feed of a file of which nothing is tracked says so', async () => {
    const db = application(orders)
    const warning = 'warning: nothing records the changes of these tables: `litefeed track --all` does\n'
    expect(await litefeed(['changes', '--no-follow'], {db})).toMatchObject({status: 0, stdout: '', stderr: warning})
    await litefeed(['track', '--all'], {db})
    expect(await litefeed(['changes', '--no-follow'], {db})).toMatchObject({status: 0, stdout: '', stderr: ''})
  })

  test('untrack leaves nothing', async () => {
    const db = application(`${orders} CREATE TABLE other (id INTEGER PRIMARY KEY AUTOINCREMENT, x);
      CREATE TRIGGER theirs BEFORE INSERT ON orders BEGIN SELECT 1; END;
      CREATE TRIGGER theirs_too AFTER UPDATE ON orders BEGIN SELECT 1; END; INSERT INTO other (x) VALUES (1);`)
    const schema = () => query(db, 'SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name')
    const before = schema()
    await litefeed(['track', '--all'], {db})
    write(db, `INSERT INTO orders VALUES (1, 'a', 1); INSERT INTO other (x) VALUES (2);`)
    expect(await log(db)).toHaveLength(2)
    expect((await litefeed(['untrack', 'other'], {db})).stdout).toBe('{"name":"other","tracked":false}\n')
    write(db, `INSERT INTO orders VALUES (2, 'b', 1)`)
    expect(await log(db)).toHaveLength(3)
    expect(await litefeed(['untrack', '--all'], {db})).toMatchObject({status: 0, stderr: ''})
    expect(schema()).toEqual(before)
    expect(query(db, 'SELECT name FROM sqlite_sequence')).toEqual([['other']])
  })

  test('untrack --keep-log keeps it, and so do tables of documents', async () => {
    const db = await trackedApplication(orders, 'orders')
    write(db, `INSERT INTO orders VALUES (1, 'a', 1)`)
    await litefeed(['untrack', 'orders', '--keep-log'], {db})
    expect(await told(db)).toEqual([['add 1', null, {id: 1, item: 'a', amount: 1}]])
    await litefeed(['insert', 'docs', '{"id":1}'], {db})
    await litefeed(['track', 'orders'], {db})
    await litefeed(['untrack', 'orders'], {db})
    expect(await log(db)).toHaveLength(2)
  })

  test('what was written while a table was not tracked is recorded when it is again, where its log was kept', async () => {
    const db = await trackedApplication(orders, 'orders')
    write(db, `INSERT INTO orders VALUES (1, 'a', 1), (2, 'b', 1), (3, 'c', 1)`)
    await litefeed(['untrack', 'orders', '--keep-log'], {db})
    write(
      db,
      `DELETE FROM orders WHERE id = 1; UPDATE orders SET amount = 2 WHERE id = 2; INSERT INTO orders VALUES (4, 'd', 1)`,
    )
    expect(await litefeed(['track', 'ORDERS'], {db})).toMatchObject({
      status: 0,
      stderr: 'orders was not as its log said; recorded are 1 added, 1 changed, 1 removed\n',
    })
    expect((await log(db)).slice(3).map(event => short(event))).toEqual(['remove 1', 'change 2', 'add 4'])
    const {stdout} = await litefeed(['doctor'], {db})
    expect(stdout).not.toContain('"problem"')
  })

  test('a write of litefeed to a tracked table is refused by its name, and nothing has happened', async () => {
    const db = await trackedApplication(`${orders} INSERT INTO orders VALUES (1, 'a', 1);`, 'orders')
    for (const args of [
      ['insert', 'orders', '{"id":5}'],
      ['update', 'orders', '1', '{"amount":5}'],
      ['replace', 'orders', '1', '{"id":1}'],
      ['delete', 'orders', '--all'],
      ['drop', 'orders'],
      // Also when there is nothing to be written.
      ['insert', 'orders', '[]'],
      ['update', 'orders', '--where', 'false', '{"amount":5}'],
      ['delete', 'orders', '--where', 'false'],
    ]) {
      const run = await litefeed(args, {db})
      expect.soft(run, args.join(' ')).toMatchObject({status: 1, stdout: ''})
      expect.soft(run.stderr).toMatch(/^error: "orders" is an SQL table that is tracked.*\nhint: /)
    }
    expect(query(db, 'SELECT * FROM orders')).toEqual([[1, 'a', 1]])
    expect(await log(db)).toEqual([])
  })

  test.each([['changes'], ['list'], ['get'], ['insert']])(
    '%s of an SQL table that is not tracked says how to track it',
    async name => {
      const args = {changes: [], list: [], get: ['1'], insert: ['{"id":1}']}[name] as string[]
      const run = await litefeed([name, 'orders', ...args], {db: application(orders)})
      expect(run).toMatchObject({status: 1, stdout: '', stderr: expect.stringContaining('litefeed track orders')})
    },
  )
})

describe.each(writers)('what %s writes is recorded', (_, write) => {
  test.each([
    ['INSERT', `INSERT INTO t VALUES (3, 'c', 3)`, ['add 3']],
    ['REPLACE of the same key', `REPLACE INTO t VALUES (1, 'z', 9)`, ['change 1']],
    ['REPLACE of another unique key', `REPLACE INTO t VALUES (9, 'a', 9)`, ['remove 1', 'add 9']],
    ['REPLACE of both', `REPLACE INTO t VALUES (1, 'b', 9)`, ['remove 2', 'change 1']],
    ['INSERT OR IGNORE', `INSERT OR IGNORE INTO t VALUES (1, 'x', 9), (4, 'd', 4)`, ['add 4']],
    ['INSERT OR FAIL', `INSERT OR FAIL INTO t VALUES (4, 'd', 4)`, ['add 4']],
    ['INSERT OR ABORT', `INSERT OR ABORT INTO t VALUES (4, 'd', 4)`, ['add 4']],
    ['INSERT OR ROLLBACK', `INSERT OR ROLLBACK INTO t VALUES (4, 'd', 4)`, ['add 4']],
    ['an upsert', `INSERT INTO t VALUES (1, 'x', 9) ON CONFLICT (id) DO UPDATE SET n = excluded.n`, ['change 1']],
    ['an upsert that does nothing', `INSERT INTO t VALUES (1, 'x', 9) ON CONFLICT DO NOTHING`, []],
    ['UPDATE', 'UPDATE t SET n = n + 1', ['change 1', 'change 2']],
    ['UPDATE of nothing', 'UPDATE t SET n = n', []],
    ['UPDATE OR REPLACE', `UPDATE OR REPLACE t SET u = 'a' WHERE id = 2`, ['remove 1', 'change 2']],
    ['UPDATE OR IGNORE', `UPDATE OR IGNORE t SET u = 'a'`, []],
    ['UPDATE of a key', 'UPDATE t SET id = 7 WHERE id = 1', ['remove 1', 'add 7']],
    ['UPDATE OR REPLACE of a key', 'UPDATE OR REPLACE t SET id = 2 WHERE id = 1', ['remove 1', 'change 2']],
    ['DELETE', 'DELETE FROM t', ['remove 1', 'remove 2']],
    ['a transaction that is rolled back', 'BEGIN; DELETE FROM t; ROLLBACK', []],
    [
      'REPLACE of both with recursive triggers',
      `PRAGMA recursive_triggers = 1; REPLACE INTO t VALUES (1, 'b', 9)`,
      ['remove 1', 'remove 2', 'add 1'],
    ],
  ])('%s', async (_, sql, expected) => {
    const db = await trackedApplication(
      `CREATE TABLE t (id INTEGER PRIMARY KEY, u TEXT UNIQUE, n INT); INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2);`,
      't',
    )
    const before = [
      {id: 1, u: 'a', n: 1},
      {id: 2, u: 'b', n: 2},
    ]
    write(db, sql)
    const events = await log(db)
    expect(events.map(short).sort()).toEqual(expected.toSorted())
    expect(replay(before, events)).toEqual(await list(db, 't'))
    expect((await library(db, store => store.doctor())).filter(({status}) => status === 'problem')).toEqual([])
  })

  test('a conflict clause in the schema, and the cascades of a foreign key', async () => {
    const db = await trackedApplication(
      `CREATE TABLE p (id INTEGER PRIMARY KEY ON CONFLICT REPLACE, u UNIQUE ON CONFLICT REPLACE);
      CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE);
      INSERT INTO p VALUES (1, 'a'), (2, 'b'); INSERT INTO c VALUES (10, 1), (20, 2);`,
      '--all',
    )
    write(
      db,
      `INSERT INTO p VALUES (3, 'a'); PRAGMA foreign_keys = 1; UPDATE p SET id = 5 WHERE id = 2; DELETE FROM p;`,
    )
    const events = (await log(db)).map(event => `${event.table} ${short(event)}`)
    expect(events.toSorted()).toEqual(
      [
        'p remove 1',
        'p add 3',
        'p remove 2',
        'p add 5',
        'c change 20',
        'p remove 3',
        'p remove 5',
        'c remove 20',
      ].sort(),
    )
    expect((await litefeed(['list', 'c'], {db})).lines).toEqual([{id: 10, p: 1}])
    expect((await litefeed(['doctor'], {db})).stdout).not.toContain('"problem"')
  })

  test('values are spelt to the last digit', async () => {
    const db = await trackedApplication(
      `CREATE TABLE v (id INTEGER PRIMARY KEY, x, twice AS (id * 2), stored TEXT AS ('<' || id || '>') STORED)`,
      'v',
    )
    const values: [sql: string, json: string][] = [
      ['NULL', 'null'],
      ['9223372036854775807', '9223372036854775807'],
      ['-9223372036854775808', '-9223372036854775808'],
      ['1.0', '1.0'],
      ['0.1', '0.1'],
      ['1e300', '1.0e+300'],
      ['9e999', '{"$real":"Infinity"}'],
      ['-9e999', '{"$real":"-Infinity"}'],
      [`x'00ff'`, '{"$blob":"00FF"}'],
      [`x''`, '{"$blob":""}'],
      [`''`, '""'],
      [`'a "b" \\ é 😀'`, '"a \\"b\\" \\\\ é 😀"'],
      [`char(10) || char(9) || char(1)`, '"\\n\\t\\u0001"'],
      [`'{"a":1}'`, '"{\\"a\\":1}"'],
      [`json('{"a":1}')`, '"{\\"a\\":1}"'],
    ]
    write(db, `INSERT INTO v (id, x) VALUES ${values.map(([sql], id) => `(${id}, ${sql})`).join(', ')};`)
    const {stdout} = await litefeed(['changes', 'v', '--since', 'beginning', '--no-follow'], {db})
    const rows = values.map(([, json], id) => `{"id":${id},"x":${json},"twice":${id * 2},"stored":"<${id}>"}`)
    const printed = stdout.trim().split('\n')
    expect(printed.map(line => line.slice(line.indexOf('"new_val":') + 10, -1))).toEqual(rows)
    expect((await litefeed(['list', 'v'], {db})).stdout.trim().split('\n')).toEqual(rows)
    expect((await litefeed(['get', 'v', '1'], {db})).stdout.trim()).toBe(rows[1])
  })
})

/** The rows after the events; each event must begin with what is there. */
function replay(rows: readonly Line[], events: readonly Line[]): Line[] {
  const now = new Map(rows.map(row => [row.id, row]))
  for (const {key, old_val, new_val} of events) {
    expect(now.get(key) ?? null).toEqual(old_val)
    if (new_val === null) now.delete(key)
    else now.set(key, new_val)
  }
  return [...now.values()].sort((one, other) => one.id - other.id)
}

describe('the key', () => {
  test.each([
    ['an integer', 'CREATE TABLE t (k INTEGER PRIMARY KEY, v)', `(7, 1)`, '7', 7],
    ['text', 'CREATE TABLE t (k TEXT PRIMARY KEY, v)', `('a b', 1)`, 'a b', 'a b'],
    ['text of digits', 'CREATE TABLE t (k TEXT PRIMARY KEY, v)', `('7', 1)`, '"7"', '7'],
    ['text WITHOUT ROWID', 'CREATE TABLE t (k TEXT PRIMARY KEY, v) WITHOUT ROWID', `('x', 1)`, 'x', 'x'],
    ['two columns', 'CREATE TABLE t (b, a, v, PRIMARY KEY (a, b))', `('b', 1, 1)`, '[1,"b"]', [1, 'b']],
    ['the rowid', 'CREATE TABLE t (b, v)', `('b', 1)`, '1', 1],
  ])('of %s', async (_, create, row, argument, key) => {
    const db = await trackedApplication(create, 't')
    const others = create.includes('(b, a, v') ? `('c', 2, 2)` : create.includes('INTEGER') ? '(8, 2)' : `('y', 2)`
    write(db, `INSERT INTO t VALUES ${row}; INSERT INTO t VALUES ${others};`)
    write(db, 'UPDATE t SET v = v + 10;')
    const events = await log(db, 't', '--key', argument)
    expect(events.map(event => [event.type, event.key])).toEqual([
      ['add', key],
      ['change', key],
    ])
    expect((await litefeed(['get', 't', argument], {db})).lines).toEqual([events[1].new_val])
    const initial = await litefeed(['changes', 't', '--key', argument, '--include-initial', '--no-follow'], {db})
    expect(initial.lines).toMatchObject([{type: 'initial', key, new_val: {v: 11}}])
  })
})

describe('feeds', () => {
  const people = `CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, age INT);
    INSERT INTO people VALUES (1, 'Ann', 20), (2, 'Bob', 30), (3, 'Cy', 40);`

  test.each([
    ['a table', ['people'], ['add 4', 'change 1', 'remove 3', 'change 2']],
    ['every table', [], ['add 4', 'change 1', 'remove 3', 'change 2']],
    ['a key', ['people', '--key', '3'], ['remove 3']],
    ['a set', ['people', '--where', 'age > 28'], ['add 1', 'remove 3', 'change 2']],
    ['a projection', ['people', '--pluck', 'age'], ['add 4', 'change 1', 'remove 3']],
    ['a filter', ['people', '--filter', 'new_val.age > old_val.age'], ['change 1']],
    ['a window', ['people', '--order-by', 'age:desc', '--limit', '2'], ['change 1', 'change 2', 'change 2']],
  ])('of %s', async (_, args, expected) => {
    const db = await trackedApplication(people, 'people')
    const feed = await follow(db, ...args)
    write(
      db,
      `INSERT INTO people VALUES (4, 'Dan', 25); UPDATE people SET age = 35 WHERE id = 1;
      DELETE FROM people WHERE id = 3; UPDATE people SET name = 'Bill' WHERE id = 2;`,
    )
    const events = await feed.upTo(4)
    if (args.includes('--limit')) {
      expect(replayed(['3', '2'], events)).toEqual(['1', '2'])
    } else expect(events.map(short)).toEqual(expected)
    await feed.stop()
  })

  test('--include-initial reads the table, and goes on with what is written', async () => {
    const db = await trackedApplication(people, 'people')
    const feed = await follow(db, 'people', '--include-initial')
    expect(feed.before.filter(({type}) => type === 'initial').map(short)).toEqual([
      'initial 1',
      'initial 2',
      'initial 3',
    ])
    write(db, `REPLACE INTO people VALUES (2, 'Bea', 31)`)
    expect(await feed.upTo(1)).toMatchObject([
      {type: 'change', old_val: {id: 2, name: 'Bob', age: 30}, new_val: {id: 2, name: 'Bea', age: 31}},
    ])
    await feed.stop()
  })

  test('--include-initial of a window and of a set', async () => {
    const db = await trackedApplication(people, 'people')
    const ids = async (...args: string[]) =>
      (await litefeed(['changes', 'people', '--include-initial', '--no-follow', ...args], {db})).lines.map(
        ({key}) => key,
      )
    expect(await ids('--order-by', 'age:desc', '--limit', '2')).toEqual([3, 2])
    expect(await ids('--where', 'age < 35')).toEqual([1, 2])
  })

  test('--since takes a feed up where it stopped', async () => {
    const db = await trackedApplication(people, 'people')
    write(db, `UPDATE people SET age = age + 1; DELETE FROM people WHERE id = 1;`)
    expect((await litefeed(['changes', '--since', '2', '--no-follow'], {db})).lines.map(short)).toEqual([
      'change 3',
      'remove 1',
    ])
    expect((await litefeed(['changes', '--since', '-1', '--no-follow'], {db})).lines.map(short)).toEqual(['remove 1'])
    expect(await litefeed(['changes', '--since', '9', '--no-follow'], {db})).toMatchObject({status: 3})
  })

  test('list takes a row for a document', async () => {
    const db = await trackedApplication(people, 'people')
    const list = async (...args: string[]) => (await litefeed(['list', 'people', ...args], {db})).lines
    expect(await list('--order-by', 'name:desc', '--limit', '1')).toEqual([{id: 3, name: 'Cy', age: 40}])
    expect(await list('--where', 'age = 30', '--map', 'name')).toEqual(['Bob'])
    expect(await litefeed(['get', 'people', '2', '9'], {db})).toMatchObject({
      status: 1,
      stdout: '{"id":2,"name":"Bob","age":30}\n',
    })
  })

  test('--json makes JSON of a text, now and when the table is tracked again', async () => {
    const db = await trackedApplication(
      `CREATE TABLE e (id INTEGER PRIMARY KEY, payload, other);
      INSERT INTO e VALUES (1, '{"b": [1, 2]}', '[1]'), (2, 'no JSON', 2);`,
      'e',
      '--json',
      'PAYLOAD',
    )
    const rows = [
      {id: 1, payload: {b: [1, 2]}, other: '[1]'},
      {id: 2, payload: 'no JSON', other: 2},
    ]
    expect((await litefeed(['list', 'e'], {db})).lines).toEqual(rows)
    await litefeed(['track', 'e'], {db})
    expect((await litefeed(['list', 'e'], {db})).lines).toEqual(rows)
    write(db, `UPDATE e SET payload = '{"b":3}'`)
    expect((await told(db, '--where', 'payload.b = 3')).map(line => (line as unknown[])[0])).toEqual(['add 1', 'add 2'])
  })
})

/** The keys of a window after its events. */
function replayed(keys: readonly string[], events: readonly Line[]): string[] {
  const now = new Set(keys)
  for (const {old_val, new_val} of events) {
    if (old_val !== null) now.delete(String(old_val.id))
    if (new_val !== null) now.add(String(new_val.id))
  }
  return [...now].sort()
}

test.each(['UTF-16le', 'UTF-16be'])('a database in %s is read as any other', async encoding => {
  const db = application(`PRAGMA encoding = '${encoding}'; CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);`)
  await litefeed(['track', 't'], {db})
  write(db, `INSERT INTO t VALUES (1, 'ä'), (2, '🦆')`)
  await litefeed(['insert', 'd', '{"id":"ö","n":1}', '{"id":2,"n":2}'], {db})
  const changes = async (...args: string[]) =>
    (await litefeed(['changes', '--since', '0', '--no-follow', ...args], {db})).lines
  expect((await changes()).map(({key, new_val}) => [key, new_val.a ?? new_val.n])).toEqual([
    [1, 'ä'],
    [2, '🦆'],
    ['ö', 1],
    [2, 2],
  ])
  expect(await changes('t', '--filter', 'new_val.a = "🦆"', '--map', 'key')).toEqual([2])
  expect(await changes('d', '--where', 'n = 1', '--map', 'key')).toEqual(['ö'])
  expect((await litefeed(['list', 't', '--map', 'a'], {db})).lines).toEqual(['ä', '🦆'])
  expect((await litefeed(['list', 'd', '--map', 'id'], {db})).lines).toEqual([2, 'ö'])
})

describe('names', () => {
  test.each(['select', 'a b', `it's`, '"quoted"', 'Größe', '表', 'a*b', '$t', '[x]', 'new'])(
    'a table and a column %s',
    async name => {
      const quoted = `"${name.replaceAll('"', '""')}"`
      const db = await trackedApplication(
        `CREATE TABLE ${quoted} (id INTEGER PRIMARY KEY, ${quoted} UNIQUE, "old" , "key", "doc");`,
        name,
      )
      write(db, `INSERT INTO ${quoted} VALUES (1, 'a', 1, 2, 3); REPLACE INTO ${quoted} VALUES (2, 'a', 1, 2, 3);`)
      const row = {[name]: 'a', old: 1, key: 2, doc: 3}
      expect(await told(db, name)).toEqual([
        ['add 1', null, {id: 1, ...row}],
        ['remove 1', {id: 1, ...row}, null],
        ['add 2', null, {id: 2, ...row}],
      ])
      expect((await litefeed(['tables'], {db})).lines).toMatchObject([{name, health: 'ok'}])
      expect((await litefeed(['untrack', name], {db})).lines).toEqual([{name, tracked: false}])
      expect(query(db, `SELECT count(*) FROM sqlite_schema WHERE name LIKE '%litefeed%'`)).toEqual([[0]])
    },
  )
})

test('a trigger that the application makes later is seen, and track puts ours in front of it', async () => {
  const db = await trackedApplication(
    'CREATE TABLE t (id INTEGER PRIMARY KEY, n, updated_at); INSERT INTO t VALUES (1, 1, 0);',
    't',
  )
  write(
    db,
    `CREATE TRIGGER touch AFTER UPDATE OF n ON t BEGIN UPDATE t SET updated_at = updated_at + 1 WHERE id = new.id; END;`,
  )
  expect((await litefeed(['tables'], {db})).result.health).toContain('touch')
  const ill = await litefeed(['doctor'], {db})
  expect(ill).toMatchObject({status: 1, stderr: ''})
  expect(ill.lines.filter(({status}) => status === 'problem')).toEqual([
    {
      check: 'order',
      status: 'problem',
      table: 't',
      message: expect.stringContaining('touch'),
      todo: expect.stringContaining('litefeed track t'),
    },
  ])
  expect((await litefeed(['track', 't'], {db})).result.health).toBe('ok')
  write(db, 'UPDATE t SET n = 2')
  expect(await told(db)).toEqual([
    ['change 1', {id: 1, n: 1, updated_at: 0}, {id: 1, n: 2, updated_at: 0}],
    ['change 1', {id: 1, n: 2, updated_at: 0}, {id: 1, n: 2, updated_at: 1}],
  ])
  expect((await litefeed(['doctor'], {db})).status).toBe(0)
})
