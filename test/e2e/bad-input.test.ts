// What bad input gets: an error that names the thing, the right exit status, and nothing lost.
import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {chmodSync, closeSync, existsSync, openSync, readdirSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {Readable, type Writable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import Sqlite from 'better-sqlite3'
import {describe, expect, onTestFinished, test} from 'vitest'
import {
  collect,
  command,
  counts,
  databaseWith,
  documents,
  execute,
  finished,
  litefeed,
  log,
  ndjson,
  newDatabase,
  newDirectory,
  query,
  start,
  tail,
  write,
} from './support.ts'

test('documents that are refused are named by where they stand among the arguments', async () => {
  const run = await litefeed(['insert', 't', '{"id":9}', '{bad', '[{"id":9},{"id":2}]'], {db: newDatabase()})
  expect(run).toMatchObject({status: 1, result: {inserted: 2, errors: 2}})
  expect(run.stderr).toMatch(
    /^error: document 2: not JSON: [^\n]+\nerror: document 3: duplicate primary key `id`: 9\n$/,
  )
})

describe('table names', () => {
  test('work whatever is in them', async () => {
    const names = [
      'a"b',
      "it's",
      ' ',
      'a.b',
      '"; DELETE FROM _litefeed_changes; --',
      "x'); DROP TABLE t; --",
      'select',
      'ünïcode 表 😀',
      '[a]',
      '`%s?1:a@b$c',
      '1',
      'x'.repeat(300),
    ]
    const db = await databaseWith({t: [{id: 0}]})
    await Promise.all(
      names.map(async name => {
        expect(await litefeed(['insert', name, '{"id":1}', '{"id":2}'], {db})).toMatchObject({status: 0, stderr: ''})
        const {lines} = await litefeed(['changes', name, '--include-initial', '--since', '0', '--no-follow'], {db})
        expect(lines).toMatchObject([
          {table: name, type: 'add', key: 1},
          {table: name, type: 'add', key: 2},
        ])
        expect(documents(db, name)).toEqual([{id: 1}, {id: 2}])
      }),
    )
    const {lines} = await litefeed(['tables'], {db})
    expect(lines.map(table => [table.name, table.documents]).toSorted()).toEqual(
      [...names.map(name => [name, 2]), ['t', 1]].toSorted(),
    )
    await Promise.all(
      names.map(async name => {
        expect(await litefeed(['drop', name], {db})).toMatchObject({status: 0, result: {deleted: 2}})
      }),
    )
    expect((await litefeed(['tables'], {db})).lines).toMatchObject([{name: 't', documents: 1}])
  })

  test.each([
    ['', 'name'],
    ['_litefeed_x', '_litefeed_x'],
    ['_LITEFEED_changes', '_LITEFEED_changes'],
    ['_litefeed_changes', 'reserved'],
    ['{"id":1}', 'looks like a document'],
    ['_litefeed_meta', 'reserved'],
    ['sqlite_sequence', 'reserved'],
    ['sqlite_master', 'reserved'],
    ['a\nb', '"a\\nb"'],
    ['-x', '"-x"'],
  ])('%j is refused by its name', async (name, named) => {
    const db = await databaseWith({t: [{id: 0}]})
    const run = await litefeed(['insert', '--', name, '{"id":1}'], {db: undefined, env: {LITEFEED_DB: db}})
    expect(run).toMatchObject({status: 2, stdout: '', stderr: expect.stringContaining(named)})
  })

  test.each([
    ['list', []],
    ['delete', ['--all']],
    ['drop', []],
    ['get', ['1']],
    ['update', ['1', '{"a":1}']],
    ['changes', ['--no-follow']],
  ])('%s does not touch what litefeed keeps for itself, nor tables that are not its own', async (name, args) => {
    const db = await databaseWith({t: [{id: 0}]})
    const other = new Sqlite(db)
    other.exec('CREATE TABLE plain (a, b); INSERT INTO plain VALUES (1, 2); CREATE VIEW seen AS SELECT 1')
    other.close()
    for (const table of ['_litefeed_changes', 'PLAIN', 'seen']) {
      const run = await litefeed([name, table, ...args], {db})
      expect(run.stdout).toBe('')
      expect(run.status).toBe(1)
      expect(run.stderr).toContain(table)
    }
    expect(query(db, 'SELECT count(*) FROM _litefeed_changes')).toEqual([[1]])
    expect(query(db, 'SELECT * FROM plain')).toEqual([[1, 2]])
  })
})

describe('malformed input', () => {
  const lines = Array.from({length: 60}, (_, index) => `{"id":${index + 1},"text":"line ${index + 1}"}`)
  const others = Array.from({length: 60}, (_, index) => index + 1).filter(id => id !== 37)

  test.each([
    ['a missing brace', '{"id":37,"text":"x"'],
    ['a missing quote', '{"id":37,"text":"x}'],
    ['a trailing comma', '{"id":37,}'],
    ['single quotes', "{'id':37}"],
    ['an unquoted name', '{id:37}'],
    ['a word', 'nonsense'],
    ['a lone brace', '}'],
    ['an opened array', '[{"id":37}'],
    ['an open brace', '{'],
    ['a half escape', '{"id":37,"text":"\\u12"}'],
    ['a raw control character', '{"id":37,"text":"\t"}'],
    ['NaN', '{"id":NaN}'],
    ['a comment', '// {"id":37}'],
    ['two values and a comma', '{"id":37},'],
    ['not an object', '37'],
    ['an id of a wrong kind', '{"id":{"a":37}}'],
    ['an id of null', '{"id":null}'],
    ['a number that is too long to be a key', '{"id":123456789012345678901234567890}'],
    ['a fraction with too many digits to be a key', '{"id":0.12345678901234567890123}'],
  ])('%s on line 37: that line is named, the others are stored', async (_, line) => {
    const db = newDatabase()
    const run = await litefeed(['insert', 't'], {db, input: lines.with(36, line).join('\n')})
    expect(run.stderr).toMatch(/\bline 37\b/)
    expect(run.stderr).not.toMatch(/\bline (?!37\b)\d/)
    expect(
      documents(db, 't')
        .map(({id}) => id)
        .filter(id => id !== 37),
    ).toEqual(others)
    expect(run).toMatchObject({status: 1, result: {errors: 1, first_error: expect.any(String)}})
  })

  test('invalid UTF-8 is refused by its line, and not stored as something else', async () => {
    const db = newDatabase()
    for (const [index, bytes] of [
      [0xff],
      [0xc3],
      [0xed, 0xa0, 0x80],
      [0xc0, 0xaf],
      [0xf4, 0x90, 0x80, 0x80],
    ].entries()) {
      const line = Buffer.concat([Buffer.from('{"id":37,"text":"'), Buffer.from(bytes), Buffer.from('"}')])
      const input = Buffer.concat(
        lines.map((text, at) => Buffer.concat([at === 36 ? line : Buffer.from(text), Buffer.from('\n')])),
      )
      const run = await litefeed(['insert', `t${index}`], {db, input})
      expect(run).toMatchObject({
        status: 1,
        result: {errors: 1, inserted: 59},
        stderr: expect.stringMatching(/line 37\b.*UTF-8/),
      })
      expect(documents(db, `t${index}`).map(({id}) => id)).toEqual(others)
    }
  })

  test('input that is broken off is refused, what came before is stored', async () => {
    const db = newDatabase()
    expect(await litefeed(['insert', 't'], {db, input: '{"id":1}\n{"id":2,"te'})).toMatchObject({
      status: 1,
      result: {inserted: 1, errors: 1},
      stderr: expect.stringContaining('line 2'),
    })
    expect(await litefeed(['insert', 'a'], {db, input: '[{"id":1},\n{"id":2},\n{"id"'})).toMatchObject({
      status: 1,
      result: {inserted: 2},
      stderr: expect.stringContaining('line'),
    })
    expect(documents(db, 'a')).toEqual([{id: 1}, {id: 2}])
  })

  test('a binary file is refused line by line, and nothing crashes', async () => {
    const db = newDatabase()
    const noise = Buffer.from(Array.from({length: 20_000}, (_, index) => (index * index * 31 + index * 7) % 256))
    const run = await litefeed(['insert', 't'], {db, input: noise})
    expect(run.status).toBe(1)
    expect(run.result.inserted).toBe(0)
    expect(run.result.errors).toBeGreaterThan(0)
    expect(run.stderr).not.toMatch(/at .*\.js/)
  })

  test('a comma before the end of an array is refused, what it held is stored', async () => {
    const db = newDatabase()
    const run = await litefeed(['insert', 't'], {db, input: '[{"id":1},\n{"id":2},\n]\n[{"id":3},{"id":4}][]'})
    expect(run).toMatchObject({
      status: 1,
      result: {inserted: 4, errors: 1},
      stderr: expect.stringMatching(/^error: line 3: a comma [^\n]*\n$/),
    })
  })

  test('what is refused is named in the order of the input, whoever refuses it', async () => {
    const input = '{"id":1,"a":"\\x"}\n{"id":2}\n{"id":3,"a":"t\tb"}\n{"id":2}\n'
    const {stderr, result} = await litefeed(['insert', 't'], {db: newDatabase(), input})
    expect([...stderr.matchAll(/^error: line (\d+): (.*)$/gm)].map(([, line]) => line)).toEqual(['1', '3', '4'])
    expect(stderr).toContain(`error: line 1: ${result.first_error}\n`)
  })

  test('stdin where keys are needed is misuse, and the key of that name can be spelled', async () => {
    const db = await databaseWith({t: [{id: '-'}, {id: 1}]})
    for (const args of [
      ['delete', 't', '-'],
      ['update', 't', '-', '--expr', '{"a": 1}'],
      ['replace', 't', '-', '--expr', '$'],
      ['get', 't', '1', '-'],
    ])
      expect(await litefeed(args, {db}), args.join(' ')).toMatchObject({
        status: 2,
        stderr: expect.stringContaining(`hint: the key "-" is '"-"'`),
      })
    expect(documents(db, 't')).toHaveLength(2)
    expect(await litefeed(['get', 't', '"-"'], {db})).toMatchObject({status: 0, stdout: '{"id":"-"}\n'})
  })

  test('an expression that does not parse leaves no database behind', async () => {
    const db = newDatabase()
    for (const args of [
      ['insert', 't', '--conflict-expr', '(', '{"id":1}'],
      ['update', 't', '--where', '(', '{}'],
      ['update', 't', '1', '--expr', '('],
      ['replace', 't', '1', '--expr', '('],
      ['delete', 't', '--where', '('],
    ])
      expect(await litefeed(args, {db}), args.join(' ')).toMatchObject({status: 2})
    expect(existsSync(db)).toBe(false)
  })

  test('stdin beside documents is misuse', async () => {
    const run = await litefeed(['insert', 't', '-', '{"id":1}'], {db: newDatabase(), input: '{"id":2}'})
    expect(run).toMatchObject({status: 2, stdout: '', stderr: expect.stringContaining('stdin')})
  })

  test('what a terminal would obey is spelled out', async () => {
    const run = await litefeed(['insert', 't'], {db: newDatabase(), input: '\x1b[31mnope\n'})
    expect(run.stderr).toContain('\\x1b[31mnope')
    expect(run.stderr).not.toContain('\x1b')
  })

  test('input that flows on after a fatal error is left alone', async () => {
    const db = newDatabase()
    const child = start(['insert', 't'], {db})
    const output = collect(child)
    child.stdin?.on('error', () => {})
    child.stdin?.write('{"id":-1}\n')
    await until(() => count(db) === 1)
    execute(db, 'DROP TABLE t')
    child.stdin?.write(ndjson(Array.from({length: 200_000}, (_, id) => ({id}))))
    const run = await finished(child, output)
    expect(run).toMatchObject({status: 1, result: {inserted: 1}})
    expect(run.stderr).toMatch(
      /^error: stopped after 1 document; [^\n]*\nerror: there is no table "t" in [^\n]*\nhint: [^\n]*\n$/,
    )
  })

  test('stdin that is a directory is an error that says so', async () => {
    const directory = openSync(newDirectory(), 'r')
    const child = spawn(process.execPath, [command, 'insert', 't', '--db', newDatabase()], {
      stdio: [directory, 'pipe', 'pipe'],
    })
    const run = await finished(child)
    closeSync(directory)
    expect(run).toMatchObject({status: 1, stderr: 'error: stdin is a directory\n'})
    expect(run.stderr).not.toMatch(/\n {4}at /)
  })
})

describe('documents at the edge', () => {
  test('10 MB in one document, through every part', async () => {
    const db = newDatabase()
    const text = 'größer '.repeat(1_300_000)
    const big = {id: 1, text}
    const following = await tail(['t'], {db})
    expect(await litefeed(['insert', 't'], {db, input: JSON.stringify(big)})).toMatchObject({
      status: 0,
      result: {inserted: 1},
    })
    expect((await following.next()).new_val.text === text).toBe(true)
    expect(await litefeed(['update', 't', '1', '{"n":1}'], {db})).toMatchObject({status: 0, result: {replaced: 1}})
    const {new_val, old_val} = await following.next()
    expect(new_val.n === 1 && new_val.text === text && old_val.text === text).toBe(true)
    expect((await litefeed(['changes', '--since', '0', '--no-follow', '--map', 'new_val.n'], {db})).stdout).toBe('1\n')
    expect((await litefeed(['get', 't', '1'], {db})).lines[0].text === text).toBe(true)
    expect((await litefeed(['list', 't', '--map', '$length(text)'], {db})).stdout).toBe(`${text.length}\n`)
  })

  const nested = (levels: number, id: number) => `{"id":${id},"d":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`
  const nestedObjects = (levels: number, id: number) =>
    `{"id":${id},"d":${'{"d":'.repeat(levels - 2)}{}${'}'.repeat(levels - 2)}}`

  test('500 levels of nesting', async () => {
    const db = newDatabase()
    const input = `${nested(500, 1)}\n${nestedObjects(500, 2)}\n`
    expect(await litefeed(['insert', 't'], {db, input})).toMatchObject({status: 0, result: {inserted: 2}})
    expect((await litefeed(['list', 't'], {db})).stdout).toBe(input)
    expect((await litefeed(['changes', '--since', '0', '--no-follow', '--map', 'new_val'], {db})).stdout).toBe(input)
    expect(await litefeed(['update', 't', '--all', '{"n":1}'], {db})).toMatchObject({status: 0, result: {replaced: 2}})
    expect(
      await litefeed(['insert', 't', '--conflict', 'update'], {
        db,
        input: nestedObjects(500, 2).replace('{}', '{"x":1}'),
      }),
    ).toMatchObject({status: 0, result: {replaced: 1}})
    expect(
      (
        await litefeed(
          ['changes', '--since', '0', '--no-follow', '--filter', 'new_val.id = 2', '--map', 'new_val.id'],
          {db},
        )
      ).stdout,
    ).toBe('2\n2\n2\n')
    expect((await litefeed(['list', 't', '--where', 'id = 1', '--map', 'n'], {db})).stdout).toBe('1\n')
  })

  test('a document that is nested too deeply is refused, the others are stored', async () => {
    const db = newDatabase()
    const input = `{"id":1}\n${nested(5000, 2)}\n${nestedObjects(100_000, 3)}\n{"id":4}\n${'['.repeat(50_000)}\n{"id":5}\n`
    const run = await litefeed(['insert', 't'], {db, input})
    expect(run).toMatchObject({status: 1, result: {inserted: 3}})
    for (const line of [2, 3, 5]) expect(run.stderr).toMatch(new RegExp(`line ${line}\\b`))
    expect(documents(db, 't').map(({id}) => id)).toEqual([1, 4, 5])
  })

  test('__proto__ and its kin are names like any other', async () => {
    const db = newDatabase()
    const input =
      '{"id":1,"__proto__":{"a":1},"constructor":{"prototype":{"b":2}},"toString":null}\n{"id":"__proto__","hasOwnProperty":1}\n'
    expect(await litefeed(['insert', 't'], {db, input})).toMatchObject({status: 0, result: {inserted: 2}})
    expect((await litefeed(['list', 't'], {db})).stdout).toBe(input)
    expect((await litefeed(['get', 't', '__proto__'], {db})).stdout).toBe('{"id":"__proto__","hasOwnProperty":1}\n')
    expect(await litefeed(['update', 't', '1', '{"__proto__":{"c":3}}'], {db})).toMatchObject({result: {replaced: 1}})
    expect((await litefeed(['get', 't', '1'], {db})).stdout).toBe(
      '{"id":1,"__proto__":{"a":1,"c":3},"constructor":{"prototype":{"b":2}},"toString":null}\n',
    )
    expect((await litefeed(['changes', '--since', '0', '--no-follow', '--key', '__proto__'], {db})).stdout).toContain(
      '"key":"__proto__"',
    )
    expect(
      (await litefeed(['insert', 't', '{"id":9,"__proto__":null}', '{"id":8,"__proto__":5}'], {db})).result.inserted,
    ).toBe(2)
    expect((await litefeed(['get', 't', '9', '8'], {db})).stdout).toBe(
      '{"id":9,"__proto__":null}\n{"id":8,"__proto__":5}\n',
    )
    // An id that is only inherited is none.
    expect((await litefeed(['insert', 't', '{"__proto__":{"id":7}}'], {db})).result.generated_keys).toHaveLength(1)
    expect(
      (await litefeed(['changes', '--since', '0', '--no-follow', '--map', 'new_val.`__proto__`.a'], {db})).stdout,
    ).toBe('1\n1\n')
  })

  test('duplicate ids in one input: the first is stored, the others are named', async () => {
    const db = newDatabase()
    const run = await litefeed(['insert', 't'], {
      db,
      input: '{"id":1,"n":1}\n{"id":2}\n{"id":1,"n":2}\n{"id":1,"n":3}\n{"id":3}\n',
    })
    expect(run).toMatchObject({status: 1, result: {inserted: 3, errors: 2}})
    expect(run.stderr).toMatch(/line 3\b.*duplicate.* 1\n.*line 4\b/)
    expect(documents(db, 't')).toEqual([{id: 1, n: 1}, {id: 2}, {id: 3}])
  })

  test('integers past 2^53 keep every digit', async () => {
    const db = newDatabase()
    const one =
      '{"id":1,"n":9007199254740993,"m":{"big":[12345678901234567890123,-9223372036854775808]},"f":0.1,"e":1e400}'
    const two = '{"id":9007199254740993,"n":2}'
    const three = '{"id":9007199254740992,"n":3}'
    expect(await litefeed(['insert', 't'], {db, input: `${one}\n${two}\n${three}\n`})).toMatchObject({
      status: 0,
      result: {inserted: 3},
    })
    expect((await litefeed(['get', 't', '1', '9007199254740993', '9007199254740992'], {db})).stdout).toBe(
      `${one}\n${two}\n${three}\n`,
    )
    const events = await litefeed(['changes', '--since', '0', '--no-follow'], {db})
    expect(events.stdout).toContain(`"new_val":${one}}`)
    expect(events.stdout).toContain(`"key":9007199254740993,"type":"add","old_val":null,"new_val":${two}}`)
    expect(
      (await litefeed(['changes', '--since', '0', '--no-follow', '--key', '9007199254740993'], {db})).stdout,
    ).toContain(two)
    const print = async (...args: string[]) => (await litefeed(args, {db})).stdout
    expect(await print('changes', '--since', '0', '--until', '1', '--map', 'new_val')).toBe(`${one}\n`)
    expect(await print('changes', '--since', '0', '--until', '1', '--map', 'new_val.n')).toBe('9007199254740993\n')
    expect(await print('changes', '--since', '0', '--until', '1', '--map', '{"x": new_val.m.big}')).toBe(
      '{"x":[12345678901234567890123,-9223372036854775808]}\n',
    )
    expect(await print('changes', '--since', '0', '--map', 'key', '--no-follow')).toBe(
      '1\n9007199254740993\n9007199254740992\n',
    )
    expect(await print('list', 't', '--map', 'n', '--limit', '1')).toBe('9007199254740993\n')
    expect(await print('update', 't', '1', '{"more":18446744073709551617}', '--return-changes')).toContain(
      '"more":18446744073709551617}',
    )
    expect(await print('get', 't', '1')).toBe(`${one.slice(0, -1)},"more":18446744073709551617}\n`)
    await print('update', 't', '1', '--expr', '{"copy": n}')
    expect(await print('list', 't', '--where', 'id = 1', '--map', 'copy')).toBe('9007199254740993\n')
    await print('insert', 't', '--conflict-expr', '$merge([old_val, new_val])', '{"id":1,"n":9007199254740995}')
    expect(await print('get', 't', '1')).toContain('"n":9007199254740995,')
    // They differ from the number that a double makes of them.
    expect(
      counts(
        (await litefeed(['insert', 't', '--conflict', 'replace', '{"id":9007199254740993,"n":2.0}'], {db})).result,
      ),
    ).toEqual({unchanged: 1})
    expect(await print('insert', 't', '--conflict', 'update', '{"id":1,"n":9007199254740994}')).toContain(
      '"replaced":1',
    )
  })
})

describe('expressions that never end', () => {
  test.each([
    ['loops forever', '($f := function() { $f() }; $f())', /tim/i],
    ['recurses without end', '($f := function() { 1 + $f() }; $f())', /stack|recurs/i],
    ['builds a list without end', '[1..9999999999]', /sequence/i],
  ])('one that %s is stopped, and the feed goes on', async (_, expression, why) => {
    const db = await databaseWith({t: [{id: 1}, {id: 2}]})
    const run = await litefeed(
      ['changes', '--since', '0', '--no-follow', '--filter', `seq = 1 ? ${expression} : true`],
      {db},
    )
    expect(run.lines.map(({seq}) => seq)).toEqual([2])
    expect(run).toMatchObject({status: 1, stderr: expect.stringMatching(why)})
    expect(run.stderr).toContain('seq 1')
    const write = await litefeed(['update', 't', '--all', '--expr', `id = 1 ? ${expression} : {"n":1}`], {db})
    expect(write).toMatchObject({status: 1, result: {replaced: 1, errors: 1, first_error: expect.stringMatching(why)}})
    expect(await litefeed(['list', 't', '--where', `id = 1 ? ${expression} : true`], {db})).toMatchObject({
      status: 1,
      stdout: '{"id":2,"n":1}\n',
    })
  })

  test('a feed with one can be interrupted', async () => {
    const db = await databaseWith({t: Array.from({length: 50}, (_, id) => ({id}))})
    const following = await tail(['--since', '0', '--filter', '($f := function() { $f() }; $f())'], {db})
    expect(await following.stop()).toEqual({status: null, signal: 'SIGINT'})
  })

  test.each([
    [['insert', 't', '{"id":1}', '--conflict-expr', 'a b']],
    [['update', 't', '--all', '--expr', 'a b']],
    [['update', 't', '--where', 'a b', '{"n":1}']],
    [['replace', 't', '1', '--expr', 'a b']],
    [['delete', 't', '--where', 'a b']],
    [['list', 't', '--where', 'a b']],
    [['list', 't', '--map', 'a b']],
    [['changes', '--filter', 'a b']],
    [['changes', '--map', 'a b']],
  ])('%j does not parse: the place is shown, and nothing is done', async args => {
    const db = await databaseWith({t: [{id: 1}]})
    const run = await litefeed(args, {db})
    expect(run).toMatchObject({status: 2, stdout: '', stderr: expect.stringContaining('a b\n  ^\n')})
    expect(documents(db, 't')).toEqual([{id: 1}])
  })
})

describe('a database file', () => {
  const commands: string[][] = [
    ['insert', 't', '{"id":1}'],
    ['list', 't'],
    ['tables'],
    ['changes', '--no-follow'],
    ['delete', 't', '1'],
  ]

  test.each(commands)('%s: that is a directory', async (...args) => {
    const db = newDirectory()
    expect(await litefeed(args, {db})).toMatchObject({
      status: 1,
      stdout: '',
      stderr: `error: ${db} is a directory\nhint: name a file with --db\n`,
    })
  })

  test.each(commands)('%s: that is not SQLite', async (...args) => {
    const db = newDatabase()
    writeFileSync(db, 'id,name\n1,Slava\n'.repeat(200))
    const run = await litefeed(args, {db})
    expect(run).toMatchObject({status: 1, stdout: ''})
    expect(run.stderr).toMatch(/^error: .*test\.db is not an SQLite database\n/)
  })

  test('that was written by a newer litefeed is refused', async () => {
    const db = await databaseWith({t: [{id: 1}]})
    const other = new Sqlite(db)
    other.exec(`UPDATE _litefeed_meta SET value = '999' WHERE name = 'schema_version'`)
    other.close()
    for (const args of commands)
      expect(await litefeed(args, {db})).toMatchObject({
        status: 1,
        stdout: '',
        stderr: expect.stringMatching(/test\.db was written by a newer litefeed/),
      })
    expect(query(db, 'SELECT count(*) FROM _litefeed_changes')).toEqual([[1]])
  })

  test('in a directory that is not there', async () => {
    const db = join(newDirectory(), 'no', 'such', 'test.db')
    expect(await litefeed(['insert', 't', '{"id":1}'], {db})).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('no directory'),
    })
    expect(await litefeed(['list', 't'], {db})).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining(db),
    })
  })

  test('that is damaged', async () => {
    const db = await databaseWith({t: Array.from({length: 2000}, (_, id) => ({id, text: 'x'.repeat(100)}))})
    const file = openSync(db, 'r+')
    const {writeSync} = await import('node:fs')
    for (let page = 8; page < 40; page++) writeSync(file, Buffer.alloc(4096, page), 0, 4096, page * 4096)
    closeSync(file)
    const run = await litefeed(['list', 't'], {db})
    expect(run.status).toBe(1)
    expect(run.stderr).toMatch(/test\.db is damaged/)
    expect(run.stderr).not.toMatch(/\n {4}at /)
  })

  test('that SQLite knows and litefeed does not: other tables stay as they are', async () => {
    const db = newDatabase()
    const other = new Sqlite(db)
    other.exec("CREATE TABLE people (name TEXT); INSERT INTO people VALUES ('Ann')")
    other.close()
    expect(await litefeed(['tables'], {db})).toMatchObject({status: 0, stdout: '', stderr: ''})
    expect(await litefeed(['list', 'people'], {db})).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('"people"'),
    })
    expect(await litefeed(['insert', 'people', '{"id":1}'], {db})).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('"people"'),
    })
    expect(await litefeed(['insert', 't', '{"id":1}'], {db})).toMatchObject({status: 0})
    expect(query(db, 'SELECT * FROM people')).toEqual([['Ann']])
  })

  // Root may read and write everything, so the command runs as somebody else.
  const nobody = 65534
  const asNobody = process.getuid?.() === 0 ? {uid: nobody, env: {HOME: '/'}} : {}
  const able = spawnSync(process.execPath, [command, '--version'], {...asNobody}).status === 0
  if (!able)
    console.warn(
      'SKIPPED: the tests of files without permission, because another user may not run the command from here',
    )

  test.skipIf(!able)('that may not be read, or not be written', async () => {
    const db = await databaseWith({t: [{id: 1}]})
    const directory = join(db, '..')
    chmodSync(directory, 0o755)
    chmodSync(db, 0o444)
    for (const args of [['insert', 't', '{"id":2}'], ['changes'], ['delete', 't', '1']]) {
      const run = await litefeed(args, {db, ...asNobody})
      expect(run).toMatchObject({
        status: 1,
        stdout: '',
        stderr: expect.stringMatching(/^error: .*test\.db cannot be (written|opened)/),
      })
    }
    chmodSync(db, 0o000)
    for (const args of commands) {
      const run = await litefeed(args, {db, ...asNobody})
      expect(run).toMatchObject({
        status: 1,
        stdout: '',
        stderr: expect.stringMatching(/^error: .*test\.db cannot be opened/),
      })
    }
    chmodSync(db, 0o644)
    expect(documents(db, 't')).toEqual([{id: 1}])
  })

  test.skipIf(!able)('that may only be read can be listed', async () => {
    const db = await databaseWith({t: [{id: 1}]})
    chmodSync(join(db, '..'), 0o777)
    chmodSync(db, 0o444)
    expect(await litefeed(['list', 't'], {db, ...asNobody})).toMatchObject({
      status: 0,
      stdout: '{"id":1}\n',
      stderr: '',
    })
  })

  test.skipIf(!able)('in a directory that may not be written', async () => {
    const directory = newDirectory()
    chmodSync(directory, 0o555)
    const run = await litefeed(['insert', 't', '{"id":1}'], {db: join(directory, 'new.db'), ...asNobody})
    expect(run).toMatchObject({status: 1, stdout: '', stderr: expect.stringMatching(/new\.db cannot be opened/)})
  })

  test('that another writer has locked: refused by its name after the busy timeout, and nothing is lost', async () => {
    const db = await databaseWith({t: [{id: 1}]})
    const other = new Sqlite(db)
    other.exec('BEGIN IMMEDIATE')
    const [insert, fresh, remove, list, changes] = await Promise.all([
      litefeed(['insert', 't'], {db, input: '{"id":2}\n'}),
      litefeed(['insert', 'new', '{"id":2}'], {db}),
      litefeed(['delete', 't', '--all'], {db}),
      litefeed(['list', 't'], {db}),
      litefeed(['changes', '--since', '0', '--no-follow'], {db}),
    ])
    other.exec('COMMIT')
    other.close()
    for (const run of [insert, fresh, remove]) {
      expect(run).toMatchObject({status: 1, stdout: '', stderr: expect.stringMatching(/^error: .*test\.db is locked/)})
    }
    expect(list).toMatchObject({status: 0, stdout: '{"id":1}\n'})
    expect(changes).toMatchObject({status: 0, lines: [{seq: 1}]})
    expect(documents(db, 't')).toEqual([{id: 1}])
  })

  test('that is locked for a moment is waited for', async () => {
    const db = await databaseWith({t: [{id: 1}]})
    const other = new Sqlite(db)
    other.exec('BEGIN IMMEDIATE')
    const writer = start(['insert', 't'], {db})
    const output = collect(writer)
    writer.stdin?.end('{"id":2}\n')
    // The end of stdin has been read when the pipe is closed at its other end.
    await once(writer.stdin as NodeJS.WritableStream, 'finish')
    other.exec('COMMIT')
    other.close()
    expect(await finished(writer, output)).toMatchObject({status: 0, result: {inserted: 1}})
  })

  test('that is moved away while it is followed ends the feed', async () => {
    const db = await databaseWith({t: [{id: 1}]})
    const following = await tail([], {db})
    const {renameSync} = await import('node:fs')
    renameSync(db, `${db}.old`)
    expect(await following.rest()).toEqual([])
    expect(await following.ended()).toMatchObject({status: 1})
    expect(following.stderr).toMatch(/test\.db was moved/)
  })
})

test('a full disk: what was told to be stored is stored, and the error says what to do', async () => {
  const directory = newDirectory()
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', directory])
  if (mount.status !== 0) {
    console.warn('SKIPPED: a full disk, because no tmpfs can be mounted here')
    return
  }
  onTestFinished(() => void spawnSync('umount', [directory]))
  const db = join(directory, 'test.db')
  const child = start(['insert', 't'], {db})
  const output = collect(child)
  child.stdin?.on('error', () => {})
  for (let id = 0; id < 60; id++) {
    child.stdin?.write(`${JSON.stringify({id, text: 'x'.repeat(100_000)})}\n`)
    // Committed one by one, so that some are in before the disk is full.
    if (id < 3) await until(() => query(db, 'SELECT count(*) FROM t')[0]?.[0] === id + 1)
  }
  child.stdin?.end()
  const run = await finished(child, output)
  expect(run).toMatchObject({status: 1, stderr: expect.stringMatching(/no space left to write .*test\.db/)})
  expect(run.stderr).toMatch(/hint: /)
  const stored = documents(db, 't')
  expect(run.result.inserted).toBe(stored.length)
  expect(stored.length).toBeGreaterThanOrEqual(3)
  expect((await log(db)).map(({key}) => key)).toEqual(stored.map(({id}) => id))
  // With space again it goes on.
  spawnSync('mount', ['-o', 'remount,size=30m', directory])
  expect(await litefeed(['insert', 't', '{"id":"later"}'], {db})).toMatchObject({status: 0})
})

test('a disk that is mounted read-only', async () => {
  const directory = newDirectory()
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', directory]).status !== 0) {
    console.warn('SKIPPED: a read-only disk, because no tmpfs can be mounted here')
    return
  }
  onTestFinished(() => void spawnSync('umount', [directory]))
  const db = join(directory, 'test.db')
  await litefeed(['insert', 't', '{"id":1}'], {db})
  spawnSync('mount', ['-o', 'remount,ro', directory])
  expect(readdirSync(directory)).toEqual(['test.db'])
  expect(await litefeed(['insert', 't', '{"id":2}'], {db})).toMatchObject({
    status: 1,
    stdout: '',
    stderr: expect.stringMatching(/test\.db cannot be (written|opened)/),
  })
  expect(await litefeed(['insert', 't', '{"id":2}'], {db: join(directory, 'new.db')})).toMatchObject({
    status: 1,
    stdout: '',
    stderr: expect.stringContaining('new.db'),
  })
})

describe('stdout', () => {
  const many = () => databaseWith({t: Array.from({length: 3000}, (_, id) => ({id, text: 'x'.repeat(100)}))})
  /** Runs a line of shell, and prints the exit status of each of its parts. */
  const shell = (line: string, db: string) => {
    const script = `${line.replaceAll('litefeed', '"$NODE" "$COMMAND"')}; echo "\${PIPESTATUS[*]}"`
    return finished(
      spawn('bash', ['-c', script], {env: {...process.env, NODE: process.execPath, COMMAND: command, LITEFEED_DB: db}}),
    )
  }

  test.each([
    ['closed at once', 'litefeed changes --since 0 | true'],
    ['closed after one line', 'litefeed changes --since 0 | head -1 >/dev/null'],
    ['closed after one line, and nothing more to print', 'litefeed changes --since -2 --take 5 | head -1 >/dev/null'],
    ['closed after one line, with an expression', `litefeed changes --since 0 --filter 'seq > 3' | head -1 >/dev/null`],
    ['closed before a list', 'litefeed list t | true'],
    ['closed after a line of a list', 'litefeed list t | head -1 >/dev/null'],
    ['closed before the result of a write', `litefeed insert t '{"id":-1}' | true`],
    ['no file at all', `litefeed insert t '{"id":-1}' >&-`],
  ])('%s is success, and says nothing', async (_, line) => {
    const run = await shell(line, await many())
    expect(run).toMatchObject({stdout: expect.stringMatching(/^0( 0)?\n$/), stderr: ''})
  })

  test('closed after one line: the documents are stored all the same', async () => {
    const db = newDatabase()
    const {stdout} = await shell('seq -f \'{"id":%.0f}\' 5000 | litefeed insert t | true', db)
    expect(stdout).toBe('0 0 0\n')
    expect(query(db, 'SELECT count(*) FROM t')).toEqual([[5000]])
  })

  test('that is slow gets every line', async () => {
    const db = await many()
    const {stdout} = await shell(
      'litefeed changes --since 0 --no-follow | while read -r line; do echo "$line"; done | tail -n 3001 | wc -l',
      db,
    )
    expect(stdout).toBe('3000\n0 0 0 0\n')
  })

  test('that is full is an error', async () => {
    const run = await shell('litefeed list t > /dev/full', await many())
    expect(run).toMatchObject({stdout: '1\n', stderr: expect.stringMatching(/stdout.*ENOSPC/)})
    expect(run.stderr).not.toMatch(/\n {4}at /)
  })
})

describe('Ctrl-C', () => {
  test('during a large insert: what was read is committed, and the process ends by SIGINT', async () => {
    const db = newDatabase()
    const child = start(['insert', 't', '--durability', 'soft'], {db})
    const output = collect(child)
    const run = finished(child, output)
    child.stdin?.on('error', () => {})
    const input = Readable.from(
      (function* () {
        for (let id = 0; ; ) yield ndjson(Array.from({length: 1000}, () => ({id: id++})))
      })(),
    )
    const pumped = pipeline(input, child.stdin as Writable).catch(() => {})
    await until(() => count(db) > 5000)
    child.kill('SIGINT')
    const ended = await run
    await pumped
    expect(ended).toMatchObject({status: null, signal: 'SIGINT'})
    expect(ended.result.inserted).toBe(count(db))
    expect(ended.result.errors).toBeLessThanOrEqual(1)
    const ids = documents(db, 't').map(document => document.id)
    expect(ids).toEqual(Array.from(ids, (_, index) => index))
  })

  test.each([
    ['update', ['--all', '--expr', '{"n": id}']],
    ['delete', ['--where', 'id >= 0']],
  ])('during a large %s: what was written stays, and the process ends by SIGINT', async (name, args) => {
    const db = newDatabase()
    await write(db, 't', table =>
      table.insert(
        Array.from({length: 100_000}, (_, id) => ({id})),
        {durability: 'soft'},
      ),
    )
    const child = start([name, 't', ...args, '--durability', 'soft'], {db})
    const output = collect(child)
    const run = finished(child, output)
    const written = () => query(db, 'SELECT max(seq) - 100000 FROM _litefeed_changes')[0]?.[0]
    await until(() => written() > 0)
    child.kill('SIGINT')
    const {status, signal, result} = await run
    expect({status, signal}).toEqual({status: null, signal: 'SIGINT'})
    expect(result.replaced + result.deleted).toBe(written())
    expect(written()).toBeLessThan(100_000)
  })

  test('what was written to stdin before it is never lost', async () => {
    const db = newDatabase()
    const child = start(['insert', 't'], {db})
    const output = collect(child)
    child.stdin?.write('{"id":1}\n')
    await until(() => count(db) === 1)
    child.stdin?.write('{"id":2}\n{"id":3} ')
    await until(() => count(db) >= 2)
    child.kill('SIGINT')
    const run = await finished(child, output)
    expect(run).toMatchObject({signal: 'SIGINT', result: {inserted: 3}})
    expect(count(db)).toBe(3)
  })

  test('is status 130 in a shell, and ends its loop', async () => {
    const db = await databaseWith({t: [{id: 1}]})
    const script = `trap 'echo "status $?"' EXIT; "$NODE" "$COMMAND" changes --include-states`
    const child = spawn('bash', ['-c', script], {
      env: {...process.env, NODE: process.execPath, COMMAND: command, LITEFEED_DB: db},
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const output = collect(child)
    await once(child.stdout, 'data')
    const pid = spawnSync('ps', ['-o', 'pid=', '--ppid', String(child.pid)])
      .stdout.toString()
      .trim()
    process.kill(Number(pid), 'SIGINT')
    const run = await finished(child, output)
    expect(run.stdout).toContain('130\n')
  })

  test('a second one does not wait for the first', async () => {
    const db = await databaseWith({t: [{id: 1}]})
    const other = new Sqlite(db)
    other.exec('BEGIN IMMEDIATE')
    const child = start(['insert', 't', '{"id":2}'], {db})
    // It is inside and waits for the lock as soon as its signal handler is there.
    await until(() => handlesInterrupt(child.pid as number))
    child.kill('SIGINT')
    child.kill('SIGINT')
    const run = await finished(child)
    other.close()
    expect(run).toMatchObject({signal: 'SIGINT'})
  })
})

/** Polls a condition that no event tells of. */
async function until(condition: () => boolean): Promise<void> {
  for (;;) {
    try {
      if (condition()) return
    } catch {
      // Not there yet.
    }
    await new Promise(done => setTimeout(done, 5))
  }
}

function count(db: string): number {
  return query(db, 'SELECT count(*) FROM t')[0]?.[0]
}

/** Whether the process catches SIGINT: https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
function handlesInterrupt(pid: number): boolean {
  const status = spawnSync('cat', [`/proc/${pid}/status`]).stdout.toString()
  return (BigInt(`0x${/SigCgt:\s*(\w+)/.exec(status)?.[1] ?? 0}`) & 2n) !== 0n
}
