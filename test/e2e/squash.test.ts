// --squash: several changes of one document as one event. Where a time matters it is an hour, so that no test depends on how
// long something takes.
import Sqlite from 'better-sqlite3'
import {expect, test} from 'vitest'
import {databaseWith, follow, type Line, litefeed, newDatabase, short, write} from './support.ts'

const two = [
  {id: 1, n: 1},
  {id: 2, n: 1},
]

test('--squash 0 merges what is waiting, per key: the first old value, the last new one, in the order of first touch', async () => {
  const db = await databaseWith({t: two})
  const feed = await follow(db, 't', '--squash', '0')
  expect(await feed.upTo(atOnce(db, [2, 2], [1, 2], [2, 3], [3, 1], [2, 4], [3, 2]))).toMatchObject([
    {type: 'change', key: 2, old_val: {id: 2, n: 1}, new_val: {id: 2, n: 4}},
    {type: 'change', key: 1, old_val: {id: 1, n: 1}, new_val: {id: 1, n: 2}},
    {type: 'add', key: 3, old_val: null, new_val: {id: 3, n: 2}},
  ])
  expect((await feed.upTo(atOnce(db, [1, 3], [1, null]))).map(short)).toEqual(['remove 1'])
})

test('what cancels out vanishes', async () => {
  const db = await databaseWith({t: two})
  const feed = await follow(db, 't', '--squash', '0')
  expect(await feed.upTo(atOnce(db, [1, 2], [3, 1], [1, 1], [3, null]))).toEqual([])
  expect(await feed.upTo(atOnce(db, [1, null], [1, 1]))).toEqual([])
})

test.each([
  ['--where', ['--where', 'n > 1'], ['add 2']],
  ['--select', ['--select', 'n > 1 ? "many"'], ['add 2']],
  ['--pluck', ['--pluck', 'id'], ['remove 1', 'add 3']],
])('%s sees only where a document was and where it is', async (_, args, told) => {
  const db = await databaseWith({t: two})
  const feed = await follow(db, 't', '--squash', '0', ...args)
  const position = atOnce(db, [1, 5], [2, 5], [1, 0], [1, null], [2, 6], [3, 5], [3, 0])
  expect((await feed.upTo(position)).map(short)).toEqual(told)
})

test('a window is what list prints, after events that are merged', async () => {
  const db = await databaseWith({t: two})
  const args = ['t', '--order-by', 'n', '--limit', '2']
  const feed = await follow(db, ...args, '--squash', '0', '--include-initial', '--include-offsets')
  const window: Line[] = feed.before.slice(1).map(({new_val}) => new_val)
  for (const changes of [
    [
      [3, 0],
      [4, 0],
      [1, null],
      [3, 5],
    ],
    [
      [5, 1],
      [5, null],
      [2, 0],
    ],
    [
      [4, null],
      [2, null],
      [3, null],
    ],
  ] as Change[][]) {
    const events = await feed.upTo(atOnce(db, ...changes))
    for (const {old_offset, new_offset, old_val, new_val} of events) {
      if (old_offset !== null) expect(window.splice(old_offset, 1)).toEqual([old_val])
      if (new_offset !== null) window.splice(new_offset, 0, new_val)
    }
    expect(window).toEqual((await litefeed(['list', ...args], {db})).lines)
  }
  expect(await feed.upTo(atOnce(db, [6, 0], [6, null]))).toEqual([])
})

test('a duration lets the first change after a quiet spell through at once, and neither waits for the initial part', async () => {
  const db = await databaseWith({t: two})
  const feed = await follow(db, 't', '--squash', '1h', '--include-initial')
  expect(feed.before.slice(1).map(short)).toEqual(['initial 1', 'initial 2'])
  atOnce(db, [1, 2])
  expect(await feed.next()).toMatchObject({type: 'change', key: 1, old_val: {n: 1}, new_val: {n: 2}})
})

test.each([[[]], [['--where', 'n > 0']], [['--order-by', 'n', '--limit', '5']]])(
  'a write of the same text is no first change: %j',
  async args => {
    const db = await databaseWith({t: two})
    const feed = await follow(db, 't', '--squash', '1h', ...args)
    atOnce(db, [1, 1])
    atOnce(db, [2, 1], [1, 2])
    const [first] = await feed.until(({type}) => type === 'change')
    expect(first).toMatchObject({type: 'change', key: 1, old_val: {n: 1}, new_val: {n: 2}})
  },
)

test('then it merges, and says a position from which nothing is lost', async () => {
  const db = await databaseWith({t: two})
  const feed = await follow(db, 't', '--squash', '1h')
  const first = atOnce(db, [1, 2])
  expect((await feed.upTo(first)).map(short)).toEqual(['change 1'])
  atOnce(db, [2, 2])
  const last = atOnce(db, [2, 3])
  // What is held back for an hour is not behind the position.
  const heartbeats = await feed.take(4)
  expect(heartbeats).toEqual(heartbeats.map(() => ({type: 'heartbeat', seq: first})))
  await feed.stop()
  const resumed = await litefeed(['changes', 't', '--since', String(first), '--no-follow', '--squash', '1h'], {db})
  expect(resumed.lines.at(-1)).toMatchObject({key: 2, new_val: {n: 3}})
  expect(last).toBe(first + 2)
})

test('after the duration it tells what it has merged', async () => {
  const db = await databaseWith({t: two})
  const feed = await follow(db, 't', '--squash', '1s')
  atOnce(db, [1, 2])
  const [first] = await feed.until(({type}) => type === 'change')
  expect(first).toMatchObject({key: 1, new_val: {n: 2}})
  atOnce(db, [1, 3])
  atOnce(db, [2, 3], [1, 4])
  const last = atOnce(db, [2, 4], [3, 1], [3, null])
  expect(await feed.upTo(last)).toMatchObject([
    {key: 1, old_val: {n: 2}, new_val: {n: 4}},
    {key: 2, old_val: {n: 1}, new_val: {n: 4}},
  ])
})

test.each([
  ['--no-follow', []],
  ['--until', ['--until', '6']],
])('a feed that ends by %s keeps nothing back', async (_, args) => {
  const db = newDatabase()
  await write(db, 't', t => t.insert(two))
  atOnce(db, [1, 2], [1, 3], [3, 1], [2, null])
  const follows = args.length > 0 ? [] : ['--no-follow']
  const run = await litefeed(['changes', 't', '--since', '2', '--squash', '1h', ...args, ...follows], {db})
  expect(run).toMatchObject({status: 0, stderr: ''})
  const held = new Map<unknown, unknown>(two.map(({id, n}) => [id, n]))
  for (const {key, old_val, new_val} of run.lines) {
    expect(held.get(key)).toBe(old_val?.n)
    if (new_val === null) held.delete(key)
    else held.set(key, new_val.n)
  }
  expect(Object.fromEntries(held)).toEqual({1: 3, 3: 1})
})

type Change = readonly [id: number, n: number | null]

/** Sets `n` of documents, or deletes them, in one transaction. Returns the position. */
function atOnce(db: string, ...changes: readonly Change[]): number {
  const connection = new Sqlite(db)
  try {
    connection.transaction(() => {
      for (const [id, n] of changes) {
        // A JavaScript number would be a real.
        if (n === null) connection.prepare('DELETE FROM t WHERE id = ?').run(BigInt(id))
        else
          connection
            .prepare('INSERT INTO t (id, doc) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET doc = excluded.doc')
            .run(BigInt(id), JSON.stringify({id, n}))
      }
    })()
    return connection.prepare('SELECT max(seq) FROM _litefeed_changes').pluck().get() as number
  } finally {
    connection.close()
  }
}
