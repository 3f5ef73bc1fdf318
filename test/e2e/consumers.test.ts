import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync} from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'
import {describe, expect, test, vi} from 'vitest'
import {makeSink} from '../../src/index.ts'
import {all, Random, rounds} from '../support.ts'
import {
  collect,
  command,
  consumer,
  databaseWith,
  execute,
  finished,
  jsonLines,
  type Line,
  library,
  litefeed,
  log,
  ndjson,
  newDatabase,
  query,
  start,
  stopBetweenWrites,
  write,
} from './support.ts'

/** What a run of `changes --as` prints. */
async function consume(db: string, ...args: string[]): Promise<Line[]> {
  const {lines, status, stderr} = await litefeed(
    ['changes', '--as', 'x', '--since', 'beginning', '--no-follow', ...args],
    {db},
  )
  expect(status, stderr).toBe(0)
  return lines
}

const seqs = (lines: readonly Line[]) => lines.map(({seq}) => seq)

/** What `consumers` prints of `x`. */
async function printed(db: string): Promise<Line> {
  return (await litefeed(['consumers'], {db})).lines.find(line => line.name === 'x')
}

/** A database with this many changes. */
const changed = (count: number) => databaseWith({t: Array.from({length: count}, (_, id) => ({id}))})

/** A process that follows as `x`, once it has printed so many lines. */
async function following(db: string, lines: number, ...args: string[]): Promise<{child: ChildProcess; out: Buffer[]}> {
  const child = start(['changes', '--as', 'x', '--since', 'beginning', ...args], {db})
  const {out} = collect(child)
  while (Buffer.concat(out).toString().split('\n').length <= lines)
    await once(child.stdout as NonNullable<typeof child.stdout>, 'data')
  return {child, out}
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
}

describe('--as', () => {
  test('begins where --since says, and then where it stands', async () => {
    const db = await changed(3)
    const first = await litefeed(['changes', '--as', 'x', '--since', '1', '--no-follow'], {db})
    expect(seqs(first.lines)).toEqual([2, 3])
    expect(await printed(db)).toEqual({
      name: 'x',
      position: 3,
      lag: 0,
      age: expect.any(Number),
      owner: null,
      oldest: 1,
    })
    expect(await consume(db)).toEqual([])
    await write(db, 't', t => t.insert({id: 9}))
    expect((await consumer(db)).lag).toBe(1)
    expect(seqs(await consume(db))).toEqual([4])
    expect(query(db, 'SELECT name, seq FROM _litefeed_consumers')).toEqual([['x', 4]])
    const feed = `SELECT feed_id = (SELECT value FROM _litefeed_meta WHERE name = 'feed_id') FROM _litefeed_consumers`
    expect(query(db, feed)).toEqual([[1]])
  })

  test('a new one without --since begins now', async () => {
    const db = await changed(3)
    expect((await litefeed(['changes', '--as', 'y', '--no-follow'], {db})).lines).toEqual([])
    expect(await consumer(db, 'y')).toMatchObject({position: 3})
  })

  test('--take and Ctrl-C are ends in order, at which the last event counts', async () => {
    const db = await changed(5)
    expect(seqs(await consume(db, '--take', '2'))).toEqual([1, 2])
    expect(await consumer(db)).toMatchObject({position: 2})
    const {child} = await following(db, 3)
    child.kill('SIGINT')
    await ended(child)
    expect(await printed(db)).toMatchObject({position: 5, owner: null})
  })

  test('killed, it shows the last event again, and no earlier one', async () => {
    const db = await changed(3)
    const {child} = await following(db, 3)
    while ((await consumer(db))?.position !== 2) await sleep(20)
    child.kill('SIGKILL')
    await ended(child)
    expect(seqs(await consume(db))).toEqual([3])
  })

  test('a reader that goes takes nothing with it', async () => {
    const db = await changed(50)
    const read: number[] = []
    for (let turn = 0; turn < 3; turn++) {
      const shell = `"${process.execPath}" "${command}" changes --as x --since beginning --db "${db}" | head -n 3`
      const child = spawn('bash', ['-c', shell])
      const {stdout} = await finished(child)
      read.push(...seqs(jsonLines(stdout)))
    }
    read.push(...seqs(await consume(db)))
    expect([...new Set(read)]).toEqual(Array.from({length: 50}, (_, index) => index + 1))
  })

  test('moves past what a filter leaves out, whoever leaves it out', async () => {
    const db = await databaseWith({t: Array.from({length: 3000}, (_, id) => ({id, n: id % 2}))})
    expect(await consume(db, '--filter', 'new_val.n = 2')).toEqual([])
    expect(await consumer(db)).toMatchObject({position: 3000})
    const {child} = await following(db, 0, '--filter', 'new_val.n + 0 = 2')
    await write(db, 't', t => t.insert({id: 'a', n: 1}))
    while ((await consumer(db)).position !== 3001) await sleep(20)
    child.kill('SIGKILL')
    await ended(child)
  })

  test('with --include-initial: once, and anew when it was broken off', async () => {
    const db = await changed(40_000)
    const reader = start(['changes', '--as', 'x', '--include-initial'], {db})
    const {stdout} = reader
    await once(stdout as NonNullable<typeof stdout>, 'data')
    stdout?.pause()
    await write(db, 't', t => t.delete(39999))
    await write(db, 't', t => t.insert({id: 'new'}))
    reader.kill('SIGKILL')
    await ended(reader)
    const {lines} = await litefeed(['changes', '--as', 'x', '--include-initial', '--no-follow'], {db})
    const held = new Map<string, Line>()
    for (const {key, new_val} of lines) {
      if (new_val === null || new_val === undefined) held.delete(JSON.stringify(key))
      else held.set(JSON.stringify(key), new_val)
    }
    expect(held.size).toBe(40_000)
    expect(held.has('39999')).toBe(false)
    expect(lines.filter(({type}) => type === 'initial')).toHaveLength(40_000)
    expect((await litefeed(['changes', '--as', 'x', '--include-initial', '--no-follow'], {db})).lines).toEqual([])
  })

  test('with a set, --squash and --map', async () => {
    const db = await databaseWith({
      t: [
        {id: 1, n: 1},
        {id: 2, n: 5},
      ],
    })
    await write(db, 't', t => t.update(1, {n: 6}))
    await write(db, 't', t => t.update(2, {n: 7}))
    const args = ['--where', 'n > 4', '--squash', '0', '--map', '[key, type, new_val.n]']
    expect(await consume(db, ...args)).toEqual([
      [2, 'add', 7],
      [1, 'add', 6],
    ])
    expect(await consume(db, ...args)).toEqual([])
  })

  test('of a window, or with a name that cannot be, is refused', async () => {
    const db = await changed(1)
    const window = await litefeed(['changes', 't', '--as', 'x', '--order-by', 'id', '--limit', '3'], {db})
    expect(window).toMatchObject({status: 2, stderr: expect.stringContaining('--order-by with --as')})
    expect(await litefeed(['changes', '--as', ''], {db})).toMatchObject({status: 2})
    expect(await litefeed(['changes', '--ack', 'manual'], {db})).toMatchObject({status: 2})
  })
})

test('killed at any moment, while others write: every change is read, in order, and what comes again is at the seams', async () => {
  const random = new Random()
  const db = newDatabase()
  const writer = start(['insert', 't', '--durability', 'soft'], {db})
  writer.stdout?.resume()
  const writing = (async () => {
    for (let id = 0; id < 3000; id++) {
      if (!writer.stdin?.write(ndjson([{id}]))) await once(writer.stdin as NonNullable<typeof writer.stdin>, 'drain')
      if (id % 50 === 0) await sleep(5)
    }
    writer.stdin?.end()
  })()
  const runs: number[][] = []
  for (let kill = 0; kill < rounds(6); kill++) {
    const child = start(['changes', '--as', 'x', '--since', 'beginning'], {db})
    const output = collect(child)
    await sleep(100 + random.below(200))
    child.kill('SIGKILL')
    const {stdout} = await finished(child, output)
    // What was printed in full; the line that the kill has torn comes again.
    runs.push(seqs(jsonLines(stdout.slice(0, stdout.lastIndexOf('\n') + 1))))
  }
  await writing
  await ended(writer)
  runs.push(seqs(await consume(db)))
  const seen = new Set<number>()
  for (const run of runs) {
    expect(run).toEqual(run.toSorted((one, other) => one - other))
    expect(run[0] ?? 0).toBeLessThanOrEqual(seen.size + 1)
    for (const seq of run) seen.add(seq)
  }
  expect([...seen]).toEqual(seqs(await log(db)))
})

describe('one process at a time', () => {
  test('a second one is refused by the name of the first', async () => {
    const db = await changed(2)
    const {child} = await following(db, 2)
    const {status, stderr, stdout} = await litefeed(['changes', '--as', 'x'], {db})
    expect({status, stdout}).toEqual({status: 1, stdout: ''})
    expect(stderr).toContain(`the consumer x is in use by ${child.pid}@`)
    expect((await printed(db)).owner).toMatch(new RegExp(`^${child.pid}@`))
    for (const args of [
      ['reset', 'x', '--to', 'now'],
      ['delete', 'x'],
    ])
      expect(await litefeed(['consumers', ...args], {db})).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('in use by'),
      })
  })

  test('one that was stopped loses it to the next, and moves nothing when it comes back', async () => {
    const db = await changed(3)
    const {child} = await following(db, 3)
    const output = collect(child)
    const end = finished(child, output)
    while ((await consumer(db))?.position !== 2) await sleep(20)
    await stopBetweenWrites(child, db)
    // Waits until the lease has run out.
    expect(seqs(await consume(db, '--until', '3'))).toEqual([3])
    await write(db, 't', t => t.insert({id: 'a'}))
    await library(db, store => store.resetConsumer('x', 1))
    child.kill('SIGCONT')
    expect(await end).toMatchObject({status: 1, stderr: expect.stringMatching(/the consumer x was (taken over|moved)/)})
    expect(await consumer(db)).toMatchObject({position: 1})
  })
})

describe('by hand', () => {
  test('ack moves a consumer on, and never back', async () => {
    const db = await changed(5)
    expect(seqs(await consume(db, '--ack', 'manual'))).toEqual([1, 2, 3, 4, 5])
    expect(await consumer(db)).toMatchObject({position: 0})
    const ack = (seq: string) => litefeed(['ack', 'x', seq], {db})
    expect((await ack('3')).result).toEqual({name: 'x', position: 3})
    expect((await ack('2')).result).toEqual({name: 'x', position: 3})
    expect(await ack('6')).toMatchObject({status: 2, stderr: expect.stringContaining('whose newest change is 5')})
    expect(await ack('three')).toMatchObject({status: 2})
    for (const name of ['', 'a\nb'])
      expect(await litefeed(['consumers', 'reset', name, '--to', 'now'], {db})).toMatchObject({status: 2})
    expect(await litefeed(['ack', 'y', '1'], {db})).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('there are x'),
    })
    expect(seqs(await consume(db, '--ack', 'manual'))).toEqual([4, 5])
  })

  test('ack works while a process follows', async () => {
    const db = await changed(3)
    const {child} = await following(db, 3, '--ack', 'manual')
    await litefeed(['ack', 'x', '2'], {db})
    child.kill('SIGINT')
    await ended(child)
    expect(await consumer(db)).toMatchObject({position: 2})
  })

  test.each([
    ['beginning', 0],
    ['now', 5],
    ['2', 2],
    ['-1', 4],
    ['1h', 0],
    ['2999-01-01', 5],
  ])('reset --to %s', async (to, position) => {
    const db = await changed(5)
    expect((await litefeed(['consumers', 'reset', 'x', '--to', to], {db})).result).toEqual({name: 'x', position})
    expect(await consumer(db)).toMatchObject({position})
  })

  test('reset to what is not there, delete, and unknown names', async () => {
    const db = await changed(2)
    expect(await litefeed(['consumers', 'reset', 'x', '--to', '9'], {db})).toMatchObject({status: 3})
    expect(await litefeed(['consumers', 'delete', 'x'], {db})).toMatchObject({status: 1})
    await consume(db)
    expect(await litefeed(['consumers', 'delete', 'x'], {db})).toMatchObject({status: 0, stdout: ''})
    expect((await litefeed(['consumers'], {db})).stdout).toBe('')
  })
})

test('a lost lease of a process that is gone is not waited for', async () => {
  const db = await changed(2)
  const {child} = await following(db, 2)
  child.kill('SIGKILL')
  await ended(child)
  expect(query(db, 'SELECT expires > 0 FROM _litefeed_consumers')).toEqual([[1]])
  expect((await printed(db)).owner).toBeNull()
  const before = Date.now()
  await consume(db)
  // A lease goes on for ten seconds.
  expect(Date.now() - before).toBeLessThan(8000)
})

test('one whose table goes, and its own place with it, says what has ended it', async () => {
  const db = newDatabase()
  execute(db, 'CREATE TABLE t (id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 2)')
  await library(db, store => store.track('t'))
  const child = start(['changes', 't', '--as', 'x', '--include-initial'], {db})
  const output = collect(child)
  await once(child.stdout as NonNullable<typeof child.stdout>, 'data')
  await library(db, store => store.untrack('t'))
  const {status, stderr} = await finished(child, output)
  expect(stderr).toMatch(/^error: .*\n(hint: .*\n)?$/)
  expect(stderr).not.toContain('SuppressedError')
  expect(status).toBeGreaterThan(0)
})

test('Ctrl-C while the lease of somebody else is waited for is no error', async () => {
  const db = await changed(1)
  await consume(db)
  execute(
    db,
    `UPDATE _litefeed_consumers SET owner = 'other', place = 'elsewhere', expires = ${Date.now() + 3_600_000}`,
  )
  for (const args of [
    ['changes', '--as', 'x'],
    ['pipe', '--as', 'x', '--to', `file:${db}.out`],
  ]) {
    const child = start(args, {db})
    await vi.waitFor(() => expect(existsSync(`${db}-wal`)).toBe(true), {timeout: 20_000})
    child.kill('SIGINT')
    expect(await finished(child)).toMatchObject({signal: 'SIGINT', stdout: '', stderr: ''})
  }
  await library(db, async store => {
    const end = new AbortController()
    const consumed = store.consume('x', {signal: end.signal})
    const steps = store.pipe(
      await makeSink({to: `file:${db}.out`}),
      {},
      {as: 'x', onPoison: 'stop', signal: end.signal},
    )
    const piped = all(steps)
    end.abort()
    await expect(consumed).rejects.toBe(end.signal.reason)
    expect(await piped).toEqual([])
  })
})
