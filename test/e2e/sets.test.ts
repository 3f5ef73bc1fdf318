// Feeds of sets: what belongs to one, and what is shown of it. That they stay true whatever is written is tested in
// test/engine/feed/model.test.ts.
import {once} from 'node:events'
import Sqlite from 'better-sqlite3'
import {describe, expect, test} from 'vitest'
import {
  databaseWith,
  follow,
  type Line,
  litefeed,
  log,
  ndjson,
  newDatabase,
  type Run,
  short,
  start,
  Tail,
  write,
} from './support.ts'

const people = [
  {id: 1, name: 'Ann', age: 31, address: {city: 'Bonn', street: 'Am Hof'}},
  {id: 2, name: 'Bob', age: 9, address: {city: 'Rome'}},
  {id: 'x', name: 'Eve', age: 12},
]

describe('--where', () => {
  test('makes a document that comes to match an add, and one that stops matching a remove', async () => {
    const db = await databaseWith({t: people})
    const feed = await follow(db, 't', '--where', 'age > 10', '--include-initial')
    expect(feed.before.slice(1).map(short).toSorted()).toEqual(['initial "x"', 'initial 1'])
    expect(await feed.after('t', t => t.update(2, {age: 11}))).toMatchObject([
      {type: 'add', key: 2, old_val: null, new_val: {id: 2, age: 11}},
    ])
    expect(await feed.after('t', t => t.update(2, {age: 12}))).toMatchObject([
      {type: 'change', key: 2, old_val: {age: 11}, new_val: {age: 12}},
    ])
    expect(await feed.after('t', t => t.update(2, {age: 10}))).toMatchObject([
      {type: 'remove', key: 2, old_val: {id: 2, age: 12}, new_val: null},
    ])
    expect(await feed.after('t', t => t.update(2, {age: 9}))).toEqual([])
    expect(await feed.after('t', t => t.delete(2))).toEqual([])
    expect((await feed.after('t', t => t.delete({all: true}))).map(short).toSorted()).toEqual([
      'remove "x"',
      'remove 1',
    ])
  })

  test('is the same condition for several tables, and for every table', async () => {
    const db = await databaseWith({a: [{id: 1, n: 1}], b: [{id: 1, n: 2}], c: [{id: 1, n: 3}]})
    const feeds = await Promise.all(
      [['a', 'b'], []].map(tables => follow(db, ...tables, '--where', 'n > 1', '--include-initial')),
    )
    const initial = feeds.map(feed => feed.before.slice(1).map(({table}) => table))
    expect(initial.map(tables => tables.toSorted())).toEqual([['b'], ['b', 'c']])
    for (const table of ['a', 'b', 'c']) await write(db, table, t => t.update(1, {n: 5}))
    const {seq} = await write(db, 'a', t => t.update(1, {n: 0}))
    const told = await Promise.all(feeds.map(feed => feed.upTo(seq)))
    const inShort = told.map(lines => lines.map(({type, table}) => `${type} ${table}`))
    expect(inShort).toEqual([
      ['add a', 'change b', 'remove a'],
      ['add a', 'change b', 'change c', 'remove a'],
    ])
  })

  test('decides before --filter and --map, which see its events, and with --key', async () => {
    const db = await databaseWith({t: people})
    const run = await read(db, 't', '--where', 'age > 10', '--filter', 'type = "add"', '--map', 'new_val.name')
    expect(run.lines).toEqual(['Ann', 'Eve'])
    expect((await read(db, 't', '--where', 'age > 10', '--key', '1', '--key', '2')).lines.map(short)).toEqual(['add 1'])
  })

  test('looks back: the set as of a position, and what became of it', async () => {
    const db = await databaseWith({t: people})
    await write(db, 't', t => t.update(2, {age: 40}))
    await write(db, 't', t => t.update(1, {age: 4}))
    const all = await read(db, 't', '--where', 'age > 10')
    expect(all.lines.map(short)).toEqual(['add 1', 'add "x"', 'add 2', 'remove 1'])
    const later = await read(db, 't', '--where', 'age > 10', '--since', '3', '--include-initial')
    expect(later.lines.slice(0, 2).map(short).toSorted()).toEqual(['initial "x"', 'initial 1'])
    expect(later.lines.slice(2).map(short)).toEqual(['add 2', 'remove 1'])
    expect((await read(db, 't', '--where', 'age > 10', '--take', '2')).lines.map(short)).toEqual(['add 1', 'add "x"'])
  })

  test('shows documents as they are stored, to the last digit', async () => {
    const db = newDatabase()
    await litefeed(['insert', 't', '{"id":1,"n":9007199254740993,"ok":true}'], {db})
    const run = await read(db, 't', '--where', 'ok')
    expect(run.stdout).toContain('"new_val":{"id":1,"n":9007199254740993,"ok":true}}\n')
  })

  test('of an expression that fails on a document: it is not in the set, stderr says why, and the exit status is 1', async () => {
    const db = await databaseWith({t: people})
    await write(db, 't', t => t.update(1, {age: 'old'}))
    const run = await read(db, 't', '--where', '$uppercase(age) = "OLD" or true')
    // Every document but one has a number there.
    expect(run.lines.map(short)).toEqual(['add 1'])
    expect(run).toMatchObject({status: 1, stderr: expect.stringMatching(/warning: .*uppercase.* seq \d+: /)})
    expect(run.lines[0]).toMatchObject({seq: 4, old_val: null, new_val: {age: 'old'}})
  })

  test('an expression that fails on a document of the set takes it out, and the feed goes on', async () => {
    const db = await databaseWith({
      t: [
        {id: 1, s: 'a'},
        {id: 2, s: 5},
      ],
    })
    const feed = await follow(db, 't', '--where', '$uppercase(s) = "A"', '--include-initial', '--take', '4')
    expect(feed.before.slice(1).map(short)).toEqual(['initial 1'])
    expect((await feed.after('t', t => t.update(1, {s: 7}))).map(short)).toEqual(['remove 1'])
    expect((await feed.after('t', t => t.update(2, {s: 'a'}))).map(short)).toEqual(['add 2'])
    await write(db, 't', t => t.insert({id: 3, s: 'a'}))
    expect((await feed.rest()).map(short)).toEqual(['add 3'])
    expect(await feed.ended()).toMatchObject({status: 1})
    expect(feed.stderr).toContain('$uppercase')
  })

  test('--on-error fail ends the feed there', async () => {
    const db = await databaseWith({
      t: [
        {id: 1, s: 'a'},
        {id: 2, s: 'b'},
        {id: 3, s: 5},
        {id: 4, s: 'a'},
      ],
    })
    const run = await read(db, 't', '--where', '$uppercase(s) = "A"', '--on-error', 'fail')
    expect(run.lines.map(short)).toEqual(['add 1'])
    expect(run).toMatchObject({status: 1, stderr: expect.stringContaining('seq 3')})
  })

  test('--on-error fail ends the feed in its initial part', async () => {
    const db = await databaseWith({t: [{id: 1, s: 5}]})
    const run = await litefeed(
      ['changes', 't', '--include-initial', '--select', '$uppercase(s)', '--on-error', 'fail'],
      {
        db,
      },
    )
    expect(run).toMatchObject({status: 1, stdout: '', stderr: expect.stringContaining('$uppercase(s)')})
  })
})

describe('projections', () => {
  const event = {seq: 1, ts_ms: expect.any(Number), table: 't', key: 1}

  test.each([
    ['--pluck of a field', ['--pluck', 'id,age'], {id: 1, age: 31}],
    ['--pluck of a nested field', ['--pluck', 'name,address.city'], {name: 'Ann', address: {city: 'Bonn'}}],
    ['--pluck of what is not there', ['--pluck', 'id,nothing,address.none'], {id: 1, address: {}}],
    ['--without', ['--without', 'address,age'], {id: 1, name: 'Ann'}],
    ['--without a nested field', ['--without', 'address.street,age'], {id: 1, name: 'Ann', address: {city: 'Bonn'}}],
    ['--select', ['--select', '{"n": name, "next": age + 1}'], {n: 'Ann', next: 32}],
    ['--select of a scalar', ['--select', 'address.city'], 'Bonn'],
    [
      'all of them, in the order pluck, without, select',
      ['--select', '$keys($)', '--without', 'name', '--pluck', 'id,name,age'],
      ['id', 'age'],
    ],
  ])('%s', async (_, args, shown) => {
    const db = await databaseWith({t: people.slice(0, 1)})
    const [initial] = (await read(db, 't', '--include-initial', '--since', 'now', ...args)).lines
    expect(initial).toEqual({...event, type: 'initial', new_val: shown})
    const [add] = (await read(db, 't', ...args)).lines
    expect(add).toEqual({...event, type: 'add', old_val: null, new_val: shown})
    const list = await litefeed(['list', 't', ...args], {db})
    expect(list).toMatchObject({status: 0, stderr: ''})
    expect(list.lines).toEqual([shown])
  })

  test('come after --where, which sees the whole document', async () => {
    const db = await databaseWith({t: people})
    const args = ['t', '--where', 'age > 10', '--pluck', 'name']
    expect((await read(db, ...args)).lines.map(({new_val}) => new_val)).toEqual([{name: 'Ann'}, {name: 'Eve'}])
    expect((await litefeed(['list', ...args], {db})).lines).toEqual([{name: 'Ann'}, {name: 'Eve'}])
  })

  test('a change of what is not shown is no event', async () => {
    const db = await databaseWith({t: people})
    const feed = await follow(db, 't', '--pluck', 'name,address.city')
    expect(await feed.after('t', t => t.update(1, {age: 32, address: {street: 'Markt'}}))).toEqual([])
    expect(await feed.after('t', t => t.update(1, {address: {city: 'Köln'}}))).toMatchObject([
      {old_val: {name: 'Ann', address: {city: 'Bonn'}}, new_val: {name: 'Ann', address: {city: 'Köln'}}},
    ])
  })

  test('sides are equal whatever the order of their members, and 1 is 1.0', async () => {
    const db = await databaseWith({t: [{id: 1, a: 1, o: {x: 1, y: [1, 2]}, z: 0}]})
    const feed = await follow(db, 't', '--without', 'z')
    bySql(db, `UPDATE t SET doc = '{"z":1,"o":{"y":[1.0,2e0],"x":1},"a":1.0,"id":1}'`)
    bySql(db, `UPDATE t SET doc = '{"z":1,"o":{"y":[2,1],"x":1},"a":1.0,"id":1}'`)
    expect((await feed.upTo(3)).map(({seq, new_val}) => [seq, new_val.o.y])).toEqual([[3, [2, 1]]])
  })

  test('a document that is shown as nothing or as null is not in the set', async () => {
    const db = await databaseWith({t: [{id: 1, v: 1}, {id: 2}, {id: 3, v: null}]})
    expect((await litefeed(['list', 't', '--select', 'v'], {db})).stdout).toBe('1\n')
    const feed = await follow(db, 't', '--select', 'v', '--include-initial')
    expect(feed.before.slice(1).map(short)).toEqual(['initial 1'])
    expect(await feed.after('t', t => t.update(1, {v: null}))).toMatchObject([
      {type: 'remove', key: 1, old_val: 1, new_val: null},
    ])
    expect(await feed.after('t', t => t.replace(1, {id: 1}))).toEqual([])
    expect(await feed.after('t', t => t.update(2, {v: false}))).toMatchObject([
      {type: 'add', key: 2, old_val: null, new_val: false},
    ])
  })

  test('keep the digits of long numbers', async () => {
    const db = newDatabase()
    await litefeed(['insert', 't', '{"id":1,"n":9007199254740993,"o":{"n":12345678901234567890,"m":1}}'], {db})
    for (const [args, shown] of [
      [['--pluck', 'n,o.n'], '{"n":9007199254740993,"o":{"n":12345678901234567890}}'],
      [['--without', 'id,o.m'], '{"n":9007199254740993,"o":{"n":12345678901234567890}}'],
      [['--select', '{"big": o.n}'], '{"big":12345678901234567890}'],
      [['--select', 'n'], '9007199254740993'],
    ] as const) {
      expect((await read(db, 't', ...args)).stdout).toContain(`"new_val":${shown}}\n`)
      expect((await litefeed(['list', 't', ...args], {db})).stdout).toBe(`${shown}\n`)
    }
  })
})

describe('a feed of keys', () => {
  const initial = (feed: {raw: readonly string[]}) =>
    feed.raw.filter(line => line.includes('"initial"')).map(line => line.replace(/\d{13}/, 'T'))

  test('shows a document that is not there as null, and follows it', async () => {
    const db = await databaseWith({t: [{id: 2, n: 1}]})
    const feed = await follow(db, 't', '--key', '1', '--include-initial')
    expect(initial(feed)).toEqual(['{"seq":1,"ts_ms":T,"table":"t","key":1,"type":"initial","new_val":null}'])
    expect(await feed.after('t', t => t.insert([{id: 1, n: 5}, {id: 3}]))).toMatchObject([
      {type: 'add', key: 1, old_val: null, new_val: {n: 5}},
    ])
    expect(await feed.after('t', t => t.delete({keys: [1, 3]}))).toMatchObject([
      {type: 'remove', key: 1, new_val: null},
    ])
  })

  test('of several keys shows the documents that are there', async () => {
    const db = await databaseWith({t: [{id: 2, n: 1}]})
    const feed = await follow(db, 't', '--key', '1', '--key', '2', '--include-initial')
    expect(initial(feed)).toEqual(['{"seq":1,"ts_ms":T,"table":"t","key":2,"type":"initial","new_val":{"id":2,"n":1}}'])
    expect(await feed.after('t', t => t.insert([{id: 1, n: 5}, {id: 3}]))).toMatchObject([{type: 'add', key: 1}])
  })

  test('also of a table that is not there yet', async () => {
    const db = newDatabase()
    const feed = await follow(db, 't', '--key', '"1"', '--include-initial')
    expect(feed.before.slice(1)).toMatchObject([{type: 'initial', key: '1', new_val: null}])
    expect((await feed.after('t', t => t.insert([{id: '1'}, {id: 1}]))).map(short)).toEqual(['add "1"'])
  })

  test('takes projections', async () => {
    const db = await databaseWith({t: people})
    const feed = await follow(db, 't', '--key', '1', '--include-initial', '--pluck', 'name')
    expect(feed.before.slice(1).map(({new_val}) => new_val)).toEqual([{name: 'Ann'}])
    expect(await feed.after('t', t => t.update(1, {age: 1}))).toEqual([])
  })
})

describe('states', () => {
  test('are one initializing and one ready, whatever the number of tables', async () => {
    const db = await databaseWith({a: [{id: 1}, {id: 2}], b: [{id: 1}], c: [{id: 1}]})
    for (const args of [['a', 'c'], [], ['a', 'b', 'c', '--where', 'id = 1'], ['a', 'b', '--pluck', 'id']]) {
      const run = await litefeed(['changes', ...args, '--include-initial', '--include-states', '--no-follow'], {db})
      const states = run.lines.filter(({type}) => type === 'state')
      expect(states).toEqual([
        {type: 'state', state: 'initializing', seq: 4},
        {type: 'state', state: 'ready', seq: 4},
      ])
      expect([run.lines[0], run.lines.at(-1)]).toEqual(states)
      expect(run.lines.length, args.join(' ')).toBeGreaterThan(3)
    }
  })
})

test('a set that nobody reads for long is true when it is ready, and what left it meanwhile is uninitial', async () => {
  const db = newDatabase()
  const text = 'x'.repeat(200)
  const input = ndjson(Array.from({length: 6000}, (_, id) => ({id, n: id % 3, text})))
  await litefeed(['insert', 't', '--durability', 'soft'], {db, input})
  // Nobody reads, and the pipe fills: the feed stands still early in its initial part.
  const child = start(
    ['changes', 't', '--where', 'n < 2', '--include-initial', '--include-states', '--heartbeat', '50ms'],
    {db},
  )
  await once(child.stdout as NodeJS.ReadableStream, 'readable')
  await write(db, 't', t => t.delete({keys: [0, 1, 5000, 5998]}))
  await write(db, 't', t => t.update({keys: [3, 4]}, {n: 2}))
  await write(db, 't', t => t.update({keys: [2, 6, 5001]}, {n: 1}))
  await write(db, 't', t => t.update({where: 'id > 5500 and n = 0'}, {n: 5}))
  await write(db, 't', t =>
    t.insert([
      {id: 0, n: 0},
      {id: 7000, n: 0},
      {id: -1, n: 1},
    ]),
  )
  const feed = new Tail(child)
  const initial = await feed.until(({state}) => state === 'ready')
  const {seq} = initial.at(-1)
  const held = new Map<unknown, Line>()
  hold(held, initial)
  expect(initial.filter(({type}) => type === 'uninitial').map(({key}) => key)).toEqual(expect.arrayContaining([0, 1]))
  for (const event of initial.filter(({type}) => type === 'uninitial')) expect(event).not.toHaveProperty('new_val')
  expect(held).toEqual(inSet(await log(db, '--until', String(seq))))
  const {result} = await litefeed(['update', 't', '--where', 'id % 100 = 0', '--expr', '{"n": 2 - n}'], {db})
  hold(held, await feed.upTo(result.seq))
  expect(held).toEqual(inSet(await log(db)))
})

/** Takes the old value's key away and puts the new value in. */
function hold(held: Map<unknown, Line>, events: readonly Line[]): void {
  for (const {old_val, new_val} of events) {
    if (old_val) held.delete(old_val.id)
    if (new_val) held.set(new_val.id, new_val)
  }
}

/** The documents with n < 2 to which a log leads. */
function inSet(changes: readonly Line[]): Map<unknown, Line> {
  const all = new Map<unknown, Line>()
  hold(all, changes)
  return new Map([...all].filter(([, {n}]) => n < 2))
}

/** The changes up to now, from the beginning unless another --since is given. */
function read(db: string, ...args: string[]): Promise<Run> {
  const since = args.includes('--since') ? [] : ['--since', 'beginning']
  return litefeed(['changes', '--no-follow', ...since, ...args], {db})
}

function bySql(db: string, sql: string): void {
  const connection = new Sqlite(db)
  connection.exec(sql)
  connection.close()
}
