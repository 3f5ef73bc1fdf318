import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import Sqlite from 'better-sqlite3'
import {describe, expect, test} from 'vitest'
import {
  counts,
  databaseWith,
  documents,
  finished,
  litefeed,
  log,
  ndjson,
  newDatabase,
  newDirectory,
  query,
  start,
  tail,
} from './support.ts'

const zeros = {deleted: 0, errors: 0, inserted: 0, replaced: 0, skipped: 0, unchanged: 0}

describe('insert', () => {
  test('prints every count, zeros included, and the position, in one order', async () => {
    const run = await litefeed(['insert', 'users', '{"id":1}'], {db: newDatabase()})
    expect(run.stdout).toBe('{"deleted":0,"errors":0,"inserted":1,"replaced":0,"skipped":0,"unchanged":0,"seq":1}\n')
    expect(run.stderr).toBe('')
    expect(run.status).toBe(0)
  })

  test('takes documents and arrays of them as arguments', async () => {
    const db = newDatabase()
    const {result} = await litefeed(['insert', 'users', '{"id":1}', '[{"id":2},{"id":3}]', '{"id":4}', '[]'], {db})
    expect(result).toEqual({...zeros, inserted: 4, seq: 4})
    expect(documents(db, 'users')).toEqual([{id: 1}, {id: 2}, {id: 3}, {id: 4}])
  })

  const three = [
    {id: 1, name: 'a'},
    {id: 2, name: 'b', more: {deep: [1, {x: null}]}},
    {id: 3, name: 'ü "quoted" \\ \n'},
  ]
  test.each([
    ['NDJSON', ndjson(three)],
    ['NDJSON without the last line break', ndjson(three).trimEnd()],
    ['NDJSON with blank lines and CRLF', ndjson(three).replaceAll('}\n', '}\r\n\r\n')],
    ['one array', JSON.stringify(three)],
    ['one array over many lines', JSON.stringify(three, null, 2)],
    ['concatenated JSON', three.map(value => JSON.stringify(value)).join('')],
    ['concatenated JSON over many lines', three.map(value => JSON.stringify(value, null, 2)).join('\n')],
    ['JSON with a byte order mark', `\ufeff${ndjson(three)}`],
    ['an array a line', ndjson([three.slice(0, 2), three.slice(2)])],
  ])('reads %s from stdin', async (_, input) => {
    const db = newDatabase()
    const run = await litefeed(['insert', 'users'], {db, input})
    expect(run).toMatchObject({status: 0, stderr: '', result: {...zeros, inserted: 3, seq: 3}})
    expect(documents(db, 'users')).toEqual(three)
  })

  test('"-" is stdin', async () => {
    const db = newDatabase()
    expect(await litefeed(['insert', 'users', '-'], {db, input: '{"id":1}'})).toMatchObject({
      status: 0,
      result: {inserted: 1},
    })
  })

  test('no input at all is no error', async () => {
    const db = newDatabase()
    expect(await litefeed(['insert', 'users'], {db, input: ''})).toMatchObject({status: 0, result: {...zeros, seq: 0}})
    expect((await litefeed(['tables'], {db})).lines).toEqual([
      {name: 'users', kind: 'documents', documents: 0, seq: null, oldest: 1},
    ])
  })

  test('a missing id gets a UUIDv7, told in generated_keys', async () => {
    const db = newDatabase()
    const {result} = await litefeed(['insert', 'users', '{"name":"a"}', '{"id":7}', '{"name":"b"}'], {db})
    expect(result.generated_keys).toHaveLength(2)
    for (const key of result.generated_keys)
      expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    const {lines} = await litefeed(['get', 'users', ...result.generated_keys], {db})
    expect(lines).toEqual(result.generated_keys.map((id: string, index: number) => ({id, name: 'ab'[index]})))
  })

  test('keys are strings, numbers, booleans and arrays of those, each its own', async () => {
    const db = newDatabase()
    const ids = [1, '1', 1.5, -3, true, 'true', false, [1], ['1'], [1, 'a', [true]], [], '', 'ü', '[1]', 1e21]
    const {result} = await litefeed(['insert', 't'], {db, input: ndjson(ids.map(id => ({id})))})
    expect(counts(result)).toEqual({inserted: ids.length})
    const keys = ids.map(id => JSON.stringify(id))
    expect((await litefeed(['get', 't', ...keys], {db})).lines.map(({id}) => id)).toEqual(ids)
    expect((await log(db)).map(({key}) => key)).toEqual(ids)
    const again = await litefeed(['insert', 't', ...ids.map(id => JSON.stringify({id, n: 1}))], {db})
    expect(counts(again.result)).toMatchObject({errors: ids.length})
    expect(counts((await litefeed(['delete', 't', ...keys], {db})).result)).toEqual({deleted: ids.length})
  })

  test('1 and 1.0 are one key', async () => {
    const db = newDatabase()
    const {result, status} = await litefeed(['insert', 't', '{"id":1}', '{"id":1.0}', '{"id":1e0}'], {db})
    expect(status).toBe(1)
    expect(result).toMatchObject({
      inserted: 1,
      errors: 2,
      first_error: expect.stringContaining('duplicate primary key'),
    })
  })

  describe('a key that is taken', () => {
    const setUp = () => databaseWith({t: [{id: 1, n: 1, deep: {a: 1, b: 2}}]})

    test.each([
      [
        'error, the default',
        [],
        {errors: 1, first_error: expect.stringContaining('1')},
        1,
        {id: 1, n: 1, deep: {a: 1, b: 2}},
      ],
      [
        'error',
        ['--conflict', 'error'],
        {errors: 1, first_error: expect.stringContaining('1')},
        1,
        {id: 1, n: 1, deep: {a: 1, b: 2}},
      ],
      ['skip', ['--conflict', 'skip'], {skipped: 1}, 0, {id: 1, n: 1, deep: {a: 1, b: 2}}],
      ['update', ['--conflict', 'update'], {replaced: 1}, 0, {id: 1, n: 2, deep: {a: null, b: 2}}],
      ['replace', ['--conflict=replace'], {replaced: 1}, 0, {id: 1, n: 2, deep: {a: null}}],
      ['an expression', ['--conflict-expr', '{"id":id,"n":old_val.n+new_val.n}'], {replaced: 1}, 0, {id: 1, n: 3}],
      ['an expression that deletes', ['--conflict-expr', 'null'], {deleted: 1}, 0, undefined],
      [
        'an expression of nothing',
        ['--conflict-expr', 'nothing'],
        {errors: 1, first_error: expect.any(String)},
        1,
        {id: 1, n: 1, deep: {a: 1, b: 2}},
      ],
      [
        'an expression that fails',
        ['--conflict-expr', '$error("no!")'],
        {errors: 1, first_error: 'no!'},
        1,
        {id: 1, n: 1, deep: {a: 1, b: 2}},
      ],
      [
        'an expression that changes the id',
        ['--conflict-expr', '{"id":2}'],
        {errors: 1, first_error: expect.stringContaining('cannot be changed')},
        1,
        {id: 1, n: 1, deep: {a: 1, b: 2}},
      ],
      [
        'an expression of the old value',
        ['--conflict-expr', 'old_val'],
        {unchanged: 1},
        0,
        {id: 1, n: 1, deep: {a: 1, b: 2}},
      ],
    ])('%s', async (_, flags, expected, status, document) => {
      for (const stdin of [false, true]) {
        const db = await setUp()
        const doc = '{"id":1,"n":2,"deep":{"a":null}}'
        const run = await litefeed(['insert', 't', ...flags, ...(stdin ? [] : [doc])], {
          db,
          input: stdin ? `${doc}\n` : '',
        })
        expect(counts(run.result)).toEqual(expected)
        expect(run.status).toBe(status)
        expect(documents(db, 't')).toEqual(document === undefined ? [] : [document])
      }
    })

    test('the modes leave alone a document whose key is free', async () => {
      const db = await setUp()
      for (const [index, flags] of [
        ['--conflict', 'skip'],
        ['--conflict', 'update'],
        ['--conflict', 'replace'],
        ['--conflict-expr', 'null'],
      ].entries()) {
        const {result} = await litefeed(['insert', 't', ...flags, `{"id":${index + 10}}`], {db})
        expect(counts(result)).toEqual({inserted: 1})
      }
    })

    test('duplicates in one input meet each other in their order', async () => {
      const db = newDatabase()
      const input = ndjson([
        {id: 1, n: 1},
        {id: 1, n: 10},
        {id: 2, n: 5},
        {id: 1, n: 100},
      ])
      const {result} = await litefeed(['insert', 't', '--conflict-expr', '{"id":id,"n":old_val.n+new_val.n}'], {
        db,
        input,
      })
      expect(counts(result)).toEqual({inserted: 2, replaced: 2})
      expect(documents(db, 't')).toEqual([
        {id: 1, n: 111},
        {id: 2, n: 5},
      ])
    })
  })

  test('a deeply equal document is unchanged: key order aside, 1 equals 1.0', async () => {
    const db = newDatabase()
    await litefeed(['insert', 't', '{"id":1,"a":{"x":1,"y":[1,2]},"b":null}'], {db})
    const {result} = await litefeed(
      ['insert', 't', '--conflict', 'replace', '{"b":null,"a":{"y":[1.0,2],"x":1e0},"id":1}'],
      {db},
    )
    expect(result).toEqual({...zeros, unchanged: 1, seq: 1})
    expect(await log(db)).toHaveLength(1)
    const {result: other} = await litefeed(
      ['insert', 't', '--conflict', 'replace', '{"b":null,"a":{"y":[2,1],"x":1},"id":1}'],
      {db},
    )
    expect(counts(other)).toEqual({replaced: 1})
  })

  test('one refused document does not stop the others', async () => {
    const db = newDatabase()
    const run = await litefeed(
      ['insert', 't', '{"id":1}', '5', '{"id":null}', '{"id":2}', 'nonsense', '{"id":{}}', '{"id":1}', '{"id":3}'],
      {db},
    )
    expect(run.status).toBe(1)
    expect(run.result).toMatchObject({inserted: 3, errors: 5, first_error: expect.stringContaining('not number')})
    expect(documents(db, 't')).toEqual([{id: 1}, {id: 2}, {id: 3}])
  })

  test('what the application forbids is refused in its words', async () => {
    const db = await databaseWith({t: [{id: 1, n: 1}]})
    const connection = new Sqlite(db)
    connection.exec(`CREATE UNIQUE INDEX n_index ON t (doc ->> 'n');
      CREATE TRIGGER positive BEFORE INSERT ON t WHEN new.doc ->> 'n' < 0 BEGIN SELECT RAISE(ABORT, 'n must be positive'); END;
      CREATE TRIGGER kept BEFORE DELETE ON t BEGIN SELECT RAISE(ABORT, 'it is kept'); END`)
    connection.close()
    const first = async (...args: string[]) => (await litefeed(args, {db})).result
    const said = (text: string, verb = 'take') => ({
      errors: 1,
      first_error: expect.stringContaining(`SQLite does not ${verb} the document: ${text}`),
    })
    expect(await first('insert', 't', '{"id":2,"n":-1}')).toMatchObject(said('n must be positive'))
    expect(await first('insert', 't', '{"id":2,"n":1}', '{"id":3,"n":2}')).toMatchObject({
      ...said("UNIQUE constraint failed: index 'n_index'"),
      inserted: 1,
    })
    expect(await first('delete', 't', '1')).toMatchObject(said('it is kept', 'remove'))
  })

  test('--return-changes lists the old and the new values', async () => {
    const db = newDatabase()
    const {result} = await litefeed(
      ['insert', 't', '--return-changes', '{"id":1,"big":12345678901234567890}', '{"id":2}'],
      {db},
    )
    expect(Object.keys(result)).toEqual([
      'deleted',
      'errors',
      'inserted',
      'replaced',
      'skipped',
      'unchanged',
      'seq',
      'changes',
    ])
    expect(result.changes).toEqual([
      {old_val: null, new_val: {id: 1, big: Number('12345678901234567890')}},
      {old_val: null, new_val: {id: 2}},
    ])
    const run = await litefeed(
      ['insert', 't', '--return-changes', '--conflict', 'replace', '{"id":1,"big":12345678901234567891}'],
      {db},
    )
    expect(run.stdout).toContain(
      '"changes":[{"old_val":{"id":1,"big":12345678901234567890},"new_val":{"id":1,"big":12345678901234567891}}]',
    )
  })

  test('--durability soft stores as well; anything else is refused', async () => {
    const db = newDatabase()
    expect(await litefeed(['insert', 't', '--durability', 'soft', '{"id":1}'], {db})).toMatchObject({
      status: 0,
      result: {inserted: 1},
    })
    const run = await litefeed(['insert', 't', '--durability', 'medium', '{"id":1}'], {db})
    expect(run).toMatchObject({status: 2, stdout: '', stderr: expect.stringContaining('medium')})
  })

  test('a document written to an open stdin is seen by others at once', async () => {
    const db = newDatabase()
    const following = await tail(['t'], {db})
    const writer = start(['insert', 't'], {db})
    for (const id of [1, 2, 3]) {
      writer.stdin?.write(`{"id":${id}}\n`)
      expect(await following.next()).toMatchObject({key: id, type: 'add'})
    }
    // Complete without a line break.
    writer.stdin?.write('{"id":4}')
    expect(await following.next()).toMatchObject({key: 4})
    // Half a document is not written, and not refused before it is clear that no more comes.
    writer.stdin?.write('{"id":5,')
    writer.stdin?.write('"n":1}\n{"id":6}\n{"id":')
    expect(await following.take(2)).toMatchObject([{new_val: {id: 5, n: 1}}, {key: 6}])
    const run = finished(writer)
    writer.stdin?.end('7}')
    expect(await run).toMatchObject({status: 0, result: {inserted: 7, seq: 7}})
    expect(await following.next()).toMatchObject({key: 7})
  })
})

describe('update', () => {
  const setUp = () =>
    databaseWith({
      t: [
        {id: 1, n: 1, deep: {a: 1, b: [1]}},
        {id: '1', n: 2},
        {id: 3, n: 3},
      ],
    })

  test('merges deeply; arrays are replaced, null is a value', async () => {
    const db = await setUp()
    const run = await litefeed(['update', 't', '1', '{"deep":{"b":[2,3],"c":null},"n":null}'], {db})
    expect(run).toMatchObject({status: 0, result: {...zeros, replaced: 1, seq: 4}})
    expect((await litefeed(['get', 't', '1'], {db})).lines).toEqual([
      {id: 1, n: null, deep: {a: 1, b: [2, 3], c: null}},
    ])
  })

  test('by several keys, counting those that are not there', async () => {
    const db = await setUp()
    const {result, status} = await litefeed(['update', 't', '1', '"1"', '99', '{"n":2}', '--return-changes'], {db})
    expect(counts(result)).toEqual({
      replaced: 1,
      skipped: 1,
      unchanged: 1,
      changes: [{old_val: {id: 1, n: 1, deep: {a: 1, b: [1]}}, new_val: {id: 1, n: 2, deep: {a: 1, b: [1]}}}],
    })
    expect(status).toBe(0)
  })

  test.each([
    ['--where', ['--where', 'n >= 2', '{"old":true}'], {replaced: 2}, [undefined, true, true]],
    ['--all', ['--all', '{"old":true}'], {replaced: 3}, [true, true, true]],
    ['--where that nothing meets', ['--where', 'n > 99', '{"old":true}'], {}, [undefined, undefined, undefined]],
    ['--where and --expr', ['--where', 'n = 1 or n = 2', '--expr', '{"old": n + 1}'], {replaced: 2}, [2, 3, undefined]],
    ['--all and --expr', ['--all', '--expr', '{"old": n}'], {replaced: 3}, [1, 2, 3]],
    ['a key and --expr', ['3', '--expr', '{"old": n}'], {replaced: 1}, [undefined, undefined, 3]],
    ['null', ['1', '99', 'null'], {unchanged: 1, skipped: 1}, [undefined, undefined, undefined]],
    [
      'an expression of null',
      ['--all', '--expr', 'n = 1 ? {"old": 5} : null'],
      {replaced: 1, unchanged: 2},
      [5, undefined, undefined],
    ],
    [
      'an expression of nothing',
      ['--all', '--expr', 'deep[a=1].{"old": 5}'],
      {replaced: 1, unchanged: 2},
      [5, undefined, undefined],
    ],
  ])('%s', async (_, args, expected, old) => {
    const db = await setUp()
    const run = await litefeed(['update', 't', ...args], {db})
    expect(counts(run.result)).toEqual(expected)
    expect(run.status).toBe(0)
    expect(documents(db, 't').map(document => document.old)).toEqual([old[0], old[2], old[1]])
  })

  test('"-" reads documents with their ids', async () => {
    const db = await setUp()
    const run = await litefeed(['update', 't', '-'], {
      db,
      input: '{"id":1,"n":10}\n{"n":5}\n{"id":99,"n":5}\n{"id":3,"n":3}\n{"id":3,"more":1}\n',
    })
    expect(counts(run.result)).toMatchObject({
      replaced: 2,
      errors: 1,
      skipped: 1,
      unchanged: 1,
      first_error: expect.stringContaining('id'),
    })
    expect(run.stderr).toContain('line 2')
    expect(run.status).toBe(1)
    expect((await litefeed(['get', 't', '1', '3'], {db})).lines).toEqual([
      {id: 1, n: 10, deep: {a: 1, b: [1]}},
      {id: 3, n: 3, more: 1},
    ])
  })

  test.each([
    ['an id that changes', ['1', '{"id":2}'], 1, /cannot be changed/],
    ['a patch that is no object', ['1', '[1]'], 1, /object/],
    ['an expression that makes no object', ['1', '--expr', '5'], 1, /object/],
    ['an expression that fails', ['1', '--expr', '$error("no!")'], 1, /no!/],
    ['a patch that is not JSON', ['1', '{n:1}'], 2, /PATCH/],
    ['no patch', [], 2, /PATCH/],
    ['keys and --all', ['1', '{"n":1}', '--all'], 2, /--all/],
    ['keys and --where', ['1', '{"n":1}', '--where', 'n'], 2, /--where/],
    ['--where and --all', ['{"n":1}', '--where', 'n', '--all'], 2, /--all/],
    ['an expression and no selection', ['--expr', '{}'], 2, /keys, --where or --all/],
    ['stdin for a key', ['1', '-'], 2, /stdin/],
    ['a key that cannot be', ['[null]', '{"n":1}'], 2, /null/],
    ['a key for a patch', ['1'], 2, /PATCH is a JSON object, and 1 is none/],
  ])('refuses %s', async (_, args, status, message) => {
    const db = await setUp()
    const run = await litefeed(['update', 't', ...args], {db})
    expect(run.status).toBe(status)
    expect(run.stdout + run.stderr).toMatch(message)
    expect(query(db, 'SELECT count(*) FROM _litefeed_changes')).toEqual([[3]])
  })

  test('a PATCH and --expr are not taken together', async () => {
    const db = await databaseWith({t: [{id: 1}]})
    const run = await litefeed(['update', 't', '1', '{"a":1}', '--expr', '{"b":1}'], {db})
    expect(run).toMatchObject({status: 2, stdout: '', stderr: expect.stringContaining('a PATCH with --expr')})
    expect(documents(db, 't')).toEqual([{id: 1}])
  })

  test('--where that fails on a document says so, and updates the others', async () => {
    const db = await setUp()
    const run = await litefeed(['update', 't', '--where', 'n = 2 ? $error("two") : true', '{"ok":1}'], {db})
    expect(run).toMatchObject({status: 1, result: {replaced: 2}, stderr: expect.stringContaining('key "1": two')})
  })
})

describe('replace', () => {
  const setUp = () =>
    databaseWith({
      t: [
        {id: 1, n: 1},
        {id: 'a', n: 2},
      ],
    })

  test.each([
    [
      'puts a document in the place of another',
      ['1', '{"id":1,"m":2}'],
      {replaced: 1},
      0,
      [
        {id: 1, m: 2},
        {id: 'a', n: 2},
      ],
    ],
    [
      'by the id that it has',
      ['{"id":"a","m":2}'],
      {replaced: 1},
      0,
      [
        {id: 1, n: 1},
        {id: 'a', m: 2},
      ],
    ],
    ['inserts when there is none', ['5', '{"id":5}'], {inserted: 1}, 0, [{id: 1, n: 1}, {id: 5}, {id: 'a', n: 2}]],
    ['null deletes', ['a', 'null'], {deleted: 1}, 0, [{id: 1, n: 1}]],
    [
      'null where there is none',
      ['5', 'null'],
      {skipped: 1},
      0,
      [
        {id: 1, n: 1},
        {id: 'a', n: 2},
      ],
    ],
    [
      'the same again',
      ['1', '{"n":1,"id":1}'],
      {unchanged: 1},
      0,
      [
        {id: 1, n: 1},
        {id: 'a', n: 2},
      ],
    ],
    [
      'by an expression',
      ['1', '--expr', '{"id":id,"m":n+1}'],
      {replaced: 1},
      0,
      [
        {id: 1, m: 2},
        {id: 'a', n: 2},
      ],
    ],
    ['by an expression of null', ['1', '--expr', 'null'], {deleted: 1}, 0, [{id: 'a', n: 2}]],
    [
      'by an expression where there is none',
      ['5', '--expr', '{"id":5,"new":$ = null}'],
      {inserted: 1},
      0,
      [
        {id: 1, n: 1},
        {id: 5, new: true},
        {id: 'a', n: 2},
      ],
    ],
    [
      'where a condition holds',
      ['--where', 'n > 1', '--expr', '$merge([$, {"m": 0}])'],
      {replaced: 1},
      0,
      [
        {id: 1, n: 1},
        {id: 'a', n: 2, m: 0},
      ],
    ],
    [
      'all',
      ['--all', '--expr', 'n = 1 ? {"id": id}'],
      {replaced: 1, errors: 1, first_error: expect.any(String)},
      1,
      [{id: 1}, {id: 'a', n: 2}],
    ],
    ['all by null', ['--all', 'null'], {deleted: 2}, 0, []],
    [
      'several keys by an expression',
      ['1', 'a', '5', '--expr', '$exists(n) ? {"id": id} : $'],
      {replaced: 2, skipped: 1},
      0,
      [{id: 1}, {id: 'a'}],
    ],
    [
      'refuses another id',
      ['1', '{"id":2}'],
      {errors: 1, first_error: expect.stringContaining('cannot be changed')},
      1,
      [
        {id: 1, n: 1},
        {id: 'a', n: 2},
      ],
    ],
    [
      'refuses a document without id',
      ['1', '{"n":2}'],
      {errors: 1, first_error: expect.stringContaining('id')},
      1,
      [
        {id: 1, n: 1},
        {id: 'a', n: 2},
      ],
    ],
    [
      'refuses an expression of nothing',
      ['1', '--expr', 'nothing'],
      {errors: 1, first_error: expect.stringContaining('1')},
      1,
      [
        {id: 1, n: 1},
        {id: 'a', n: 2},
      ],
    ],
  ])('%s', async (_, args, expected, status, left) => {
    const db = await setUp()
    const run = await litefeed(['replace', 't', ...args], {db})
    expect(counts(run.result)).toEqual(expected)
    expect(run.status).toBe(status)
    expect(documents(db, 't')).toEqual(left)
  })

  test('"-" reads documents with their ids', async () => {
    const db = await setUp()
    const run = await litefeed(['replace', 't', '-', '--return-changes'], {db, input: '{"id":1}\n{"id":9}\n'})
    expect(counts(run.result)).toEqual({
      replaced: 1,
      inserted: 1,
      changes: [
        {old_val: {id: 1, n: 1}, new_val: {id: 1}},
        {old_val: null, new_val: {id: 9}},
      ],
    })
  })

  test.each([
    [['1', '2', '{"id":1}'], /one KEY/],
    [[], /DOC/],
    [['1', '{'], /DOC/],
    [['1', '-'], /stdin/],
    [['--expr', '{}'], /KEY/],
    [['1', '--all', 'null'], /exclude/],
    [['--all', '-'], /stdin/],
    [['5'], /DOC is a JSON object, and 5 is none/],
    [['1', '{"id":1}', '--expr', '{}'], /a DOC with --expr/],
  ])('%j is misuse', async (args, message) => {
    const run = await litefeed(['replace', 't', ...args], {db: await setUp()})
    expect(run).toMatchObject({status: 2, stdout: '', stderr: expect.stringMatching(message)})
  })
})

describe('delete', () => {
  test.each([
    ['keys', ['1', 'b', '99'], {deleted: 2, skipped: 1}, [3]],
    ['a key twice', ['1', '1'], {deleted: 1, skipped: 1}, [3, 'b']],
    ['--where', ['--where', 'n > 1'], {deleted: 2}, [1]],
    ['--all', ['--all'], {deleted: 3}, []],
  ])('by %s', async (_, args, expected, left) => {
    const db = await databaseWith({
      t: [
        {id: 1, n: 1},
        {id: 'b', n: 2},
        {id: 3, n: 3},
      ],
    })
    const run = await litefeed(['delete', 't', ...args], {db})
    expect(counts(run.result)).toEqual(expected)
    expect(run).toMatchObject({status: 0, stderr: '', result: {seq: 3 + (expected.deleted ?? 0)}})
    expect(documents(db, 't').map(({id}) => id)).toEqual(left)
  })

  test('--return-changes, and the log has each removal', async () => {
    const db = newDatabase()
    await litefeed(['insert', 't', '{"id":1,"n":1}', '{"id":2}'], {db})
    const {result} = await litefeed(['delete', 't', '--all', '--return-changes', '--durability', 'soft'], {db})
    expect(result.changes).toEqual([
      {old_val: {id: 1, n: 1}, new_val: null},
      {old_val: {id: 2}, new_val: null},
    ])
    expect((await log(db)).slice(2)).toMatchObject([
      {seq: 3, key: 1, type: 'remove'},
      {seq: 4, key: 2, type: 'remove'},
    ])
  })

  test('needs a selection, and only one', async () => {
    const db = newDatabase()
    await litefeed(['insert', 't', '{"id":1}'], {db})
    expect(await litefeed(['delete', 't'], {db})).toMatchObject({status: 2, stderr: expect.stringContaining('--all')})
    expect(await litefeed(['delete', 't', '1', '--all'], {db})).toMatchObject({status: 2})
    expect(documents(db, 't')).toEqual([{id: 1}])
  })
})

describe('drop', () => {
  test('deletes every document as a change of its own, and then the table', async () => {
    const db = newDatabase()
    await litefeed(['insert', 't', '{"id":1}', '{"id":2}'], {db})
    await litefeed(['insert', 'other', '{"id":1}'], {db})
    const run = await litefeed(['drop', 't', '--return-changes'], {db})
    expect(run).toMatchObject({
      status: 0,
      result: {
        ...zeros,
        deleted: 2,
        seq: 5,
        changes: [
          {old_val: {id: 1}, new_val: null},
          {old_val: {id: 2}, new_val: null},
        ],
      },
    })
    expect((await litefeed(['tables'], {db})).lines.map(({name}) => name)).toEqual(['other'])
    expect((await log(db, 't')).map(({type}) => type)).toEqual(['add', 'add', 'remove', 'remove'])
    expect(await litefeed(['list', 't'], {db})).toMatchObject({status: 1, stderr: expect.stringContaining('"t"')})
    expect((await litefeed(['insert', 't', '{"id":1}'], {db})).result).toMatchObject({inserted: 1, seq: 6})
  })
})

describe('every writing command', () => {
  test.each([
    ['update', ['{"n":1}', '--all'], {replaced: 1}],
    ['replace', ['--all', '--expr', '$merge([$, {"n": 1}])'], {replaced: 1}],
    ['delete', ['--where', 'x > 0'], {deleted: 1}],
  ])('%s refuses by itself a row whose key no document has', async (command, args, done) => {
    const db = await databaseWith({t: [{id: 'a', x: 1}]})
    const other = new Sqlite(db)
    const keys = [`x'0011'`, `CAST('[1, 2]' AS BLOB)`, '9e999']
    other.exec(`INSERT INTO t VALUES ${keys.map((key, at) => `(${key}, '{"x":${at + 1}}')`).join()}`)
    other.close()
    const {status, result, stderr} = await litefeed([command, 't', ...args], {db})
    expect(status).toBe(1)
    expect(counts(result)).toEqual({...done, errors: 3, first_error: expect.any(String)})
    expect(stderr).toMatch(/^error: key (9.0e\+999|\[1, 2\]|\{"\$blob":"0011"\}): [^\n]*\n$/)
  })

  test.each([
    ['update', ['--all', '--expr', '{"a": a + 1}'], /^error: key 2: /],
    ['update', ['1', '2', '3', '--expr', 'id = 3 ? 5 : {}'], /^error: key 3: a patch is a JSON object/],
    ['replace', ['--where', 'id = 2', '--expr', '{"a": 1}'], /^error: key 2: the new document has no `id`/],
  ])('%s names the document that was refused: %j', async (command, args, message) => {
    const db = await databaseWith({
      t: [
        {id: 1, a: 1},
        {id: 2, a: 'q'},
        {id: 3, a: 3},
      ],
    })
    const run = await litefeed([command, 't', ...args], {db})
    expect(run).toMatchObject({status: 1, result: {errors: 1}, stderr: expect.stringMatching(message)})
  })

  test.each(['update', 'replace'])(
    '%s says that there is no table also when there is nothing to write',
    async command => {
      const run = await litefeed([command, 'nope', '-'], {db: await databaseWith({t: [{id: 1}]})})
      expect(run).toMatchObject({status: 1, stdout: '', stderr: expect.stringContaining('there is no table "nope"')})
    },
  )

  test.each([
    [['update', 't', '1', '{}']],
    [['replace', 't', '1', '{"id":1}']],
    [['delete', 't', '1']],
    [['drop', 't']],
  ])('%j names the table that is not there', async args => {
    const run = await litefeed(args, {db: newDatabase()})
    expect(run).toMatchObject({status: 1, stdout: '', stderr: expect.stringContaining('no table "t"')})
  })

  test('tells the position it reached, so that a script can wait for its own change', async () => {
    const db = newDatabase()
    const {result: first} = await litefeed(['insert', 't', '[{"id":1},{"id":2}]'], {db})
    const {result: second} = await litefeed(['update', 't', '--all', '{"n":1}'], {db})
    expect([first.seq, second.seq]).toEqual([2, 4])
    const events = await litefeed(['changes', 't', '--since', String(first.seq), '--until', String(second.seq)], {db})
    expect(events.lines.map(({seq}) => seq)).toEqual([3, 4])
    expect(events.status).toBe(0)
  })

  test('finds the database in LITEFEED_DB, or in the working directory', async () => {
    const cwd = newDirectory()
    const db = join(newDirectory(), 'by-environment.db')
    await litefeed(['insert', 't', '{"id":1}'], {cwd})
    await litefeed(['insert', 't', '{"id":2}'], {env: {LITEFEED_DB: db}})
    expect(documents(join(cwd, 'litefeed.db'), 't')).toEqual([{id: 1}])
    expect(documents(db, 't')).toEqual([{id: 2}])
    expect((await litefeed(['list', 't', '--db', join(cwd, 'litefeed.db')], {env: {LITEFEED_DB: db}})).lines).toEqual([
      {id: 1},
    ])
  })

  test('reads a large file faster than it can be typed, in order, every line', async () => {
    const db = newDatabase()
    const file = join(newDirectory(), 'many.ndjson')
    const many = Array.from({length: 30_000}, (_, id) => ({id, text: 'x'.repeat(id % 200)}))
    writeFileSync(file, ndjson(many))
    const run = await litefeed(['insert', 't', '--durability', 'soft'], {db, input: ndjson(many)})
    expect(run.result).toEqual({...zeros, inserted: many.length, seq: many.length})
    expect((await log(db)).map(({key}) => key)).toEqual(many.map(({id}) => id))
  })
})
