import {describe, expect, test} from 'vitest'
import type {Key} from '../../../../../src/engine/documents/key.ts'
import {getRow, keyTextOf, pageRows, rowsSql} from '../../../../../src/engine/storage/sqlite/tracked/read.ts'
import {readShape} from '../../../../../src/engine/storage/sqlite/tracked/shape.ts'
import type {Cursor} from '../../../../../src/engine/storage/storage.ts'
import {Random} from '../../../../support.ts'
import {readKey, readRows, readText} from './rows.ts'
import {schemas} from './schemas.ts'
import {script} from './statements.ts'
import {database, tracked} from './support.ts'
import {writers} from './writers.ts'

describe.each(schemas)('the rows of $name', schema => {
  test('are read as the log spells them: all, page by page, and by their keys', async () => {
    const connection = await database()
    const random = new Random()
    writers[0]?.run([{file: connection.file, statements: [...schema.sql, ...script(random, schema, 150)]}])
    for (const table of Object.keys(schema.tables)) {
      const shape = readShape(connection, table, schema.json)
      const all = connection.prepare(rowsSql(shape)).all() as [string, string][]
      const asRead = new Map(all.map(([key, text]) => [readKey(key), readText(text)]))
      expect(asRead).toEqual(readRows(connection.file, table, schema.json))
      expect(asRead.size).toBe(all.length)

      const paged: [string, string][] = []
      for (let after: Cursor | undefined; ; ) {
        const page = pageRows(connection, shape, after, 2)
        paged.push(...page.documents.map(({key, text}) => [key, text] as [string, string]))
        if (page.next === undefined) break
        after = page.next
      }
      expect(new Set(paged.map(String))).toEqual(new Set(all.map(String)))
      expect(paged).toHaveLength(all.length)

      for (const [text, row] of all) {
        const key = JSON.parse(text) as Key | null
        if (!isKey(key)) continue
        expect(keyTextOf(connection, shape, key), text).toBe(text)
        expect(getRow(connection, shape, key), text).toBe(row)
      }
    }
  })
})

test('a key is found by what it is, not by what SQLite finds equal to it', async () => {
  const connection = await tracked(['t'], `CREATE TABLE t (k TEXT COLLATE NOCASE PRIMARY KEY NOT NULL)`)
  connection.execute(`INSERT INTO t VALUES ('a'), ('1')`)
  const shape = readShape(connection, 't')
  const keys: Key[] = ['a', 'A', '1', 1, true, ['a'], 'b']
  expect(keys.map(key => getRow(connection, shape, key))).toEqual([
    '{"k":"a"}',
    null,
    '{"k":"1"}',
    null,
    null,
    null,
    null,
  ])
})

test('a page of a large table is found by its index', async () => {
  const connection = await database('CREATE TABLE t (a, b TEXT COLLATE NOCASE, PRIMARY KEY (a, b)) WITHOUT ROWID')
  const shape = readShape(connection, 't')
  connection.execute(`INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')`)
  const page = pageRows(connection, shape, undefined, 1)
  expect(page.documents).toEqual([{key: '[1,"a"]', text: '{"a":1,"b":"a"}'}])
  expect(pageRows(connection, shape, page.next, 1).documents).toEqual([{key: '[2,"b"]', text: '{"a":2,"b":"b"}'}])
})

function isKey(key: unknown): key is Key {
  if (Array.isArray(key)) return key.every(isKey)
  return typeof key === 'string'
    ? !key.includes('�')
    : typeof key === 'number' && (Number.isSafeInteger(key) || key % 1 !== 0)
}
