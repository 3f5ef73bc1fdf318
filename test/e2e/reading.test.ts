import {describe, expect, test} from 'vitest'
import {databaseWith, litefeed, newDatabase, write} from './support.ts'

describe('get', () => {
  test('prints documents in the order asked, a line each', async () => {
    const db = await databaseWith({t: [{id: 1}, {id: '1', s: true}, {id: 'abc'}, {id: [1, 'x']}, {id: true}]})
    const run = await litefeed(['get', 't', 'abc', '"1"', '1', '[1,"x"]', 'true', '1'], {db})
    expect(run.stdout).toBe('{"id":"abc"}\n{"id":"1","s":true}\n{"id":1}\n{"id":[1,"x"]}\n{"id":true}\n{"id":1}\n')
    expect(run).toMatchObject({status: 0, stderr: ''})
  })

  test('a key that is not there prints nothing, is named on stderr, and makes the exit status 1', async () => {
    const db = await databaseWith({t: [{id: 1}, {id: 'b'}]})
    const run = await litefeed(['get', 't', '1', '2', 'b', '"1"', '-5'], {db})
    expect(run).toMatchObject({status: 1, stdout: '{"id":1}\n{"id":"b"}\n'})
    expect(run.stderr.trimEnd().split('\n')).toHaveLength(3)
    expect(run.stderr).toMatch(/document 2 in t\n.*document "1" in t\n.*document -5 in t\n/)
  })

  test('needs a key that can be one', async () => {
    const db = await databaseWith({t: [{id: 1}]})
    expect(await litefeed(['get', 't'], {db})).toMatchObject({status: 2, stderr: expect.stringContaining('key')})
    expect(await litefeed(['get', 't', '[null]'], {db})).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('null'),
    })
  })
})

describe('list', () => {
  const people = [
    {id: 1, name: 'Slava', age: 31, address: {city: 'Kyiv'}},
    {id: 2, name: 'Ann', age: 9, address: {city: 'Bonn'}},
    {id: 3, name: 'Zoë', address: {city: 'Köln'}},
    {id: 'x', name: 'Bob', age: 31},
  ]

  test.each([
    ['everything by key', [], [1, 2, 3, 'x']],
    ['--where', ['--where', 'age > 10'], [1, 'x']],
    ['--where that nothing meets', ['--where', 'age > 100'], []],
    ['--limit', ['--limit', '2'], [1, 2]],
    ['--limit 0', ['--limit', '0'], []],
    ['--order-by', ['--order-by', 'name'], [2, 'x', 1, 3]],
    ['--order-by downwards', ['--order-by', 'name:desc'], [3, 1, 'x', 2]],
    ['--order-by of a nested field', ['--order-by', 'address.city'], [2, 1, 3]],
    ['--order-by leaves out what has no such field', ['--order-by', 'age'], [2, 1, 'x']],
    [
      '--order-by with --limit',
      ['--order-by', 'age:desc', '--limit', '2'],
      expect.toSatisfy((ids: unknown[]) => ids.length === 2 && ids.includes(1) && ids.includes('x')),
    ],
    ['--where, --order-by, --limit', ['--where', 'id != 2', '--order-by=name', '--limit=1'], ['x']],
  ])('%s', async (_, args, ids) => {
    const run = await litefeed(['list', 't', ...args], {db: await databaseWith({t: people})})
    expect(run.lines.map(({id}) => id)).toEqual(ids)
    expect(run).toMatchObject({status: 0, stderr: ''})
  })

  test('--map prints what it makes of a document, and nothing of nothing', async () => {
    const db = await databaseWith({t: people})
    expect((await litefeed(['list', 't', '--map', '{"n": name, "next": age + 1}'], {db})).lines).toEqual([
      {n: 'Slava', next: 32},
      {n: 'Ann', next: 10},
      {n: 'Zoë'},
      {n: 'Bob', next: 32},
    ])
    expect((await litefeed(['list', 't', '--map', 'address.city'], {db})).stdout).toBe('"Kyiv"\n"Bonn"\n"Köln"\n')
    expect(
      (await litefeed(['list', 't', '--map', 'address.city', '--limit', '2', '--order-by', 'name:desc'], {db})).lines,
    ).toEqual(['Köln', 'Kyiv'])
  })

  test('sorts values of every kind as RethinkDB does', async () => {
    const values = [
      [],
      [1],
      [1, 2],
      [2],
      false,
      true,
      null,
      -1,
      0,
      2,
      10,
      {},
      {a: 1},
      {a: 2},
      {b: 0},
      '',
      'a',
      'b',
      'é',
      '表',
      '😀',
    ]
    const shuffled = values.map((v, id) => ({id, v})).sort((one, other) => ((one.id * 7) % 11) - ((other.id * 7) % 11))
    const db = await databaseWith({t: shuffled})
    expect((await litefeed(['list', 't', '--order-by', 'v', '--map', 'id'], {db})).lines).toEqual(
      values.map((_, id) => id),
    )
  })

  test('an expression that fails on one document leaves it out, names it, and makes the exit status 1', async () => {
    const db = await databaseWith({t: people})
    const run = await litefeed(['list', 't', '--where', 'name = "Ann" ? $error("not her") : true'], {db})
    expect(run.lines.map(({id}) => id)).toEqual([1, 3, 'x'])
    expect(run).toMatchObject({status: 1, stderr: expect.stringContaining('key 2: not her')})
  })

  test.each([
    ['1', 0, [1]],
    ['2', 1, [1, 3]],
    ['3', 1, [1, 3, 5]],
  ])('behind the last of --limit %s nothing fails', async (limit, status, ids) => {
    const db = await databaseWith({
      t: [
        {id: 1, n: 1},
        {id: 2, n: 'x'},
        {id: 3, n: 3},
        {id: 4, n: 0},
        {id: 5, n: 5},
      ],
    })
    const run = await litefeed(['list', 't', '--where', 'n > 0', '--limit', limit, '--map', 'id'], {db})
    expect([run.status, run.lines]).toEqual([status, ids])
    expect(run.stderr).toMatch(status === 0 ? /^$/ : /2/)
  })

  test.each([
    [['--where', 'age >'], /age >\n {5}\^/],
    [['--map', '{'], /\{\n {1}\^/],
    [['--limit', '-1'], /limit/],
    [['--limit', 'x'], /limit/],
    [['--nonsense'], /--nonsense/],
  ])('%j is misuse', async (args, message) => {
    const run = await litefeed(['list', 't', ...args], {db: await databaseWith({t: people})})
    expect(run).toMatchObject({status: 2, stdout: '', stderr: expect.stringMatching(message)})
  })

  test('pages through more documents than it holds at once', async () => {
    const many = Array.from({length: 2300}, (_, id) => ({id, mod: id % 7}))
    const db = await databaseWith({t: many})
    expect((await litefeed(['list', 't'], {db})).lines).toEqual(many)
    expect((await litefeed(['list', 't', '--where', 'mod = 3', '--map', 'id'], {db})).lines).toEqual(
      many.filter(({mod}) => mod === 3).map(({id}) => id),
    )
    expect((await litefeed(['list', 't', '--order-by', 'id:desc', '--limit', '3', '--map', 'id'], {db})).lines).toEqual(
      [2299, 2298, 2297],
    )
  })
})

describe('tables', () => {
  test('name, kind, documents and newest seq, by name', async () => {
    const db = await databaseWith({users: [{id: 1}, {id: 2}], 'a b': [{id: 1}]})
    await write(db, 'users', t => t.delete(1))
    const run = await litefeed(['tables'], {db})
    expect(run.stdout).toBe(
      '{"name":"a b","kind":"documents","documents":1,"seq":3,"oldest":1}\n{"name":"users","kind":"documents","documents":1,"seq":4,"oldest":1}\n',
    )
    expect(run).toMatchObject({status: 0, stderr: ''})
  })
})

test.each([[['get', 't', '1']], [['list', 't']], [['tables']]])(
  '%j refuses a database that is not there by its name, and makes none',
  async args => {
    const db = newDatabase()
    const run = await litefeed(args, {db})
    expect(run).toMatchObject({status: 1, stdout: '', stderr: expect.stringContaining(db)})
    expect(await litefeed(args, {db})).toMatchObject({status: 1})
  },
)

test.each([[['get', 'no', '1']], [['list', 'no']]])('%j names the table that is not there', async args => {
  const run = await litefeed(args, {db: await databaseWith({t: [{id: 1}]})})
  expect(run).toMatchObject({status: 1, stdout: '', stderr: expect.stringContaining('no table "no"')})
})
