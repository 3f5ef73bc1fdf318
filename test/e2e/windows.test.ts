// Feeds of windows: the first so many of a set in the order of a field. That they stay true whatever is written is tested in
// test/engine/feed/model.test.ts.
import {describe, expect, test} from 'vitest'
import {
  databaseWith,
  finished,
  follow,
  type Line,
  litefeed,
  newDatabase,
  short,
  start,
  type Write,
  write,
} from './support.ts'

describe('a window', () => {
  const four = [
    {id: 'a', v: 10},
    {id: 'b', v: 20},
    {id: 'c', v: 30},
    {id: 'd', v: 40},
  ]

  test('is a line with the offsets at its end; an initial document has no old one', async () => {
    const db = await databaseWith({t: four})
    const feed = await follow(db, 't', '--order-by', 'v', '--limit', '2', '--include-initial', '--include-offsets')
    await feed.after('t', t => t.insert({id: 'z', v: 15}))
    await feed.after('t', t => t.delete({all: true}))
    const lines = feed.raw.filter(line => !/"(state|heartbeat)"/.test(line)).map(line => line.replace(/\d{13}/, 'T'))
    expect(lines.slice(0, 3)).toEqual([
      '{"seq":4,"ts_ms":T,"table":"t","key":"a","type":"initial","new_val":{"id":"a","v":10},"new_offset":0}',
      '{"seq":4,"ts_ms":T,"table":"t","key":"b","type":"initial","new_val":{"id":"b","v":20},"new_offset":1}',
      '{"seq":5,"ts_ms":T,"table":"t","key":"z","type":"change","old_val":{"id":"b","v":20},"new_val":{"id":"z","v":15},"old_offset":1,"new_offset":1}',
    ])
    expect(lines.at(-1)).toMatch(/"type":"remove","old_val":\{.*\},"new_val":null,"old_offset":0,"new_offset":null\}$/)
  })

  test.each([
    [['--order-by', 'v', '--limit', '3']],
    [['--order-by', 'v:desc', '--limit', '2']],
    [['--order-by', 'o.x', '--limit', '5']],
    [['--order-by', 'v', '--limit', '2', '--where', '$exists(o)']],
    [['--order-by', 'v:desc', '--limit', '3', '--pluck', 'o.x']],
    [['--order-by', 'id', '--limit', '100']],
    [['--order-by', 'v', '--limit', '2', '--select', 'o.x']],
  ])('with %j is what list prints, after each write', async args => {
    const db = await databaseWith({t: four})
    const feed = await follow(db, 't', ...args, '--include-initial', '--include-offsets')
    const window: Line[] = feed.before.slice(1).map(({new_val}) => new_val)
    const more = [
      {id: 'e', v: 1, o: {x: 3}},
      {id: 1, v: 1, o: {x: null}},
      {id: true, v: 's', o: {}},
    ]
    for (const work of [
      t => t.update('b', {v: 35}),
      t => t.insert(more),
      t => t.update({all: true}, {expr: '{"v": $type(v) = "number" ? 50 - v}'}),
      t => t.update({keys: ['e', 'c']}, {o: {x: [1]}}),
      t => t.replace('a', {id: 'a'}),
      t => t.delete({keys: ['c', 1]}),
      t => t.delete({all: true}),
    ] satisfies Write[]) {
      splice(window, await feed.after('t', work))
      const list = await litefeed(['list', 't', ...args], {db})
      expect(window, String(work)).toEqual(list.lines)
    }
  })

  test('one change is one event, which pairs what left with what came in, under the key of the latter', async () => {
    const db = await databaseWith({t: four})
    const feed = await follow(db, 't', '--order-by', 'v', '--limit', '2')
    expect(feed.before).toEqual([])
    const steps: [work: Write, expected: string[]][] = [
      [t => t.insert({id: 'x', v: 50}), []],
      [t => t.insert({id: 'y', v: 5}), ['change "y" {"id":"b","v":20} {"id":"y","v":5}']],
      [t => t.delete('y'), ['change "b" {"id":"y","v":5} {"id":"b","v":20}']],
      [t => t.update('b', {v: 5}), ['change "b" {"id":"b","v":20} {"id":"b","v":5}']],
      [t => t.update('a', {v: 99}), ['change "c" {"id":"a","v":10} {"id":"c","v":30}']],
      [t => t.update('a', {v: 98}), []],
      [t => t.delete('a'), []],
      [t => t.delete('x'), []],
      [t => t.delete('d'), []],
      [t => t.delete('c'), ['remove "c" {"id":"c","v":30} null']],
      [t => t.insert({id: 'n'}), []],
      [t => t.update('n', {v: null}), ['add "n" null {"id":"n","v":null}']],
      [t => t.replace('b', {id: 'b'}), ['remove "b" {"id":"b","v":5} null']],
    ]
    for (const [work, expected] of steps) {
      const events = await feed.after('t', work)
      const told = events.map(
        event => `${short(event)} ${JSON.stringify(event.old_val)} ${JSON.stringify(event.new_val)}`,
      )
      expect(told, String(work)).toEqual(expected)
      for (const event of events) expect(event).not.toHaveProperty('new_offset')
    }
  })

  test('orders values of every kind as RethinkDB does, and equal ones by key', async () => {
    const values = [[], [1, 2], [2], false, true, null, -1, 0.5, 10, {}, {a: 1}, {b: 0}, '', 'a', 'é', '😀']
    const ties = [[1], true, 7, 70, 'z']
    const db = await databaseWith({
      values: values.map((v, index) => ({id: 20 - index, v})),
      ties: ties.map(id => ({id, v: 'same'})).toReversed(),
    })
    const shown = async (table: string, order: string) => {
      const args = [table, '--order-by', order, '--limit', '100']
      const feed = await follow(db, ...args, '--include-initial')
      const initial = feed.before.slice(1).map(({new_val}) => new_val)
      expect((await litefeed(['list', ...args], {db})).lines).toEqual(initial)
      return initial
    }
    const [ordered, tied] = [await shown('values', 'v'), await shown('ties', 'v:asc')]
    expect(ordered.map(({v}) => v)).toEqual(values)
    expect(tied.map(({id}) => id)).toEqual(ties)
    expect(await shown('values', 'v:desc')).toEqual(ordered.toReversed())
    expect(await shown('ties', 'v:desc')).toEqual(tied.toReversed())
  })

  test('of documents that are all shown alike moves with offsets and is still without', async () => {
    const db = await databaseWith({t: four})
    const args = ['t', '--order-by', 'v', '--limit', '2', '--select', '"same"']
    const [moving, still] = [await follow(db, ...args, '--include-offsets'), await follow(db, ...args)]
    expect(await moving.after('t', t => t.update('a', {v: 25}))).toMatchObject([
      {type: 'change', key: 'a', old_val: 'same', new_val: 'same', old_offset: 0, new_offset: 1},
    ])
    expect(await still.upTo(5)).toEqual([])
  })

  test('is filled from its set when something leaves', async () => {
    const db = await databaseWith({t: [...four, {id: 'e', v: 50}].map((one, n) => ({...one, even: n % 2 === 0}))})
    const feed = await follow(db, 't', '--order-by', 'v', '--limit', '2', '--where', 'even', '--include-initial')
    expect(feed.before.slice(1).map(short)).toEqual(['initial "a"', 'initial "c"'])
    expect(await feed.after('t', t => t.delete('a'))).toMatchObject([{old_val: {id: 'a'}, new_val: {id: 'e'}}])
    expect(await feed.after('t', t => t.update('c', {even: false}))).toMatchObject([
      {type: 'remove', key: 'c', old_val: {id: 'c'}, new_val: null},
    ])
    expect(await feed.after('t', t => t.update('b', {even: true}))).toMatchObject([
      {type: 'add', key: 'b', old_val: null, new_val: {id: 'b'}},
    ])
  })

  test('does not hold a document on which an expression fails, and says so', async () => {
    const db = await databaseWith({t: four})
    const args = ['t', '--order-by', 'v', '--limit', '2', '--where', '$uppercase(id) != "A"', '--include-initial']
    const feed = await follow(db, ...args, '--take', '4')
    expect(feed.before.slice(1).map(short)).toEqual(['initial "b"', 'initial "c"'])
    expect(await feed.after('t', t => t.insert({id: 1, v: 0}))).toEqual([])
    expect((await feed.after('t', t => t.delete('b'))).map(short)).toEqual(['change "d"'])
    await write(db, 't', t => t.insert({id: 'z', v: 0}))
    expect((await feed.rest()).map(short)).toEqual(['change "z"'])
    expect(await feed.ended()).toMatchObject({status: 1})
    expect(feed.stderr).toContain('$uppercase')
  })

  test('of a table that is not there yet is empty, and follows it', async () => {
    const db = newDatabase()
    const feed = await follow(db, 't', '--order-by', 'v', '--limit', '1', '--include-initial')
    expect(feed.stderr).toContain('"t"')
    expect(feed.before.slice(1)).toEqual([])
    expect((await feed.after('t', t => t.insert([{id: 1, v: 5}, {id: 2, v: 4}, {id: 3}]))).map(short)).toEqual([
      'add 1',
      'change 2',
    ])
  })

  test('goes through --filter and --map, which see its events, and counts for --take', async () => {
    const db = await databaseWith({t: four})
    const records = ['t', '--order-by', 'v:desc', '--limit', '1', '--map', 'new_val.v', '--take', '3']
    const feed = await follow(db, ...records, '--filter', 'new_val.v > old_val.v')
    for (const v of [39, 41, 3, 55, 100]) await write(db, 't', t => t.insert({v}))
    expect(await feed.rest()).toEqual([41, 55, 100])
    expect(await feed.ended()).toMatchObject({status: 0})
  })

  test('begins in the middle of writes with what is true then', async () => {
    const db = await databaseWith({t: four})
    const writer = start(['insert', 't', '--durability', 'soft'], {db})
    for (let v = 0; v < 300; v++) writer.stdin?.write(`{"v":${(v * 37) % 100}}\n`)
    const args = ['t', '--order-by', 'v', '--limit', '5']
    const feeds = await Promise.all([0, 1, 2].map(() => follow(db, ...args, '--include-initial', '--include-offsets')))
    for (let v = 0; v < 300; v++) writer.stdin?.write(`{"v":${(v * 41) % 90}}\n`)
    writer.stdin?.end()
    const {result} = await finished(writer)
    const list = await litefeed(['list', ...args], {db})
    for (const feed of feeds) {
      const window: Line[] = feed.before.slice(1).map(({new_val}) => new_val)
      splice(window, await feed.upTo(result.seq))
      expect(window).toEqual(list.lines)
    }
  })
})

/** Takes out and puts in, as the events say. */
function splice(window: Line[], events: readonly Line[]): void {
  for (const {old_offset, new_offset, old_val, new_val} of events) {
    if (old_offset !== null) expect(window.splice(old_offset, 1)).toEqual([old_val])
    if (new_offset !== null) window.splice(new_offset, 0, new_val)
  }
}
