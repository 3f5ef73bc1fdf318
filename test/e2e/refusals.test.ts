// What a feed cannot be is refused at once, with the reason; and tables that are not there, or no longer.
import {describe, expect, test} from 'vitest'
import {
  databaseWith,
  execute,
  follow,
  type Line,
  litefeed,
  log,
  newDatabase,
  short,
  start,
  Tail,
  tail,
  write,
} from './support.ts'

describe('refused with exit status 2 and the name of the flag', () => {
  const window = ['--order-by', 'n', '--limit', '2']

  test.each<[string[], RegExp]>([
    [['t', '--limit', '3'], /--limit.*--order-by/s],
    [['t', '--limit', '3', '--where', 'n'], /--limit.*--order-by/s],
    [['t', '--order-by', 'n'], /--order-by.*--limit/s],
    [['t', '--include-offsets'], /--include-offsets.*--(order-by|limit)/s],
    [['t', '--include-offsets', '--where', 'n'], /--include-offsets.*--(order-by|limit)/s],
    [['t', ...window, '--since', '1'], /--since/],
    [['t', ...window, '--since', 'beginning'], /--since/],
    [['t', ...window, '--since', '-1'], /--since/],
    [['t', ...window, '--since', '1h', '--include-initial'], /--since/],
    [['t', 'u', ...window], /--(order-by|limit)/],
    [window, /--(order-by|limit)/],
    [['t', '--order-by', 'n', '--limit', '0'], /--limit/],
    [['t', '--order-by', 'n', '--limit', '-1'], /--limit/],
    [['t', '--order-by', 'n', '--limit', '1.5'], /--limit/],
    [['t', '--order-by', 'n', '--limit', 'x'], /--limit/],
    [['t', '--order-by', '', '--limit', '2'], /--order-by/],
    [['t', '--order-by', 'n.', '--limit', '2'], /--order-by "n\."/],
    [['t', '--order-by', ':desc', '--limit', '2'], /--order-by/],
    [['t', '--order-by', 'n,id', '--limit', '2'], /--order-by takes one field/],
    [['t', '--order-by', 'n:DESC', '--limit', '2'], /--order-by "n:DESC".*:desc/s],
    [['t', '--order-by', 'n:descending', '--limit', '2'], /--order-by.*:desc/s],
    [['t', '--order-by', 'n:down', '--limit', '2'], /--order-by.*:desc/s],
    [['t', ''], /table needs a name/],
    [['sqlite_schema'], /"sqlite_schema" is reserved/],
    [['t', '--pluck', ''], /--pluck/],
    [['t', '--pluck', 'a,,b'], /--pluck/],
    [['t', '--pluck', 'a.'], /--pluck/],
    [['t', '--without', ''], /--without/],
    [['t', '--squash', 'often'], /--squash/],
    [['t', '--squash', '-1s'], /--squash/],
    [['t', '--squash', ''], /--squash/],
    [['t', '--where', 'a ='], /a =\n {3}\^/],
    [['t', '--select', '{'], /\{\n \^/],
  ])('%j', async (args, message) => {
    const db = await databaseWith({t: [{id: 1, n: 1}], u: [{id: 1, n: 1}]})
    const run = await litefeed(['changes', '--no-follow', ...args], {db})
    expect(run).toMatchObject({status: 2, stdout: '', stderr: expect.stringMatching(message)})
  })

  test.each<[string[], RegExp]>([
    [['--pluck', ''], /--pluck/],
    [['--without', 'a,,b'], /--without/],
    [['--select', '{'], /\{\n \^/],
    [['--order-by', ''], /--order-by/],
    [['--order-by', ':desc'], /--order-by/],
    [['--order-by', 'n, id'], /--order-by takes one field/],
    [['--order-by', 'n:ASC'], /--order-by.*:asc/s],
  ])('list %j', async (args, message) => {
    const db = await databaseWith({t: [{id: 1, n: 1}]})
    expect(await litefeed(['list', 't', ...args], {db})).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(message),
    })
  })
})

describe('a table that is not there', () => {
  test.each([[[]], [['--where', 'n > 1']], [['--pluck', 'n']], [['--squash', '0']], [['--key', '2']]])(
    'is warned of, and followed when it comes, with %j',
    async args => {
      const db = await databaseWith({u: [{id: 1}]})
      const feed = await follow(db, 't', 'u', ...args)
      expect(feed.stderr).toMatch(/warning: .*"t"/)
      expect(feed.stderr).not.toContain('"u"')
      expect((await feed.after('t', t => t.insert({id: 2, n: 2}))).map(short)).toEqual(['add 2'])
    },
  )
})

describe('a table that is dropped', () => {
  const documents = [
    {id: 1, n: 1},
    {id: 2, n: 2},
  ]
  const removals = ['remove 1', 'remove 2']

  test.each([
    ['a feed of it', ['t'], removals],
    ['a feed of it in other letters', ['T'], removals],
    ['a feed of several tables', ['u', 't'], removals],
    ['a feed of a set of it', ['t', '--where', 'n > 1'], ['remove 2']],
    ['a feed of one key of it', ['t', '--key', '1'], ['remove 1']],
    ['a window of it', ['t', '--order-by', 'n', '--limit', '1'], ['change 2', 'remove 2']],
    ['a merged feed of it', ['t', '--squash', '0'], removals],
  ])('ends %s with an error that names it', async (_, args, told) => {
    const db = await databaseWith({t: documents, u: documents})
    const feed = await tail(args, {db})
    await write(db, 't', t => t.drop())
    expect((await feed.rest()).map(short)).toEqual(told)
    expect(await feed.ended()).toEqual({status: 1, signal: null})
    expect(feed.stderr).toMatch(/error: .*\bt\b.* dropped/i)
  })

  test('ends a feed of it also when it was empty', async () => {
    const db = newDatabase()
    await litefeed(['insert', 't', '[]'], {db})
    const feed = await tail(['t'], {db})
    await write(db, 't', t => t.drop())
    expect(await feed.rest()).toEqual([])
    expect(await feed.ended()).toEqual({status: 1, signal: null})
  })

  test('ends a feed of it also when there is another of its name before anybody looks', async () => {
    const db = await databaseWith({t: documents})
    const feed = await tail(['t'], {db})
    feed.child.kill('SIGSTOP')
    await write(db, 't', t => t.drop())
    await write(db, 't', t => t.insert({id: 1, n: 1}))
    feed.child.kill('SIGCONT')
    expect((await feed.rest()).map(short).slice(0, 2)).toEqual(removals)
    expect(await feed.ended()).toEqual({status: 1, signal: null})
    expect(feed.stderr).toMatch(/error: .*\bt\b.* dropped/i)
  })

  test.each([
    ['dropped by another program', 'DROP TABLE t'],
    [
      'made anew by another program',
      'DROP TABLE t; CREATE TABLE t (id PRIMARY KEY NOT NULL, doc TEXT NOT NULL CHECK (json_valid(doc)))',
    ],
  ])('ends a feed of it when it is %s', async (_, sql) => {
    const db = await databaseWith({t: documents, u: documents})
    const feed = await tail(['u', 't'], {db})
    execute(db, sql)
    expect(await feed.rest()).toEqual([])
    expect(await feed.ended()).toEqual({status: 1, signal: null})
    expect(feed.stderr).toMatch(/error: .*\bt\b.* dropped/i)
  })

  test('ends a feed that waited for it', async () => {
    const db = newDatabase()
    const feed = await follow(db, 't')
    expect((await feed.after('t', t => t.insert({id: 1}))).map(short)).toEqual(['add 1'])
    await write(db, 't', t => t.drop())
    expect((await feed.rest()).map(short)).toEqual(['remove 1'])
    expect(await feed.ended()).toEqual({status: 1, signal: null})
  })

  test('leaves a feed of other tables alone, and one of every table', async () => {
    const db = await databaseWith({t: documents, u: documents})
    const [others, every] = [await follow(db, 'u'), await follow(db)]
    expect((await every.after('t', t => t.drop())).map(short)).toEqual(removals)
    const written = await litefeed(['insert', 't', '{"id":3}'], {db})
    expect((await every.upTo(written.result.seq)).map(short)).toEqual(['add 3'])
    expect((await others.after('u', t => t.insert({id: 3}))).map(short)).toEqual(['add 3'])
    for (const feed of [others, every]) expect(await feed.stop()).toEqual({status: null, signal: 'SIGINT'})
  })

  test('by another program is removed from the log, document by document, when there is another of its name', async () => {
    const db = await databaseWith({t: [...documents, {id: 3}, {id: 0.1 + 0.2}], u: documents})
    await write(db, 't', t => t.delete(3))
    await write(db, 't', t => t.update(2, {n: 3}))
    const read = () => litefeed(['changes', 'T', '--as', 'reader', '--since', 'beginning', '--no-follow'], {db})
    expect((await read()).lines).toHaveLength(6)
    const [every, named] = [await follow(db), await tail(['t'], {db})]
    execute(db, 'DROP TABLE t')
    expect(await named.ended()).toEqual({status: 1, signal: null})
    // A feed that does not follow stands before the removals.
    expect(await read()).toMatchObject({status: 0, stdout: ''})
    const {seq} = await write(db, 'T', t => t.insert({id: 1, n: 9}))
    const told = ['remove 1', 'remove 0.30000000000000004', 'remove 2', 'add 1']
    expect((await every.upTo(seq)).map(short)).toEqual(told)
    const {lines, status} = await read()
    expect(status).toBe(0)
    expect(lines.map(short)).toEqual(told)
    expect(lines[2]).toMatchObject({old_val: {id: 2, n: 3}})
    expect((await litefeed(['doctor'], {db})).lines.filter((line: Line) => line.status !== 'ok')).toEqual([])
  })

  test('by another program is removed from the log when a table of the application is tracked in its place', async () => {
    const db = await databaseWith({t: documents})
    execute(db, 'DROP TABLE t; CREATE TABLE t (id INTEGER PRIMARY KEY, other)')
    await litefeed(['track', 't'], {db})
    execute(db, 'INSERT INTO t VALUES (1, 2)')
    expect((await log(db)).map(short).slice(2)).toEqual([...removals, 'add 1'])
  })

  test('is history to a feed that begins before it and does not follow', async () => {
    const db = await databaseWith({t: documents})
    await write(db, 't', t => t.drop())
    const feed = new Tail(start(['changes', '--since', 'beginning', '--no-follow'], {db}))
    expect((await feed.rest()).map(short)).toEqual(['add 1', 'add 2', ...removals])
    expect(await feed.ended()).toEqual({status: 0, signal: null})
  })
})
