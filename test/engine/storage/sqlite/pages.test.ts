import {join} from 'node:path'
import Sqlite from 'better-sqlite3'
import {expect, test} from 'vitest'
import {openSqlite} from '../../../../src/engine/storage/sqlite/sqlite.ts'
import type {Cursor} from '../../../../src/engine/storage/storage.ts'
import {temporaryDirectory} from '../../../support.ts'

// A line break in a document keeps them from being joined.
test.each(['{}', '{\n}'])('pages begin behind an id that is no UTF-8, where documents are %j', async doc => {
  const file = join(await temporaryDirectory(), 'test.db')
  await using storage = await openSqlite(file, 'write')
  await storage.create('t')
  const db = new Sqlite(file)
  const insert = db.prepare('INSERT INTO t (id, doc) VALUES (CAST(? AS TEXT), ?)')
  for (const bytes of ['61', '6180', '61EFBF', '61EFBFBD', '61F0', '61FF', '61FF61', '62'])
    insert.run(Buffer.from(bytes, 'hex'), doc)
  db.close()

  const keys: string[] = []
  let after: Cursor | undefined
  do {
    const page = await storage.page('t', after, 1)
    keys.push(...page.documents.map(({key}) => key))
    after = page.next
  } while (after !== undefined && keys.length < 20)
  expect(keys).toHaveLength(8)
  expect(keys.filter(key => ['"a"', '"b"'].includes(key))).toEqual(['"a"', '"b"'])
})
