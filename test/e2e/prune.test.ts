import {once} from 'node:events'
import {join} from 'node:path'
import Sqlite from 'better-sqlite3'
import {describe, expect, test} from 'vitest'
import {
  collect,
  databaseWith,
  finished,
  type Line,
  library,
  litefeed,
  log,
  ndjson,
  newDirectory,
  query,
  start,
  tail,
  write,
} from './support.ts'

const documents = (count: number, size = 0) =>
  Array.from({length: count}, (_, id) => ({id, ...(size > 0 ? {text: 'x'.repeat(size)} : {})}))
const changed = (count: number, size = 0) => databaseWith({t: documents(count, size)})

/** What a prune says. */
async function prune(db: string, ...args: string[]): Promise<Line> {
  const {result, status, stderr} = await litefeed(['prune', ...args], {db})
  expect(status, stderr).toBe(0)
  return result
}

/** Writes until the log goes back no further than to this change: a write removes as much as there is time for. */
async function writeUntilGone(db: string, before: number): Promise<void> {
  for (let n = 0; (await oldest(db)) < before; n++) {
    expect(n, 'writes that did not remove enough').toBeLessThan(100)
    await write(db, 't', t => t.update(1, {more: n}))
  }
}

async function oldest(db: string): Promise<number> {
  return (await litefeed(['tables'], {db})).lines[0].oldest
}

/** Makes changes older than they are. */
function age(db: string, upTo: number, milliseconds: number): void {
  const connection = new Sqlite(db)
  connection.prepare('UPDATE _litefeed_changes SET ts_ms = ts_ms - ? WHERE seq <= ?').run(milliseconds, upTo)
  connection.close()
}

describe('what goes', () => {
  test('all but so many', async () => {
    const db = await changed(5000)
    expect(await prune(db, '--keep', '700')).toEqual({removed: 4300, oldest: 4301, newest: 5000})
    expect(await prune(db, '--keep', '700')).toEqual({removed: 0, oldest: 4301, newest: 5000})
    expect((await log(db)).map(({seq}) => seq)).toEqual(Array.from({length: 700}, (_, index) => 4301 + index))
    expect((await litefeed(['list', 't'], {db})).lines).toHaveLength(5000)
  })

  test('what is older', async () => {
    const db = await changed(100)
    age(db, 40, 8 * 86_400_000)
    expect(await prune(db, '--keep', '7d')).toEqual({removed: 40, oldest: 41, newest: 100})
    expect(await prune(db, '--keep', '2w')).toMatchObject({removed: 0})
  })

  test('what is too large', async () => {
    const db = await changed(1000, 1000)
    const {oldest: first} = await prune(db, '--keep', '100kB')
    expect(first).toBeGreaterThan(900)
    expect(first).toBeLessThan(912)
    expect(await prune(db, '--keep', '1GB')).toMatchObject({removed: 0})
  })

  test('what is before a position, and never the newest change', async () => {
    const db = await changed(10)
    expect(await prune(db, '--before', '4')).toEqual({removed: 3, oldest: 4, newest: 10})
    expect(await prune(db, '--before', '99999')).toEqual({removed: 6, oldest: 10, newest: 10})
    expect(await prune(db, '--keep', '1')).toMatchObject({removed: 0, oldest: 10})
    await write(db, 't', t => t.insert({id: 'a'}))
    expect((await log(db)).map(({seq}) => seq)).toEqual([10, 11])
  })

  test('nothing that a consumer has not had, unless it is named', async () => {
    const db = await changed(10)
    await library(db, store => store.resetConsumer('slow', 3))
    await library(db, store => store.resetConsumer('quick', 8))
    const held = await litefeed(['prune', '--keep', '1'], {db})
    expect(held.result).toEqual({removed: 3, oldest: 4, newest: 10})
    expect(held.stderr).toContain('the consumer slow has not had more')
    expect(await prune(db, '--keep', '1', '--force', 'slow')).toMatchObject({oldest: 9})
    expect(await litefeed(['prune', '--keep', '1', '--force', 'nobody'], {db})).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no consumer nobody'),
    })
    const lost = await litefeed(['changes', '--as', 'slow', '--no-follow'], {db})
    expect(lost).toMatchObject({status: 3, stdout: ''})
    expect(lost.stderr).toContain('the changes after 3 are gone: the oldest kept is 9, the newest 10')
    expect((await litefeed(['consumers'], {db})).lines).toMatchObject([
      {name: 'quick', position: 8, lag: 2, oldest: 9},
      {name: 'slow', position: 3, lag: 7, oldest: 9},
    ])
  })

  test.each([
    [['--keep', 'some']],
    [['--keep', '0']],
    [['--keep', '0B']],
    [['--before', 'x']],
    [[]],
    [['--keep', '1', '--before', '2']],
    [['--save']],
  ])('%j is refused', async args => {
    const db = await changed(2)
    expect(await litefeed(['prune', ...args], {db})).toMatchObject({status: 2, stdout: ''})
    expect(await oldest(db)).toBe(1)
  })
})

describe('a rule that is saved', () => {
  test('is kept by what writes', async () => {
    const db = await changed(100)
    await prune(db, '--keep', '50', '--save')
    await litefeed(['insert', 't'], {db, input: ndjson(Array.from({length: 8000}, (_, id) => ({id: `n${id}`})))})
    // It keeps pace, a few batches at a time.
    expect(await oldest(db)).toBeGreaterThan(500)
    await writeUntilGone(db, 8000)
    for (let n = 0; n < 12; n++) await write(db, 't', t => t.update(1, {n}))
    const kept = (await log(db)).length
    expect(kept).toBeLessThanOrEqual(56)
    expect(kept).toBeGreaterThanOrEqual(50)
    const {newest, oldest: first} = await prune(db)
    expect(newest - first).toBe(49)
    await prune(db, '--keep', 'all', '--save')
    await litefeed(['insert', 't'], {db, input: ndjson(Array.from({length: 1000}, (_, id) => ({id: `m${id}`})))})
    expect(await oldest(db)).toBe(first)
  })

  test('about bytes is, whoever else has written', async () => {
    const db = await changed(10, 1000)
    await prune(db, '--keep', '50kB', '--save')
    const connection = new Sqlite(db)
    const put = connection.prepare('INSERT INTO t (id, doc) VALUES (?, ?)')
    for (let n = 0; n < 300; n++) put.run(`a${n}`, JSON.stringify({id: `a${n}`, text: 'x'.repeat(1000)}))
    connection.close()
    await litefeed(['insert', 't', '{"id":"last"}'], {db})
    const [[bytes]] = query(db, 'SELECT sum(length(new_val)) FROM _litefeed_changes') as [[number]]
    expect(bytes).toBeLessThan(50_000)
    expect(bytes).toBeGreaterThan(44_000)
  })

  test('is kept by pipe and track, and never past a consumer', async () => {
    const db = await changed(3000)
    const to = `file:${join(newDirectory(), 'out.ndjson')}`
    await library(db, store => store.resetConsumer('f', 'beginning'))
    await prune(db, '--keep', '100', '--save')
    expect(await oldest(db)).toBe(1)
    await litefeed(['pipe', '--to', to, '--as', 'f', '--no-follow'], {db})
    await litefeed(['insert', 't', '{"id":"a"}'], {db})
    expect(await oldest(db)).toBeGreaterThan(400)
    await writeUntilGone(db, 2800)
    const connection = new Sqlite(db)
    connection.exec('CREATE TABLE app (id INTEGER PRIMARY KEY)')
    connection.close()
    await library(db, store => store.deleteConsumer('f'))
    await prune(db, '--keep', '10', '--save')
    expect(await litefeed(['track', 'app'], {db})).toMatchObject({status: 0})
    const changes = await log(db)
    expect([changes.length, changes.at(-1)?.seq]).toEqual([10, changes[0]?.seq + 9])
  })
})

describe('a feed', () => {
  test('that asks for what is gone ends with history lost', async () => {
    const db = await changed(10)
    await prune(db, '--keep', '3')
    expect(await litefeed(['changes', '--since', '5', '--no-follow'], {db})).toMatchObject({status: 3, stdout: ''})
    expect((await log(db)).map(({seq}) => seq)).toEqual([8, 9, 10])
    expect(await litefeed(['changes', '--since', '-9', '--no-follow'], {db})).toMatchObject({status: 3, stdout: ''})
    expect((await litefeed(['changes', '--since', '-3', '--no-follow'], {db})).lines).toHaveLength(3)
  })

  test.each([
    ['--since', '1h'],
    ['--since', '2020-01-01'],
    ['t', '--since', '-9'],
  ])('that may ask for what is gone says where the log begins: %s %s', async (...args) => {
    const db = await changed(10)
    expect(await litefeed(['changes', ...args, '--no-follow'], {db})).toMatchObject({status: 0, stderr: ''})
    await prune(db, '--keep', '3')
    const run = await litefeed(['changes', ...args, '--no-follow'], {db})
    expect(run).toMatchObject({status: 0, stderr: 'warning: the log begins with 8: what was before is gone\n'})
    expect(run.lines).toHaveLength(3)
  })

  test('that follows goes on', async () => {
    const db = await changed(10)
    const feed = await tail([], {db})
    await prune(db, '--keep', '3')
    await write(db, 't', t => t.insert({id: 'a'}))
    expect((await feed.next()).seq).toBe(11)
  })

  test('that is overtaken ends with history lost, and prints nothing after the gap', async () => {
    const db = await changed(30_000, 100)
    const child = start(['changes', '--since', 'beginning'], {db})
    const stdout = child.stdout as NonNullable<typeof child.stdout>
    await once(stdout, 'readable')
    await prune(db, '--keep', '1')
    const output = collect(child)
    const {status, stderr, lines} = await finished(child, output)
    expect(status).toBe(3)
    expect(stderr).toContain('are gone')
    expect(lines.map(({seq}) => seq)).toEqual(lines.map((_, index) => index + 1))
  })
})

test('what doctor says, and a table that is tracked, after a prune', async () => {
  const db = join(newDirectory(), 'app.db')
  const run = (sql: string) => {
    const connection = new Sqlite(db)
    connection.exec(sql)
    connection.close()
  }
  run('CREATE TABLE app (id INTEGER PRIMARY KEY, v)')
  await library(db, store => store.track('app'))
  run('INSERT INTO app (v) VALUES (1), (2), (3); UPDATE app SET v = 9 WHERE id = 3')
  await prune(db, '--keep', '1')
  const {status, lines} = await litefeed(['doctor'], {db})
  expect(lines.filter(line => line.status === 'problem')).toEqual([])
  expect(status).toBe(0)
  expect(await litefeed(['track', 'app'], {db})).toMatchObject({status: 0})
  expect(await log(db)).toHaveLength(1)
})
