import {closeSync, openSync, statSync, writeSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {hasResetBug} from '../../src/engine/storage/sqlite/check/file.ts'
import {databaseWith, execute, type Line, library, litefeed, log, newDatabase, query, write} from './support.ts'

async function trackedDatabase(...sql: string[]): Promise<string> {
  const db = newDatabase()
  execute(db, 'CREATE TABLE t (id INTEGER PRIMARY KEY, a, b UNIQUE);')
  for (const statement of sql) execute(db, statement)
  await library(db, store => store.track('t'))
  return db
}

/** What is wrong: check, table and message. */
async function problems(db: string): Promise<unknown[]> {
  const run = await litefeed(['doctor'], {db})
  expect(run.stderr).toBe('')
  const found = run.lines.filter(({status}) => status === 'problem')
  expect(run.status).toBe(found.length > 0 ? 1 : 0)
  return found.map(({check, table, message}: Line) => [check, table, message])
}

const dropTriggers = (table: string) =>
  ['insert', 'update', 'delete'].map(event => `DROP TRIGGER "_litefeed_${table}_after_${event}";`).join(' ')

test('a sound file: each thing that was looked at, and status 0', async () => {
  const db = await trackedDatabase(`INSERT INTO t VALUES (1, 1, 1)`)
  execute(db, `REPLACE INTO t VALUES (2, 1, 1); UPDATE t SET a = 5; INSERT INTO t VALUES (3, 3, 3)`)
  await litefeed(['insert', 'docs', '[{"id":1},{"id":[true,2]},{"id":"x","v":1.50}]'], {db})
  await write(db, 'docs', t => t.update('x', {v: 2}))
  await write(db, 'docs', t => t.delete(1))
  const run = await litefeed(['doctor'], {db})
  expect(run).toMatchObject({status: 0, stderr: ''})
  expect(run.lines.map(({check, status, table}) => [check, status, table].join(' ').trim())).toEqual([
    'sqlite ok',
    'file ok',
    'wal ok',
    ...['docs', 't'].flatMap(table => [`schema ok ${table}`, `triggers ok ${table}`, `order ok ${table}`]),
    'log ok',
    'positions ok',
    'history ok',
    'rows ok docs',
    'rows ok t',
  ])
  expect(run.lines[0].todo).toContain('SELECT sqlite_version()')
})

test('it writes nothing', async () => {
  const db = await trackedDatabase()
  execute(db, 'PRAGMA journal_mode = DELETE')
  const version = () => query(db, 'PRAGMA schema_version')
  const before = version()
  const run = await litefeed(['doctor'], {db})
  expect(run.lines.find(({check}) => check === 'wal')).toMatchObject({status: 'warning', todo: expect.anything()})
  expect(run.status).toBe(0)
  expect([version(), query(db, 'PRAGMA journal_mode')]).toEqual([before, [['delete']]])
})

test('a file in which litefeed has never been', async () => {
  const db = newDatabase()
  execute(db, 'CREATE TABLE t (a)')
  expect(await problems(db)).toEqual([])
  expect(query(db, 'SELECT name FROM sqlite_schema')).toEqual([['t']])
})

test('a file of the earlier layout', async () => {
  const db = await databaseWith({docs: [{id: 1}]})
  execute(
    db,
    `DROP TABLE _litefeed_tracked; ALTER TABLE _litefeed_tables DROP COLUMN mark;
    UPDATE _litefeed_meta SET value = '1' WHERE name = 'schema_version'`,
  )
  expect(await problems(db)).toEqual([])
})

describe('a tracked table', () => {
  test('whose triggers are gone: what was not recorded is found, and track records it', async () => {
    const db = await trackedDatabase(`INSERT INTO t VALUES (9, 9, 9)`)
    execute(db, `INSERT INTO t VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)`)
    execute(db, `${dropTriggers('t')} UPDATE t SET a = 7 WHERE id = 2; DELETE FROM t WHERE id = 3`)
    expect(await problems(db)).toEqual([
      ['triggers', 't', expect.stringContaining('_litefeed_t_after_insert')],
      [
        'rows',
        't',
        '2 rows are not as the log says; the first is that of the key 2, whose last change in the log is 2',
      ],
    ])
    await library(db, store => store.track('t'))
    execute(db, 'UPDATE t SET a = 8 WHERE id = 2')
    expect(await problems(db)).toEqual([])
  })

  test.each([
    ['columns', 'ALTER TABLE t ADD COLUMN c', [['schema', 't', 'its columns have changed: new are c']]],
    [
      'unique keys',
      'CREATE UNIQUE INDEX i ON t (a)',
      [['schema', 't', expect.stringContaining('its unique keys have changed')]],
    ],
    ['a name', 'ALTER TABLE t RENAME TO u', [['schema', 't', 'the table is called u now']]],
    ['no table', 'DROP TABLE t', [['schema', 't', 'the table is gone']]],
  ])('with other %s', async (_, sql, expected) => {
    const db = await trackedDatabase(`INSERT INTO t VALUES (1, 1, 1)`)
    execute(db, sql)
    expect((await problems(db)).filter(([check]: Line) => check !== 'triggers')).toEqual(expected)
    const [problem] = (await litefeed(['doctor'], {db})).lines.filter(({status}) => status === 'problem')
    const [, ...args] = /litefeed (\w+) (\w+)/.exec(problem.todo) as unknown as [string, string, string]
    await litefeed(args, {db})
    expect(await problems(db)).toEqual([])
  })

  test('that has got a column is not held to be another than its log', async () => {
    const db = await trackedDatabase()
    execute(
      db,
      `INSERT INTO t VALUES (1, 1, '[1, 2.0]'), (2, 2, '3'), (3, 3, 'no'); ALTER TABLE t ADD COLUMN c DEFAULT 5`,
    )
    await litefeed(['track', 't', '--json', 'b'], {db})
    expect(await problems(db)).toEqual([])
    execute(db, 'UPDATE t SET c = 6 WHERE id = 1; ALTER TABLE t RENAME COLUMN c TO d')
    await litefeed(['track', 't'], {db})
    expect(await problems(db)).toEqual([])
    execute(db, `${dropTriggers('t')} UPDATE t SET a = 9 WHERE id = 3`)
    await litefeed(['track', 't'], {db})
    expect(await problems(db)).toEqual([])
  })
})

describe('a table of documents', () => {
  test('whose triggers are gone', async () => {
    const db = await databaseWith({docs: [{id: 1}, {id: 2}]})
    execute(
      db,
      `${dropTriggers('docs')} INSERT INTO docs VALUES (3, '{"id":3}');
      UPDATE docs SET doc = '{"id":1,"v":1}' WHERE id = 1; DELETE FROM docs WHERE id = 2`,
    )
    expect(await problems(db)).toEqual([
      ['triggers', 'docs', expect.stringContaining('_litefeed_docs_after_delete')],
      [
        'rows',
        'docs',
        '3 rows are not as the log says; the first is that of the key 1, whose last change in the log is 1',
      ],
    ])
    // Not a write that the log would know nothing of.
    expect(await litefeed(['insert', 'docs', '{"id":5}'], {db})).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/nothing records the changes of "docs".*litefeed track docs/s),
    })
    expect((await litefeed(['track', 'DOCS'], {db})).stdout).toBe(
      '{"name":"docs","kind":"documents","documents":2,"seq":2,"oldest":1}\n',
    )
    await write(db, 'docs', t => t.insert({id: 4}))
    expect(await log(db)).toHaveLength(3)
    expect((await problems(db)).map(([check]: Line) => check)).toEqual(['rows'])
  })

  test('that was renamed by SQL: its old name is not taken by another, and it can be named back', async () => {
    const db = await databaseWith({docs: [{id: 1}]})
    execute(db, 'ALTER TABLE docs RENAME TO papers')
    expect(await litefeed(['insert', 'Docs', '{"id":2}'], {db})).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/"Docs" was renamed to "papers".*ALTER TABLE "papers" RENAME TO "Docs"/s),
    })
    execute(db, 'ALTER TABLE papers RENAME TO docs')
    await litefeed(['track', 'docs'], {db})
    await litefeed(['insert', 'docs', '{"id":2}'], {db})
    expect((await log(db)).map(({key}) => key)).toEqual([1, 2])
    expect(await problems(db)).toEqual([])
  })

  test('whose triggers stand behind those of an application', async () => {
    const db = await databaseWith({docs: [{id: 1, n: 0}]})
    execute(
      db,
      `CREATE TRIGGER touch AFTER UPDATE ON docs WHEN new.doc ->> 'n' < 3
      BEGIN UPDATE docs SET doc = json_set(doc, '$.n', new.doc ->> 'n' + 1) WHERE id = new.id; END`,
    )
    expect(await problems(db)).toEqual([['order', 'docs', expect.stringContaining('touch')]])
    await litefeed(['track', 'docs'], {db})
    await write(db, 'docs', t => t.update(1, {x: 1}))
    expect(await problems(db)).toEqual([])
  })

  test('in whose place an application has put another: track does not break it', async () => {
    const db = await databaseWith({docs: [{id: 1}]})
    execute(db, 'DROP TABLE docs; CREATE TABLE docs (id INTEGER PRIMARY KEY, other)')
    expect((await problems(db))[0]).toEqual(['schema', 'docs', expect.stringContaining('no columns id and doc')])
    expect((await litefeed(['track', 'docs'], {db})).result).toMatchObject({kind: 'tracked', health: 'ok'})
    execute(db, 'INSERT INTO docs VALUES (1, 2)')
    expect((await log(db)).at(-1)).toMatchObject({key: 1, new_val: {id: 1, other: 2}})
  })
})

describe('the log', () => {
  test.each([
    ['a hole', 'seq IN (2, 3, 5)', '3 positions of the log are missing: holes begin at 2, 5'],
    ['no end', 'seq > 4', 'the end of the log is missing: it was at 6, and is at 4'],
  ])('with %s', async (_, which, message) => {
    const db = await databaseWith({docs: [1, 2, 3, 4, 5, 6].map(id => ({id}))})
    execute(db, `DELETE FROM _litefeed_changes WHERE ${which}`)
    expect(await problems(db)).toContainEqual(['positions', undefined, message])
  })

  test('whose beginning is gone tells what it can', async () => {
    const db = await databaseWith({docs: [1, 2, 3].map(id => ({id}))})
    execute(db, 'DELETE FROM _litefeed_changes WHERE seq < 3')
    expect(await problems(db)).toEqual([])
    execute(db, 'DELETE FROM _litefeed_changes')
    expect(await problems(db)).toEqual([])
  })

  test('of a table that is tracked no longer is still compared with itself', async () => {
    const db = await trackedDatabase()
    execute(db, `INSERT INTO t VALUES (1, 1, 1); UPDATE t SET a = 2`)
    await litefeed(['untrack', 't', '--keep-log'], {db})
    expect(await problems(db)).toEqual([])
    execute(db, `UPDATE _litefeed_changes SET old_val = '{}' WHERE seq = 2`)
    expect(await problems(db)).toEqual([['history', 't', expect.stringContaining('the first is 2, of the key 1')]])
  })
})

test('versions of SQLite that can lose a part of the WAL', () => {
  const versions = [
    '3.6.23',
    '3.7.0',
    '3.38.0',
    '3.44.5',
    '3.44.6',
    '3.45.0',
    '3.50.6',
    '3.50.7',
    '3.51.2',
    '3.51.3',
    '3.54.0',
  ]
  expect(versions.filter(hasResetBug)).toEqual(['3.7.0', '3.38.0', '3.44.5', '3.45.0', '3.50.6', '3.51.2'])
})

test('tables says it of a table of documents that is not recorded, and nothing of one that is', async () => {
  const db = await databaseWith({kept: [{id: 1}], lost: [{id: 1}]})
  execute(db, dropTriggers('lost'))
  const [kept, lost] = (await litefeed(['tables'], {db})).lines
  expect(kept).not.toHaveProperty('health')
  expect(lost.health).toContain('_litefeed_lost_after_insert')
  const feed = await litefeed(['changes', 'kept', 'lost', '--no-follow'], {db})
  expect(feed.stderr).toBe(
    'warning: nothing records the changes of "lost" any more: `litefeed doctor` says what is missing\n',
  )
})

test('nobody is told to track a virtual table', async () => {
  const db = await databaseWith({t: [{id: 1}]})
  execute(db, 'CREATE VIRTUAL TABLE words USING fts5(text)')
  const run = await litefeed(['list', 'words'], {db})
  expect(run).toMatchObject({status: 1, stderr: expect.stringContaining('virtual table')})
  expect(run.stderr).not.toContain('track')
})

test('a damaged file: what can be looked at is, and the damage is named', async () => {
  const db = await databaseWith({t: Array.from({length: 2000}, (_, id) => ({id, text: 'x'.repeat(100)}))})
  const file = openSync(db, 'r+')
  writeSync(file, Buffer.alloc(100_000, 0xaa), 0, 100_000, statSync(db).size - 100_000)
  closeSync(file)
  const run = await litefeed(['doctor'], {db})
  expect(run).toMatchObject({status: 1, stderr: ''})
  expect(run.lines).toContainEqual(
    expect.objectContaining({
      check: 'file',
      status: 'problem',
      message: expect.stringContaining('damaged'),
      todo: expect.stringContaining('.recover'),
    }),
  )
  expect(run.lines.map(({check}) => check)).toEqual(
    expect.arrayContaining(['sqlite', 'wal', 'triggers', 'log', 'history']),
  )
})
