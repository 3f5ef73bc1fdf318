import {spawn} from 'node:child_process'
import {once} from 'node:events'
import Sqlite from 'better-sqlite3'
import {describe, expect, onTestFinished, test} from 'vitest'
import {
  databaseWith,
  finished,
  type Line,
  litefeed,
  log,
  ndjson,
  newDatabase,
  query,
  root,
  start,
  Tail,
  tail,
  write,
} from './support.ts'

const five = [1, 2, 3, 4, 5].map(id => ({id, n: id * 10}))

/** A finished feed. */
const read = (db: string, ...args: string[]) => litefeed(['changes', '--no-follow', ...args], {db})
const seqs = (lines: readonly Line[]) => lines.map(({seq}) => seq)

describe('an event', () => {
  test('has its keys in one order, and the values as they are stored', async () => {
    const db = newDatabase()
    await litefeed(['insert', 'users', '{"b":1,"id":1,"a":1.0}'], {db})
    await write(db, 'users', t => t.update(1, {b: 2}))
    await write(db, 'users', t => t.delete(1))
    const {stdout} = await read(db, '--since', 'beginning')
    expect(stdout.replaceAll(/"ts_ms":\d{13}/g, '"ts_ms":0')).toBe(
      '{"seq":1,"ts_ms":0,"table":"users","key":1,"type":"add","old_val":null,"new_val":{"b":1,"id":1,"a":1}}\n' +
        '{"seq":2,"ts_ms":0,"table":"users","key":1,"type":"change","old_val":{"b":1,"id":1,"a":1},"new_val":{"b":2,"id":1,"a":1}}\n' +
        '{"seq":3,"ts_ms":0,"table":"users","key":1,"type":"remove","old_val":{"b":2,"id":1,"a":1},"new_val":null}\n',
    )
  })

  test('of an initial, a state and a heartbeat', async () => {
    const db = await databaseWith({users: [{id: 1}, {id: 'ü'}]})
    const run = await litefeed(
      ['changes', '--include-initial', '--include-states', '--heartbeat', '10ms', '--idle-timeout', '200ms'],
      {db},
    )
    const [initializing, one, two, ready, ...beats] = run.stdout.trimEnd().split('\n')
    expect(initializing).toBe('{"type":"state","state":"initializing","seq":2}')
    expect(one?.replace(/\d{13}/, '0')).toBe(
      '{"seq":2,"ts_ms":0,"table":"users","key":1,"type":"initial","new_val":{"id":1}}',
    )
    expect(two?.replace(/\d{13}/, '0')).toBe(
      '{"seq":2,"ts_ms":0,"table":"users","key":"ü","type":"initial","new_val":{"id":"ü"}}',
    )
    expect(ready).toBe('{"type":"state","state":"ready","seq":2}')
    expect(beats.length).toBeGreaterThan(0)
    expect(new Set(beats)).toEqual(new Set(['{"type":"heartbeat","seq":2}']))
  })

  test('is written by every program that writes to the table', async () => {
    const db = await databaseWith({users: [{id: 1, n: 1}]})
    const following = await tail([], {db})
    const other = new Sqlite(db)
    other.exec(`INSERT INTO users (id, doc) VALUES ('x', '{"id":"x",\n "n":  2}')`)
    other.exec(`INSERT OR REPLACE INTO users (id, doc) VALUES (1, '{"id":1,"n":3}')`)
    other.exec(`UPDATE users SET id = 2, doc = '{"id":2,"n":3}' WHERE id = 1`)
    other.exec('DELETE FROM users WHERE id = 2')
    other.close()
    const events = await following.take(5)
    expect(events.map(({seq, key, type, old_val, new_val}) => [seq, key, type, old_val?.n, new_val?.n])).toEqual([
      [2, 'x', 'add', undefined, 2],
      [3, 1, 'change', 1, 3],
      [4, 1, 'remove', 3, undefined],
      [5, 2, 'add', undefined, 3],
      [6, 2, 'remove', 3, undefined],
    ])
  })
})

describe('which tables and keys', () => {
  const setUp = () => databaseWith({a: [{id: 1}, {id: 2}], b: [{id: 1}], 'c c': [{id: 1}]})

  test.each([
    ['no table is every table', [], [1, 2, 3, 4]],
    ['one', ['a'], [1, 2]],
    ['several', ['a', 'c c'], [1, 2, 4]],
    ['a table in other letters', ['A'], [1, 2]],
    ['a key in every table', ['--key', '1'], [1, 3, 4]],
    ['keys of one table', ['a', '--key', '2', '--key', '1', '--key', '99'], [1, 2]],
    ['a key as a string', ['--key', '"1"'], []],
    ['a key and then a table', ['--key', '1', 'b'], [3]],
  ])('%s', async (_, args, expected) => {
    const run = await read(await setUp(), '--since', 'beginning', ...args)
    expect(seqs(run.lines)).toEqual(expected)
    expect(run).toMatchObject({status: 0, stderr: ''})
  })

  test('keys of every kind', async () => {
    const ids = [1, '1', 2.5, true, 'true', [1, 'a'], '', 'ü']
    const db = await databaseWith({t: ids.map(id => ({id}))})
    for (const id of [[1, 'a'], 2.5, '1', true]) {
      expect((await read(db, '--since', 'beginning', '--key', JSON.stringify(id))).lines).toMatchObject([{key: id}])
    }
  })

  test('a table that does not exist yet is waited for, and so is a database', async () => {
    const db = newDatabase()
    const following = await tail(['later'], {db})
    expect(following.stderr).toContain('later')
    await write(db, 'other', t => t.insert({id: 1}))
    await write(db, 'later', t => t.insert({id: 1}))
    expect(await following.next()).toMatchObject({seq: 2, table: 'later'})
  })

  test('a feed of every table goes on with one that was dropped and made again', async () => {
    const db = await databaseWith({t: [{id: 1}]})
    const following = await tail([], {db})
    await write(db, 't', t => t.drop())
    await write(db, 't', t => t.insert({id: 2}))
    expect(await following.take(2)).toMatchObject([
      {key: 1, type: 'remove'},
      {key: 2, type: 'add'},
    ])
  })
})

describe('--filter and --map', () => {
  test('are evaluated on events', async () => {
    const db = await databaseWith({t: five})
    expect(seqs((await read(db, '--since', '0', '--filter', 'new_val.n >= 30 and type = "add"')).lines)).toEqual([
      3, 4, 5,
    ])
    expect((await read(db, '--since', '0', '--map', 'new_val.n')).stdout).toBe('10\n20\n30\n40\n50\n')
    expect((await read(db, '--since', '3', '--map', '{"s":seq,"t":table,"k":key,"o":old_val}')).lines).toEqual([
      {s: 4, t: 't', k: 4, o: null},
      {s: 5, t: 't', k: 5, o: null},
    ])
    expect((await read(db, '--since', '0', '--map', 'new_val[n=20].n')).stdout).toBe('20\n')
    expect((await read(db, '--since', '0', '--filter', 'new_val.nothing', '--map', 'seq')).stdout).toBe('')
  })

  test('leave states and heartbeats alone', async () => {
    const db = await databaseWith({t: five})
    const run = await litefeed(
      [
        'changes',
        '--include-initial',
        '--include-states',
        '--filter',
        'false',
        '--map',
        '"x"',
        '--heartbeat',
        '10ms',
        '--idle-timeout',
        '100ms',
      ],
      {db},
    )
    const kinds = new Set(run.lines.map(line => line.state ?? line.type))
    expect([...kinds]).toEqual(['initializing', 'ready', 'heartbeat'])
  })

  test('see initial values', async () => {
    const db = await databaseWith({t: five})
    const run = await read(
      db,
      '--include-initial',
      '--filter',
      'type = "initial" and new_val.n < 30',
      '--map',
      'new_val',
    )
    expect(run.lines).toEqual(five.slice(0, 2))
  })

  test('a failure leaves the event out, names its seq, and makes the exit status 1', async () => {
    const db = await databaseWith({t: five})
    const run = await read(db, '--since', '0', '--filter', 'seq = 3 ? $error("three") : true')
    expect(seqs(run.lines)).toEqual([1, 2, 4, 5])
    expect(run).toMatchObject({status: 1, stderr: expect.stringMatching(/seq 3: three/)})
    expect(run.stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  test('many failures are one line a second and a count', async () => {
    const db = await databaseWith({t: Array.from({length: 1200}, (_, id) => ({id}))})
    const run = await read(db, '--since', '0', '--map', '$error("no")')
    expect(run).toMatchObject({status: 1, stdout: ''})
    const said = run.stderr.trimEnd().split('\n')
    expect(said.length).toBeLessThan(20)
    const counted = said.reduce((sum, line) => sum + 1 + Number(/on (\d+) more/.exec(line)?.[1] ?? 0), 0)
    expect(counted).toBe(1200)
  })

  test('--on-error fail ends the feed there', async () => {
    const db = await databaseWith({t: five})
    const run = await read(db, '--since', '0', '--filter', 'seq = 3 ? $error("three") : true', '--on-error', 'fail')
    expect(seqs(run.lines)).toEqual([1, 2])
    expect(run).toMatchObject({status: 1, stderr: expect.stringContaining('seq 3: three')})
    expect(run.stderr.match(/three/g)).toHaveLength(2)
  })

  test('a live feed goes on after a failure', async () => {
    const db = await databaseWith({t: five})
    const following = await tail(['--map', 'new_val.n = 1 ? $error("one") : new_val.n'], {db})
    await write(db, 't', t =>
      t.insert([
        {id: 6, n: 1},
        {id: 7, n: 2},
      ]),
    )
    expect(await following.next()).toBe(2)
    expect(await following.stop()).toMatchObject({signal: 'SIGINT'})
    expect(following.stderr).toContain('seq 6: one')
  })

  test.each([
    ['--filter', 'new_val.a =', 'new_val.a =\n           ^'],
    ['--map', '{"a": (1 + }', '{"a": (1 + }\n           ^'],
    ['--filter', 'a\n  b ! c', '  b ! c\n  ^'],
    ['--map', '', '\n^'],
  ])('%s %j does not parse: shown with a caret, exit status 2, and no database is made', async (flag, text, shown) => {
    const db = newDatabase()
    const run = await litefeed(['changes', flag, text], {db})
    expect(run).toMatchObject({status: 2, stdout: ''})
    expect(run.stderr).toContain(shown)
  })
})

describe('--since', () => {
  test.each([
    ['beginning', [1, 2, 3, 4, 5]],
    ['0', [1, 2, 3, 4, 5]],
    ['3', [4, 5]],
    ['5', []],
    ['now', []],
    ['-2', [4, 5]],
    ['-0', []],
    ['-99', [1, 2, 3, 4, 5]],
    ['1h', [1, 2, 3, 4, 5]],
    ['1h30m', [1, 2, 3, 4, 5]],
    ['7d', [1, 2, 3, 4, 5]],
    ['2020-01-01', [1, 2, 3, 4, 5]],
    ['2020-01-01T00:00:00Z', [1, 2, 3, 4, 5]],
    ['2020-01-01T00:00:00.5+02:00', [1, 2, 3, 4, 5]],
    ['2999-01-01', []],
  ])('%s', async (since, expected) => {
    const run = await read(await databaseWith({t: five}), '--since', since)
    expect(run).toMatchObject({status: 0, stderr: ''})
    expect(seqs(run.lines)).toEqual(expected)
  })

  test('an instant in the middle of the log, and so long ago', async () => {
    const db = await databaseWith({t: five})
    const now = Date.now()
    const other = new Sqlite(db)
    // As if they had been made 50, 40, 30, 20 and 10 minutes ago.
    other.prepare('UPDATE _litefeed_changes SET ts_ms = ? - (60 - seq * 10) * 60000').run(now)
    other.close()
    const third = new Date(now - 30 * 60_000)
    expect(seqs((await read(db, '--since', third.toISOString())).lines)).toEqual([3, 4, 5])
    expect(seqs((await read(db, '--since', new Date(third.getTime() + 1).toISOString())).lines)).toEqual([4, 5])
    expect(seqs((await read(db, '--since', '25m')).lines)).toEqual([4, 5])
    expect(seqs((await read(db, '--since', '0h15m')).lines)).toEqual([5])
    expect(seqs((await read(db, '--since', '0', '--until', third.toISOString())).lines)).toEqual([1, 2, 3])
  })

  test('-N counts changes of the tables and keys that are followed', async () => {
    const db = await databaseWith({a: [{id: 1}, {id: 2}, {id: 3}], b: [{id: 1}, {id: 2}]})
    expect(seqs((await read(db, 'a', '--since', '-2')).lines)).toEqual([2, 3])
    expect(seqs((await read(db, '--since=-2', '--key', '1')).lines)).toEqual([1, 4])
  })

  test.each([
    ['yesterday', 2],
    ['2020-13-45', 2],
    ['1.5', 2],
    ['-1x', 2],
    ['', 2],
    ['99', 3],
    ['6', 3],
  ])('%j is refused', async (since, status) => {
    const run = await read(await databaseWith({t: five}), '--since', since)
    expect(run).toMatchObject({status, stdout: ''})
    expect(run.stderr).toContain(since)
  })

  test('history that was pruned is an error that names the oldest and the newest position', async () => {
    const db = await databaseWith({t: five})
    const other = new Sqlite(db)
    other.exec('DELETE FROM _litefeed_changes WHERE seq <= 2')
    other.close()
    for (const position of ['0', '1']) {
      const run = await read(db, '--since', position)
      expect(run).toMatchObject({status: 3, stdout: ''})
      expect(run.stderr).toMatch(new RegExp(`after ${position}\\b.*oldest.* 3.*newest 5`))
    }
    expect(seqs((await read(db, '--since', '2')).lines)).toEqual([3, 4, 5])
    expect(seqs((await read(db, '--since', 'beginning')).lines)).toEqual([3, 4, 5])
    const beyond = await read(db, '--since', '6')
    expect(beyond).toMatchObject({status: 3, stderr: expect.stringMatching(/6 is beyond.* 3.* 5/)})
  })

  test('a log that was pruned to nothing goes on from its newest position', async () => {
    const db = await databaseWith({t: five})
    const other = new Sqlite(db)
    other.exec('DELETE FROM _litefeed_changes')
    other.close()
    expect(await read(db, '--since', '4')).toMatchObject({status: 3})
    expect(await read(db, '--since', '5')).toMatchObject({status: 0, stdout: ''})
    await write(db, 't', t => t.insert({id: 6}))
    expect(seqs((await read(db, '--since', '5')).lines)).toEqual([6])
  })

  test('history that is pruned away under a feed that has stopped reading is never a silent gap', async () => {
    const db = newDatabase()
    const text = 'x'.repeat(1000)
    await litefeed(['insert', 't', '--durability', 'soft'], {
      db,
      input: ndjson(Array.from({length: 3000}, (_, id) => ({id, text}))),
    })
    // Nobody reads: the pipe fills, and the feed stays behind.
    const child = start(['changes', '--since', 'beginning'], {db})
    await once(child.stdout as NodeJS.ReadableStream, 'readable')
    const other = new Sqlite(db)
    other.exec('DELETE FROM _litefeed_changes WHERE seq <= 2990')
    other.close()
    const run = await finished(child)
    const got = seqs(run.lines)
    expect(got).toEqual(Array.from(got, (_, index) => index + 1))
    expect(run).toMatchObject({status: 3, stderr: expect.stringMatching(/gone.*2991.*3000/)})
  })
})

describe('where to stop', () => {
  test.each([
    ['--until of a position', ['--until', '3'], [1, 2, 3]],
    ['--until now', ['--until', 'now'], [1, 2, 3, 4, 5]],
    ['--until of an instant', ['--until', '2020-01-01'], []],
    ['--no-follow', ['--no-follow'], [1, 2, 3, 4, 5]],
    ['--no-follow and a later position', ['--no-follow', '--until', '99'], [1, 2, 3, 4, 5]],
    ['--take', ['--take', '2'], [1, 2]],
    ['--take and --filter', ['--take', '2', '--filter', 'seq > 2'], [3, 4]],
    ['--take of more than one batch has', ['--take', '5', '--filter', 'true'], [1, 2, 3, 4, 5]],
    ['--idle-timeout', ['--idle-timeout', '50ms'], [1, 2, 3, 4, 5]],
  ])('%s', async (_, args, expected) => {
    const run = await litefeed(['changes', '--since', 'beginning', ...args], {db: await databaseWith({t: five})})
    expect(run).toMatchObject({status: 0, stderr: ''})
    expect(seqs(run.lines)).toEqual(expected)
  })

  test('--until waits for a position that is still to come', async () => {
    const db = await databaseWith({t: five})
    const following = await tail(['--until', '7'], {db})
    await write(db, 't', t => t.insert([{id: 6}, {id: 7}, {id: 8}]))
    expect(seqs(await following.rest())).toEqual([6, 7])
    expect(await following.ended()).toMatchObject({status: 0})
  })

  test('--until ends a feed of one table at a change of another', async () => {
    const db = await databaseWith({t: five})
    const following = await tail(['t', '--until', '6'], {db})
    await write(db, 'other', t => t.insert({id: 1}))
    expect(await following.rest()).toEqual([])
    expect(await following.ended()).toMatchObject({status: 0})
  })

  test('--until an instant that is still to come ends then', async () => {
    const db = await databaseWith({t: five})
    const following = await tail(['--until', new Date(Date.now() + 1500).toISOString()], {db})
    await write(db, 't', t => t.insert({id: 6}))
    expect(seqs(await following.rest())).toEqual([6])
    expect(await following.ended()).toMatchObject({status: 0})
  })

  test('--take counts initial values and changes, and no states', async () => {
    const db = await databaseWith({t: five})
    const following = await tail(['--include-initial', '--take', '7'], {db})
    expect(following.before.map(({type}) => type)).toEqual(['state', ...five.map(() => 'initial')])
    await write(db, 't', t => t.insert([{id: 6}, {id: 7}, {id: 8}]))
    expect(seqs(await following.rest())).toEqual([6, 7])
    expect((await litefeed(['changes', '--include-initial', '--take', '2'], {db})).lines.map(({key}) => key)).toEqual([
      1, 2,
    ])
  })

  test.each([
    ['--take', '0'],
    ['--take', 'x'],
    ['--take', '1.5'],
    ['--until', 'yesterday'],
    ['--until', '-3'],
    ['--idle-timeout', '5'],
    ['--idle-timeout', '0'],
    ['--heartbeat', 'often'],
    ['--heartbeat', '-5s'],
    ['--on-error', 'panic'],
    ['--key', '[null]'],
  ])('%s %s is misuse, and named', async (flag, value) => {
    const db = newDatabase()
    const run = await litefeed(['changes', '--no-follow', flag, value], {db})
    expect(run).toMatchObject({status: 2, stdout: ''})
    expect(run.stderr).toContain(flag === '--key' ? 'key' : flag)
  })

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends a feed by that signal', async signal => {
    const following = await tail([], {db: await databaseWith({t: five})})
    expect(await following.stop(signal)).toEqual({status: null, signal})
    expect(following.stderr).toBe('')
  })
})

describe('--include-initial', () => {
  test('hands over exactly: each document once, each later change once', async () => {
    const db = await databaseWith({t: five})
    const writer = start(['insert', 't', '--durability', 'soft'], {db})
    writer.stdin?.write('{"id":100}\n')
    // Several feeds begin while somebody writes.
    const feeds = await Promise.all(
      [0, 1, 2].map(async () => {
        const following = new Tail(
          start(['changes', 't', '--include-initial', '--include-states', '--filter', '$not(new_val.last) or true'], {
            db,
          }),
        )
        return following
      }),
    )
    for (let id = 101; id < 400; id++) writer.stdin?.write(`{"id":${id}}\n`)
    const starts = await Promise.all(feeds.map(feed => feed.until(event => event.state === 'ready')))
    writer.stdin?.end('{"id":1000,"last":true}\n')
    for (const [index, feed] of feeds.entries()) {
      const later = await feed.until(event => event.key === 1000)
      const ready = starts[index]?.at(-1)
      const initial = starts[index]?.filter(({type}) => type === 'initial') ?? []
      expect(new Set(seqs(initial))).toEqual(new Set([ready.seq]))
      expect(initial).toHaveLength(ready.seq)
      expect(seqs(later)).toEqual(Array.from(later, (_, at) => ready.seq + 1 + at))
      const keys = [...initial, ...later].map(({key}) => key)
      expect(keys.toSorted((one, other) => one - other)).toEqual([
        1,
        2,
        3,
        4,
        5,
        ...Array.from({length: 300}, (_, at) => 100 + at),
        1000,
      ])
    }
  })

  test('with --since shows the documents of that time', async () => {
    const db = await databaseWith({t: five})
    await write(db, 't', t => t.update(1, {n: 11}))
    await write(db, 't', t => t.delete(2))
    const {lines} = await read(db, 't', '--include-initial', '--since', '5')
    const initial = lines.slice(0, 5).toSorted((one, other) => one.key - other.key)
    expect(initial).toMatchObject(five.map(({id, n}) => ({seq: 5, type: 'initial', key: id, new_val: {id, n}})))
    expect(lines.slice(5)).toMatchObject([
      {seq: 6, type: 'change', key: 1, new_val: {n: 11}},
      {seq: 7, type: 'remove', key: 2},
    ])
  })

  test('of a key that is not there is a null, as in RethinkDB', async () => {
    const db = await databaseWith({t: five})
    const run = await read(db, 't', '--include-initial', '--key', '99', '--no-follow')
    expect(run.lines).toMatchObject([{type: 'initial', key: 99, new_val: null}])
    const several = await read(db, 't', '--include-initial', '--key', '2', '--key', '99', '--no-follow')
    expect(several.lines).toMatchObject([{type: 'initial', key: 2, new_val: {id: 2, n: 20}}])
  })
})

test('a heartbeat tells the position of changes that were not printed', async () => {
  const db = await databaseWith({t: five})
  const following = await tail(['t', '--filter', 'new_val.n = 70', '--heartbeat', '50ms'], {db})
  await write(db, 't', t => t.insert({id: 6, n: 60}))
  await following.until(event => event.type === 'heartbeat' && event.seq === 6)
  await write(db, 'other', t => t.insert({id: 6, n: 60}))
  const {seq} = (await following.until(event => event.type === 'heartbeat' && event.seq === 7)).at(-1)
  await write(db, 't', t => t.insert({id: 7, n: 70}))
  await following.stop()
  // What it told is where to go on.
  expect((await read(db, 't', '--filter', 'new_val.n = 70', '--since', String(seq))).lines).toMatchObject([
    {seq: 8, key: 7},
  ])
})

test('a feed resumes exactly where it stopped', async () => {
  const db = await databaseWith({t: Array.from({length: 1700}, (_, id) => ({id}))})
  const seen: number[] = []
  while (seen.length < 1700) {
    const {lines} = await litefeed(['changes', '--since', String(seen.at(-1) ?? 0), '--take', '600', '--no-follow'], {
      db,
    })
    seen.push(...seqs(lines))
  }
  expect(seen).toEqual(Array.from({length: 1700}, (_, index) => index + 1))
})

test('an empty transaction and a rollback leave no gap', async () => {
  const db = await databaseWith({t: five})
  const other = new Sqlite(db)
  other.exec(`BEGIN; INSERT INTO t VALUES (9, '{"id":9}'); ROLLBACK`)
  other.close()
  await write(db, 't', t => t.insert({id: 6}))
  expect(seqs(await log(db))).toEqual([1, 2, 3, 4, 5, 6])
  expect(query(db, 'SELECT max(seq), count(*) FROM _litefeed_changes')).toEqual([[6, 6]])
})

test('makes the database when there is none, and follows it', async () => {
  const db = newDatabase()
  const following = await tail([], {db})
  expect(following.stderr).toBe('')
  await write(db, 'new', t => t.insert({id: 1}))
  expect(await following.next()).toMatchObject({seq: 1, table: 'new'})
})

test('a feed of a program that is left where it is does not keep the process alive once the database is closed', async () => {
  const program = `
    import {open} from ${JSON.stringify(`${root}/dist/index.js`)}
    const store = await open(process.argv[1])
    await store.table('t').insert({id: 1})
    const events = store.changes({since: 'beginning'})[Symbol.asyncIterator]()
    await events.next()
    await store.close()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, newDatabase()])
  onTestFinished(() => void child.kill('SIGKILL'))
  expect(await finished(child)).toMatchObject({status: 0, stderr: ''})
})
