import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import Sqlite from 'better-sqlite3'
import {expect, test} from 'vitest'
import {Connection} from '../../../../../src/engine/storage/sqlite/connection.ts'
import {initialise} from '../../../../../src/engine/storage/sqlite/schema.ts'
import {makeTable} from '../../../../../src/engine/storage/sqlite/tables.ts'
import {
  misplacedOnDocuments,
  replaceDocumentTriggers,
} from '../../../../../src/engine/storage/sqlite/tracked/documents.ts'
import {inspect} from '../../../../../src/engine/storage/sqlite/tracked/health.ts'
import {install, uninstall} from '../../../../../src/engine/storage/sqlite/tracked/install.ts'
import {temporaryDirectory} from '../../../../support.ts'
import {database, logOf, tracked, write} from './support.ts'

test('what is tracked no longer leaves no trace but the log', async () => {
  const connection = await database(
    'CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE)',
    'CREATE TRIGGER theirs BEFORE INSERT ON t BEGIN SELECT 1; END',
    'CREATE TRIGGER theirs_too AFTER INSERT ON t BEGIN SELECT 1; END',
  )
  const schema = () => connection.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name').all()
  const before = schema()
  await connection.write('soft', () => install(connection, 't'))
  expect(schema().length).toBeGreaterThan(before.length)
  write(connection.file, `INSERT INTO t VALUES (1, 'a')`)
  expect(await connection.write('soft', () => uninstall(connection, 'T'))).toBe(true)
  expect(await connection.write('soft', () => uninstall(connection, 't'))).toBe(false)
  expect(schema()).toEqual(before)
  write(connection.file, `INSERT INTO t VALUES (2, 'b')`)
  expect(logOf(connection)).toEqual([['t', '1', null, '{"id":1,"a":"a"}']])
})

test('an update that changes nothing is not in the log; one of the type or the case alone is', async () => {
  const connection = await tracked(['t'], 'CREATE TABLE t (a TEXT COLLATE NOCASE PRIMARY KEY NOT NULL, b)')
  write(
    connection.file,
    `INSERT INTO t VALUES ('a', 1)`,
    `UPDATE t SET b = b`,
    `INSERT OR REPLACE INTO t VALUES ('a', 1)`,
    `UPDATE t SET b = 1.0`,
    `UPDATE t SET b = '1'`,
    `UPDATE t SET a = 'A'`,
    `REPLACE INTO t VALUES ('a', 2)`,
  )
  expect(logOf(connection)).toEqual([
    ['t', '"a"', null, '{"a":"a","b":1}'],
    ['t', '"a"', '{"a":"a","b":1}', '{"a":"a","b":1.0}'],
    ['t', '"a"', '{"a":"a","b":1.0}', '{"a":"a","b":"1"}'],
    ['t', '"a"', '{"a":"a","b":"1"}', null],
    ['t', '"A"', null, '{"a":"A","b":"1"}'],
    ['t', '"A"', '{"a":"A","b":"1"}', null],
    ['t', '"a"', null, '{"a":"a","b":2}'],
  ])
})

const refused: readonly [what: string, sql: readonly string[], table: string][] = [
  ['a view', ['CREATE VIEW v AS SELECT 1'], 'v'],
  ['a virtual table', ['CREATE VIRTUAL TABLE f USING fts5(a)'], 'f'],
  ['a shadow table', ['CREATE VIRTUAL TABLE f USING fts5(a)'], 'f_content'],
  ['a table of litefeed', [], '_litefeed_changes'],
  ['a table of SQLite', ['CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT)'], 'sqlite_sequence'],
  ['rows that cannot be told apart', ['CREATE TABLE t (rowid, oid, _rowid_)'], 't'],
]
test.each(refused)('%s is refused', async (_what, sql, table) => {
  const connection = await database(...sql)
  await expect(connection.write('soft', () => install(connection, table))).rejects.toMatchObject({code: 'NOT_A_TABLE'})
})

test('a table or a column that is not there is refused', async () => {
  const connection = await database('CREATE TABLE t (a)')
  const wrong = () => connection.write('soft', () => install(connection, 't', {json: ['b']}))
  await expect(wrong()).rejects.toMatchObject({code: 'MISUSE'})
  await expect(connection.write('soft', () => install(connection, 'u'))).rejects.toMatchObject({code: 'NO_TABLE'})
})

const expressions: readonly [what: string, sql: readonly string[], statement: string][] = [
  [
    'WHERE of an index names its table',
    [
      'CREATE TABLE orders (id INTEGER PRIMARY KEY, a, gone)',
      'CREATE UNIQUE INDEX u ON orders (a) WHERE main."orders".gone = 0',
    ],
    'INSERT INTO orders VALUES (1, 1, 0)',
  ],
  [
    'CHECK names its table',
    [
      'CREATE TABLE orders (id INTEGER PRIMARY KEY, a CHECK (orders.a > 0))',
      'CREATE UNIQUE INDEX u ON orders (abs(a))',
    ],
    'INSERT INTO orders VALUES (1, 1)',
  ],
  [
    'columns are named like words of its CHECKs',
    [
      `CREATE TABLE orders (id INTEGER PRIMARY KEY, "end", like, "and", CHECK (CASE WHEN id > end THEN 0 ELSE 1 END),
        CHECK (like LIKE '%a' AND NOT like = like LIKE 'b' AND "like" NOT LIKE 'b' AND orders.like IS NOT end AND "and"))`,
      'CREATE UNIQUE INDEX u ON orders (lower(like))',
    ],
    `INSERT INTO orders VALUES (1, 2, 'a', 1)`,
  ],
]
test.each(expressions)('a table is tracked whose %s', async (_what, sql, statement) => {
  const connection = await tracked(['orders'], ...sql)
  write(connection.file, statement, statement.replace('INSERT', 'REPLACE').replace('(1,', '(0,'))
  expect((logOf(connection) as unknown[][]).map(([, key, old]) => [key, old === null])).toEqual([
    ['1', true],
    ['1', false],
    ['0', true],
  ])
})

const drifts: readonly [
  what: string,
  sql: readonly string[],
  drift: readonly object[],
  repaired?: readonly object[],
][] = [
  ['nothing', [], []],
  ['a column more', ['ALTER TABLE t ADD COLUMN c'], [{kind: 'columns', added: ['c'], gone: []}, {kind: 'altered'}]],
  [
    'a column of another name',
    ['ALTER TABLE t RENAME COLUMN a TO z'],
    [{kind: 'columns', added: ['z'], gone: ['a']}, {kind: 'unique'}, {kind: 'altered'}],
  ],
  ['a unique index more', ['CREATE UNIQUE INDEX u ON t (b)'], [{kind: 'unique', gone: []}, {kind: 'altered'}]],
  ['an index that is not unique', ['CREATE INDEX u ON t (b)'], []],
  [
    'a trigger less',
    ['DROP TRIGGER _litefeed_t_after_insert'],
    [{kind: 'missing', names: ['_litefeed_t_after_insert']}],
  ],
  [
    'a trigger of the application that is newer',
    ['CREATE TRIGGER newer AFTER UPDATE ON t BEGIN SELECT 1; END'],
    [{kind: 'order', names: ['newer']}],
  ],
  ['a BEFORE trigger that is newer', ['CREATE TRIGGER newer BEFORE INSERT ON t BEGIN SELECT 1; END'], []],
  [
    'a foreign key that acts on the table itself',
    [
      'CREATE TABLE c (p REFERENCES t ON DELETE CASCADE)',
      'CREATE TRIGGER x AFTER DELETE ON c BEGIN DELETE FROM t; END',
    ],
    [{kind: 'missing'}, {kind: 'altered'}],
  ],
  [
    'a table made anew',
    ['DROP TABLE t', 'CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)'],
    [{kind: 'unique'}, {kind: 'missing'}],
  ],
]
test.each(drifts)('it is seen that a table has %s, and mended', async (_what, sql, drift) => {
  const connection = await tracked(['t'], 'CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, b)')
  write(connection.file, ...sql)
  const told = await connection.read(() => inspect(connection, 't'))
  expect(told).toMatchObject(drift)
  expect(told).toHaveLength(drift.length)
  await connection.write('soft', () => install(connection, 't'))
  expect(await connection.read(() => inspect(connection, 't'))).toEqual([])
})

test('a table that was renamed or dropped is told', async () => {
  const connection = await tracked(['t', 'u'], 'CREATE TABLE t (a)', 'CREATE TABLE u (a)')
  write(connection.file, 'ALTER TABLE t RENAME TO v', 'DROP TABLE u', 'INSERT INTO v VALUES (1)')
  expect(await connection.read(() => inspect(connection, 't'))).toEqual([{kind: 'renamed', to: 'v'}])
  expect(await connection.read(() => inspect(connection, 'u'))).toEqual([{kind: 'no-table'}])
  expect(await connection.read(() => inspect(connection, 'v'))).toBe(undefined)
  await connection.write('soft', () => [uninstall(connection, 't'), uninstall(connection, 'u')])
  const rest = connection.prepare(`SELECT name FROM sqlite_schema WHERE name LIKE '%\\_t\\_%' ESCAPE '\\'`).all()
  expect(rest).toEqual([])
  expect(logOf(connection)).toEqual([['t', '1', null, '{"a":1}']])
})

test('what the triggers of the application write stands after its cause', async () => {
  const connection = await tracked(
    ['t', 'audit'],
    'CREATE TABLE t (id INTEGER PRIMARY KEY, n)',
    'CREATE TABLE audit (id INTEGER PRIMARY KEY, t)',
    'CREATE TRIGGER touch AFTER UPDATE OF n ON t WHEN new.n < 10 BEGIN UPDATE t SET n = n + 10 WHERE id = new.id; END',
    'CREATE TRIGGER audit_it AFTER INSERT ON t BEGIN INSERT INTO audit (t) VALUES (new.id); END',
  )
  const statements = [`INSERT INTO t VALUES (1, 1)`, `UPDATE t SET n = 2`]
  write(connection.file, ...statements)
  const expected = [
    ['t', '1', null, '{"id":1,"n":1}'],
    ['audit', '1', null, '{"id":1,"t":1}'],
    ['t', '1', '{"id":1,"n":1}', '{"id":1,"n":2}'],
    ['t', '1', '{"id":1,"n":2}', '{"id":1,"n":12}'],
  ]
  expect(logOf(connection)).toEqual(expected)
})

test('the dump of a tracked database is a tracked database', async () => {
  const connection = await tracked(['t'], 'CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE)')
  write(connection.file, `INSERT INTO t VALUES (1, 'a')`, 'VACUUM')
  const copy = join(await temporaryDirectory(), 'copy.db')
  write(connection.file, `VACUUM INTO '${copy}'`)
  using other = await Connection.open(copy, 'write')
  expect(await other.read(() => inspect(other, 't'))).toEqual([])
  write(copy, `REPLACE INTO t VALUES (2, 'a')`)
  expect(logOf(other).slice(1)).toEqual([
    ['t', '1', '{"id":1,"a":"a"}', null],
    ['t', '2', null, '{"id":2,"a":"a"}'],
  ])
})

test('a file of the first layout is brought up to date when it is opened for writing', async () => {
  const file = join(await temporaryDirectory(), 'old.db')
  const db = new Sqlite(file)
  const source = readFileSync(join(import.meta.dirname, '../../../../../src/engine/storage/sqlite/schema.ts'), 'utf8')
  const first = /CREATE TABLE _litefeed_meta[\s\S]*?`/.exec(source)?.[0].slice(0, -1) ?? ''
  db.exec(first)
  db.exec(`INSERT INTO _litefeed_meta VALUES ('feed_id', 'x'), ('schema_version', '1')`)
  db.close()
  using connection = await Connection.open(file, 'write')
  expect(await connection.retry(initialise)).toBe('x')
  write(file, 'CREATE TABLE t (a)')
  await connection.write('soft', () => install(connection, 't'))
  expect(await connection.read(() => inspect(connection, 't'))).toEqual([])
})

test('a file of the fourth layout gets the triggers of today, but for a table that has lost its own', async () => {
  const connection = await database()
  await connection.write('soft', () => {
    for (const table of ['kept', 'lost']) makeTable(connection, table)
  })
  const triggers = () =>
    connection.prepare(`SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY name`).all()
  const today = (triggers() as [string, string][]).filter(([name]) => name.includes('kept'))
  write(
    connection.file,
    'DROP TRIGGER _litefeed_kept_after_delete',
    'CREATE TRIGGER _litefeed_kept_after_delete AFTER DELETE ON kept BEGIN SELECT 1; END',
    'DROP TRIGGER _litefeed_lost_after_insert',
    'DROP TRIGGER _litefeed_lost_after_delete',
    'ALTER TABLE _litefeed_tables DROP COLUMN made',
    `UPDATE _litefeed_meta SET value = '4' WHERE name = 'schema_version'`,
  )
  await connection.retry(initialise)
  expect((triggers() as [string, string][]).filter(([name]) => name.includes('kept'))).toEqual(today)
  expect((triggers() as [string, string][]).map(([name]) => name)).not.toContain('_litefeed_lost_after_delete')
})

test('a trigger that the application made later on a table of documents is put behind ours', async () => {
  const connection = await database('CREATE TABLE audit (id INTEGER PRIMARY KEY, t)')
  await connection.write('soft', () => {
    makeTable(connection, 'docs')
    install(connection, 'audit')
  })
  write(
    connection.file,
    'CREATE TRIGGER newer AFTER INSERT ON docs BEGIN INSERT INTO audit (t) VALUES (new.id); END',
    `INSERT INTO docs VALUES (1, '{"id":1}')`,
  )
  const tables = () => (logOf(connection) as unknown[][]).map(([table]) => table)
  expect(tables()).toEqual(['audit', 'docs'])
  expect(await connection.read(() => misplacedOnDocuments(connection, 'docs'))).toEqual(['newer'])
  await connection.write('soft', () => replaceDocumentTriggers(connection, 'docs'))
  expect(await connection.read(() => misplacedOnDocuments(connection, 'docs'))).toEqual([])
  write(connection.file, `INSERT INTO docs VALUES (2, '{"id":2}')`)
  expect(tables()).toEqual(['audit', 'docs', 'docs', 'audit'])
})
