import {isUtf8} from 'node:buffer'
import {describe, expect, test} from 'vitest'
import {openSqlite} from '../../../../../src/engine/storage/sqlite/sqlite.ts'
import {install} from '../../../../../src/engine/storage/sqlite/tracked/install.ts'
import {database, logOf, tracked, write} from './support.ts'
import {writers} from './writers.ts'

const values: readonly [sql: string, json: string][] = [
  ['NULL', 'null'],
  ['1', '1'],
  ['9223372036854775807', '9223372036854775807'],
  ['-9223372036854775808', '-9223372036854775808'],
  ['1.0', '1.0'],
  ['-0.0', '0.0'],
  ['0.1', '0.1'],
  ['19.99', '19.99'],
  ['0.1 + 0.2', '0.30000000000000004'],
  ['1e15', '1.0e+15'],
  ['1e300', '1.0e+300'],
  ['9e999', '{"$real":"Infinity"}'],
  ['-9e999', '{"$real":"-Infinity"}'],
  [`''`, '""'],
  [`'null'`, '"null"'],
  [`'größe 🦆'`, '"größe 🦆"'],
  [`'"\\/'`, '"\\"\\\\/"'],
  [`'a' || char(13, 10, 9) || '"b"'`, '"a\\r\\n\\t\\"b\\""'],
  [`'"' || char(1, 8, 12, 27, 31, 10, 127)`, '"\\"\\u0001\\u0008\\u000c\\u001b\\u001f\\n\x7f"'],
  [`'a' || char(0) || 'b'`, '{"$text":"610062"}'],
  [`X'00fF'`, '{"$blob":"00FF"}'],
  [`X''`, '{"$blob":""}'],
  [`json('{"a":1}')`, '"{\\"a\\":1}"'],
  [`json_array(1)`, '"[1]"'],
]

describe.each(writers.filter(({version}) => version !== undefined))('$name', writer => {
  test.each(values)('writes %s as %s', async (sql, json) => {
    const connection = await tracked(['t'], 'CREATE TABLE t (a, b)')
    const statements = ['PRAGMA trusted_schema = off', `INSERT INTO t VALUES (${sql}, ${sql})`]
    expect(writer.run([{file: connection.file, statements}])).toEqual([{}])
    expect(logOf(connection)).toEqual([['t', '1', null, `{"a":${json},"b":${json}}`]])
  })

  test('writes text that is not UTF-8, and says nothing wrong about the rest', async () => {
    const connection = await tracked(['t'], 'CREATE TABLE t (a, b)')
    const statements = [`INSERT INTO t VALUES (CAST(X'61FFC3' AS TEXT), 1)`, `UPDATE t SET b = 2`]
    expect(writer.run([{file: connection.file, statements}])).toEqual([{}])
    expect(logOf(connection)).toEqual([
      ['t', '1', null, '{"a":"a��","b":1}'],
      ['t', '1', '{"a":"a��","b":1}', '{"a":"a��","b":2}'],
    ])
    await using storage = await openSqlite(connection.file, 'read')
    const {lines} = await storage.lines({after: 0, limit: 10})
    expect(isUtf8(lines)).toBe(true)
    expect(Buffer.from(lines).toString()).toContain('"new_val":{"a":"a��","b":2}}\n')
  })

  test('writes reals that read back as they were', async () => {
    const connection = await tracked(['t'], 'CREATE TABLE t (a)')
    const numbers = Array.from({length: 2000}, (_, at) => Math.sin(at + 1) * 10 ** ((at % 60) - 30))
    const statements = [`INSERT INTO t VALUES ${numbers.map(number => `(${number.toExponential()})`).join(', ')}`]
    writer.run([{file: connection.file, statements}])
    // The older writers may read what they are given wrong, so it is what they stored that counts.
    const stored = connection.prepare('SELECT a FROM t ORDER BY rowid').all() as [number][]
    const told = logOf(connection) as [string, string, null, string][]
    expect(told.map(([, , , row]) => JSON.parse(row).a)).toEqual(stored.map(([number]) => number))
  })
})

test('a column that is JSON by the word of its user is spliced in where it is', async () => {
  const connection = await database('CREATE TABLE t (a, b)')
  await connection.write('soft', () => install(connection, 't', {json: ['A']}))
  const json = [`' {"n": [1.50,\n 12345678901234567890]} '`, `'{'`, '1.0', `X'5B5D'`, `json('[]')`, `'1' || char(0)`]
  write(connection.file, `INSERT INTO t VALUES ${json.map(sql => `(${sql}, ${sql})`).join(', ')}`)
  expect((logOf(connection) as unknown[][]).map(row => row[3])).toEqual([
    '{"a":{"n":[1.50,12345678901234567890]},"b":" {\\"n\\": [1.50,\\n 12345678901234567890]} "}',
    '{"a":"{","b":"{"}',
    '{"a":1.0,"b":1.0}',
    '{"a":{"$blob":"5B5D"},"b":{"$blob":"5B5D"}}',
    '{"a":[],"b":"[]"}',
    '{"a":{"$text":"3100"},"b":{"$text":"3100"}}',
  ])
})
