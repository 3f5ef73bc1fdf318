import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {openSqlite} from '../../../../src/engine/storage/sqlite/sqlite.ts'
import {Random, readLog, replay, rounds, stored, temporaryDirectory} from '../../../support.ts'
import {inProcess, python, shell, writers} from './writers.ts'

describe.each([
  {writer: inProcess, runs: 24, length: 40},
  {writer: shell, runs: 5, length: 80},
  {writer: python, runs: 5, length: 80},
])('whatever $writer.name does to a table', ({writer, runs, length}) => {
  const installed = writer.version !== undefined
  if (!installed) console.error(`${writer.name} is not installed: not tested as a writer`)

  test.runIf(installed).each(['off', 'on'])(
    `the log leads to what is there, with recursive_triggers %s`,
    async recursive => {
      const random = new Random()
      for (let run = 0; run < rounds(runs); run++) {
        const file = await emptyTable()
        const statements = [`PRAGMA recursive_triggers = ${recursive}`, ...script(random, length)]
        writer.run(file, statements)
        await checkLog(file, statements)
      }
    },
  )

  test.runIf(installed).each(['off', 'on'])(
    'one conflict clause after the other, with recursive_triggers %s',
    async recursive => {
      const clauses = ['', 'OR REPLACE', 'OR IGNORE', 'OR FAIL', 'OR ABORT', 'OR ROLLBACK']
      const statements = clauses.flatMap(clause => [
        `INSERT ${clause} INTO t (id, doc) VALUES (1, '{"n":1}'), (2, '{"n":1}')`,
        `INSERT ${clause} INTO t (id, doc) VALUES (3, '{"n":2}'), (1, '{"n":2}'), (4, '{"n":2}')`,
        `UPDATE ${clause} t SET id = id + 1, doc = '{"n":3}'`,
        `UPDATE ${clause} t SET id = 2`,
        `UPDATE ${clause} t SET doc = 'no JSON' WHERE id > 1`,
        `INSERT ${clause} INTO t (id, doc) VALUES (5, '{"n":4}'), (NULL, '{}'), (6, NULL), (7, 'no JSON')`,
        `DELETE FROM t WHERE id IN (1, 5)`,
      ])
      const file = await emptyTable()
      writer.run(file, [`PRAGMA recursive_triggers = ${recursive}`, ...statements])
      await checkLog(file, statements)
    },
  )
})

describe('a foreign writer', () => {
  test('that replaces a document is a change with the old value', async () => {
    const file = await emptyTable()
    inProcess.run(file, [`INSERT INTO t VALUES ('a', '{"n":1}')`, `REPLACE INTO t VALUES ('a', '{"n":2}')`])
    expect(await logOf(file)).toEqual([
      ['"a"', null, '{"n":1}'],
      ['"a"', '{"n":1}', '{"n":2}'],
    ])
  })

  test('whose statement is ignored changes nothing', async () => {
    const file = await emptyTable()
    inProcess.run(file, [
      `INSERT INTO t VALUES ('a', '{}')`,
      `INSERT OR IGNORE INTO t VALUES ('a', '{"n":2}')`,
      `INSERT INTO t VALUES ('a', '{"n":2}') ON CONFLICT DO NOTHING`,
      `UPDATE t SET doc = doc`,
      `UPDATE t SET doc = '{"n":3}' WHERE id = 'b'`,
    ])
    expect(await logOf(file)).toEqual([['"a"', null, '{}']])
  })

  test('that moves a document onto another one removes both and adds one', async () => {
    const file = await emptyTable()
    inProcess.run(file, [
      `INSERT INTO t VALUES (1, '{"n":1}'), (2, '{"n":2}')`,
      `UPDATE OR REPLACE t SET id = 2 WHERE id = 1`,
    ])
    expect((await logOf(file)).slice(2)).toEqual([
      ['1', '{"n":1}', null],
      ['2', '{"n":2}', '{"n":1}'],
    ])
  })

  test('that rolls back leaves no trace and no hole', async () => {
    const file = await emptyTable()
    inProcess.run(file, ['BEGIN', `INSERT INTO t VALUES ('a', '{}')`, 'ROLLBACK', `INSERT INTO t VALUES ('b', '{}')`])
    expect(await logOf(file)).toEqual([['"b"', null, '{}']])
    await checkLog(file, [])
  })

  const spellings: [sql: string, text: string][] = [
    ['1', '1'],
    ['1.0', '1'],
    ['-0.0', '0'],
    ['1e15', '1000000000000000'],
    ['9007199254740992.0', '9007199254740992'],
    ['9007199254740993', '9007199254740993'],
    ['0.1 + 0.2', '0.30000000000000004'],
    ['0.3', '0.3'],
    ['2.5', '2.5'],
    [`'1'`, '"1"'],
    [`X'74727565'`, 'true'],
    [`X'5B312C2261225D'`, '[1,"a"]'],
    [`X'31'`, '{"$blob":"31"}'],
    [`X'226122'`, '{"$blob":"226122"}'],
    [`X'FF'`, '{"$blob":"FF"}'],
  ]
  test.each(spellings)('that writes the key %s writes %s into the log, whichever SQLite it has', async (sql, text) => {
    for (const writer of writers) {
      const file = await emptyTable()
      writer.run(file, [`INSERT INTO t VALUES (${sql}, '{}')`])
      expect(await logOf(file), `${writer.name} ${writer.version}`).toEqual([[text, null, '{}']])
      await checkLog(file, [])
    }
  })

  test('that writes a key in JSON of several lines is followed in lines', async () => {
    const file = await emptyTable()
    inProcess.run(file, [`INSERT INTO t VALUES (CAST('[1,' || char(10) || '2]' AS BLOB), '{}')`])
    await using storage = await openSqlite(file, 'write')
    const {lines, count} = await storage.lines({after: 0, limit: 10})
    expect(count).toBe(1)
    expect(JSON.parse(Buffer.from(lines).toString())).toMatchObject({key: [1, 2]})
    expect(Buffer.from(lines).indexOf(10)).toBe(lines.length - 1)
  })

  test.each(['off', 'on'])(
    'that replaces by rowid what has another key removes that, with recursive_triggers %s',
    async recursive => {
      const file = await emptyTable()
      const statements = [
        `PRAGMA recursive_triggers = ${recursive}`,
        `INSERT INTO t (rowid, id, doc) VALUES (-1, 'z', '{}'), (1, 'a', '{}'), (2, 'b', '{}'), (3, 'c', '{}'), (4, 'd', '{}')`,
        `INSERT INTO t VALUES ('e', '{}')`,
        `INSERT OR REPLACE INTO t (rowid, id, doc) VALUES (1, 'new', '{}')`,
        `INSERT OR REPLACE INTO t (rowid, id, doc) VALUES (2, 'c', '{"n":1}')`,
        `UPDATE OR REPLACE t SET rowid = 4 WHERE id = 'new'`,
        `UPDATE OR REPLACE t SET rowid = 4, id = 'e', doc = '{"n":2}' WHERE id = 'c'`,
      ]
      inProcess.run(file, statements)
      await checkLog(file, statements)
    },
  )

  test('that stores a blob of JSON stores a document', async () => {
    const file = await emptyTable()
    inProcess.run(file, [
      `INSERT INTO t VALUES ('a', CAST('{"n":1}' AS BLOB))`,
      `UPDATE t SET doc = CAST('{"n":2}' AS BLOB)`,
    ])
    expect(await logOf(file)).toEqual([
      ['"a"', null, '{"n":1}'],
      ['"a"', '{"n":1}', '{"n":2}'],
    ])
    await using storage = await openSqlite(file, 'write')
    expect(await storage.get('t', ['a'])).toEqual(['{"n":2}'])
    expect((await storage.page('t', undefined, 10)).documents).toEqual([{key: '"a"', text: '{"n":2}'}])
    expect((await storage.snapshot({})).documents).toEqual([{table: 't', key: '"a"', text: '{"n":2}'}])
  })

  test('whose own triggers write to another table does not confuse the two', async () => {
    const file = await emptyTable()
    await using storage = await openSqlite(file, 'write')
    await storage.create('u')
    const statements = [
      ...['BEFORE', 'AFTER'].map(
        time => `CREATE TRIGGER audit_${time} ${time} INSERT ON t BEGIN
          INSERT OR IGNORE INTO u VALUES (new.id, '{"of":"u"}');
          INSERT OR REPLACE INTO u VALUES (new.id || ' ${time}', new.doc);
        END`,
      ),
      `INSERT INTO t VALUES ('a', '{"n":1}')`,
      `INSERT OR REPLACE INTO t VALUES ('a', '{"n":2}')`,
      `INSERT OR REPLACE INTO t VALUES ('a', '{"n":3}')`,
      `INSERT INTO t VALUES ('a', '{"n":3}') ON CONFLICT (id) DO UPDATE SET doc = '{"n":4}'`,
      `INSERT INTO t VALUES ('b', '{"n":1}')`,
    ]
    inProcess.run(file, statements)
    await checkLog(file, statements)
  })
})

/** A file with an empty table `t`. */
async function emptyTable(): Promise<string> {
  const file = join(await temporaryDirectory(), 'test.db')
  await using storage = await openSqlite(file, 'write')
  await storage.create('t')
  return file
}

async function logOf(file: string): Promise<unknown[][]> {
  await using storage = await openSqlite(file, 'write')
  return (await readLog(storage)).map(({key, old_val, new_val}) => [key, old_val, new_val])
}

async function checkLog(file: string, statements: readonly string[]): Promise<void> {
  await using storage = await openSqlite(file, 'write')
  try {
    const log = await readLog(storage)
    expect(log[0]?.seq ?? 1).toBe(1)
    expect(replay(log)).toEqual(await stored(storage))
    const {count, drained} = await storage.lines({after: 0, limit: 10_000})
    expect({count, drained}).toEqual({count: log.length, drained: true})
  } catch (error) {
    console.error(`${statements.join(';\n')};`)
    throw error
  }
}

/** Random statements; the transactions among them are complete. */
function script(random: Random, length: number): string[] {
  const statements: string[] = []
  while (statements.length < length) {
    if (random.chance(0.85)) statements.push(statement(random))
    else statements.push(...transaction(random))
  }
  return statements
}

function transaction(random: Random): string[] {
  const inner = Array.from({length: 1 + random.below(4)}, () => statement(random))
  const end = random.pick(['COMMIT', 'ROLLBACK'])
  if (random.chance(0.5)) return ['BEGIN', ...inner, end]
  const savepoint = ['SAVEPOINT s', statement(random), random.pick(['RELEASE s', 'ROLLBACK TO s'])]
  return ['BEGIN IMMEDIATE', ...inner, ...savepoint, ...inner, end]
}

function statement(random: Random): string {
  const or = random.pick(['', '', 'OR REPLACE', 'OR REPLACE', 'OR IGNORE', 'OR FAIL', 'OR ABORT', 'OR ROLLBACK'])
  const key = () => random.pick(keys)
  const doc = () => document(random)
  const rows = () => Array.from({length: 1 + random.below(3)}, () => `(${key()}, ${doc()})`).join(', ')
  const where = () =>
    random.pick([
      `id = ${key()}`,
      `id IN (${key()}, ${key()}, ${key()})`,
      `rowid % 2 = 0`,
      `typeof(id) = 'text'`,
      'true',
    ])
  const upsert = () =>
    random.pick([
      'DO NOTHING',
      'DO UPDATE SET doc = excluded.doc',
      `DO UPDATE SET doc = ${doc()} WHERE excluded.doc > t.doc`,
      `DO UPDATE SET id = ${key()}`,
      `DO UPDATE SET id = ${key()}, doc = excluded.doc`,
    ])
  return random.pick([
    () => `INSERT ${or} INTO t (id, doc) VALUES ${rows()}`,
    () => `INSERT ${or} INTO t (id, doc) VALUES ${rows()}`,
    () => `INSERT ${or} INTO t (id, doc) VALUES ${rows()} ON CONFLICT (id) ${upsert()}`,
    () => `INSERT ${or} INTO t (rowid, id, doc) VALUES (${random.below(8) - 1}, ${key()}, ${doc()})`,
    () =>
      `INSERT ${or} INTO t (id, doc) SELECT ${random.pick([key(), 'id', `id || 'x'`])}, ${random.pick([doc(), 'doc'])} FROM t WHERE ${where()} LIMIT 3`,
    () => `REPLACE INTO t (doc, id) SELECT doc, ${key()} FROM t WHERE ${where()}`,
    () => `UPDATE ${or} t SET doc = ${doc()} WHERE ${where()}`,
    () => `UPDATE ${or} t SET id = ${key()} WHERE ${where()}`,
    () => `UPDATE ${or} t SET id = ${key()}, doc = ${doc()} WHERE ${where()}`,
    () => `UPDATE ${or} t SET id = id + 1 WHERE typeof(id) = 'integer'`,
    () => `UPDATE ${or} t SET rowid = ${random.below(8) - 1}, id = ${random.pick(['id', key()])} WHERE ${where()}`,
    () => `DELETE FROM t WHERE ${where()} AND rowid % 3 = ${random.below(3)}`,
    () => `DELETE FROM t WHERE id = ${key()}`,
  ])()
}

/** JSON mostly, but for what the table refuses. */
function document(random: Random): string {
  if (random.chance(0.05)) return random.pick(['NULL', `'no JSON'`])
  const text = `{"n":${random.below(20)}}`
  return random.pick([`'${text}'`, `'${text}'`, `'${text}'`, `'[\n${text}]'`, '7', `CAST('${text}' AS BLOB)`])
}

/** Keys as SQL. Some are one key in two spellings, some look alike and are not. */
const keys = [
  '1',
  '1',
  '1.0',
  '2',
  '2.5',
  '3',
  '0',
  '-0.0',
  '1e15',
  '1000000000000000',
  '9007199254740993',
  '9007199254740992.0',
  '0.1 + 0.2',
  '0.3',
  '1e300',
  '9e999',
  `'a'`,
  `'a'`,
  `'b'`,
  `'1'`,
  `''`,
  `'it''s "so"'`,
  `'größe 🦆'`,
  `X'74727565'`,
  `X'66616C7365'`,
  `X'5B312C2261225D'`,
  `X'5B20312C2261225D'`,
  `X'226122'`,
  `X'31'`,
  `X'FF'`,
  `X''`,
  'NULL',
]
