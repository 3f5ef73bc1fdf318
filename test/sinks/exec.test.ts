import {once} from 'node:events'
import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import {describe, expect, onTestFinished, test} from 'vitest'
import {EachSink} from '../../src/engine/sinks/exec-each.ts'
import {
  collect,
  consumer,
  databaseWith,
  finished,
  jsonLines,
  type Line,
  litefeed,
  log,
  newDirectory,
  start,
  stopBetweenWrites,
  write,
} from '../e2e/support.ts'
import {Random, rounds} from '../support.ts'
import {busyTable, deliver, expectLog, killed, startPipe} from './support.ts'

/** A program with this body, which has its lines as `lines`, and writes into `out` what it has done. */
function program(body: string): {readonly to: string; readonly out: string; readonly done: () => Line[]} {
  const directory = newDirectory()
  const file = join(directory, 'program.mjs')
  const out = join(directory, 'done.ndjson')
  writeFileSync(
    file,
    `import {appendFileSync, existsSync, readFileSync, writeFileSync} from 'node:fs'
    import {createInterface} from 'node:readline'
    const lines = createInterface({input: process.stdin})
    const done = event => appendFileSync(${JSON.stringify(out)}, JSON.stringify(event) + '\\n')
    const first = name => { const there = existsSync(${JSON.stringify(directory)} + name); writeFileSync(${JSON.stringify(directory)} + name, ''); return !there }
    const mark = () => writeFileSync(${JSON.stringify(out)} + '.mark', '')
    ${body}`,
  )
  const to = `exec:${process.execPath} '${file}'`
  return {to, out, done: () => (existsSync(out) ? jsonLines(readFileSync(out, 'utf8')) : [])}
}

const three = () => databaseWith({t: [{id: 1}, {id: 2}, {id: 3}]})
const seqs = (events: readonly Line[]) => events.map(({seq}) => seq)

describe('a program', () => {
  test('acknowledges in each of the forms, in any order', async () => {
    const db = await three()
    const {to, done} = program(`
      const events = []
      for await (const line of lines) {
        events.push(JSON.parse(line))
        if (events.length < 3) continue
        for (const event of events) done(event)
        console.log('3'); console.log('{"ack":1}'); console.log(' {"ack": 2, "more": true} ')
      }`)
    expect(await deliver(db, to, '--as', 'x')).toMatchObject({status: 0, stdout: '', stderr: ''})
    expect(done()).toEqual(await log(db))
    expect(await consumer(db)).toMatchObject({position: 3})
  })

  test('as a command after --, whose stderr is that of litefeed, with the feed in its environment', async () => {
    const db = await three()
    const args = [
      '-e',
      `console.error(process.env.LITEFEED_FEED.length); process.stdin.on('data', () => console.log('1\\n2\\n3'))`,
    ]
    const pipe = ['pipe', 't', '--since', 'beginning', '--no-follow', '--', process.execPath, ...args]
    const run = await litefeed(pipe, {env: {LITEFEED_DB: db}})
    expect(run).toMatchObject({status: 0, stdout: '', stderr: '16\n'})
  })

  test('has no more than --max-unacked, and of one document one at a time', async () => {
    const db = await databaseWith({t: Array.from({length: 20}, (_, id) => ({id}))})
    for (let n = 0; n < 3; n++) await write(db, 't', t => t.update(0, {n}))
    const {to, done} = program(`
      let waiting = []
      for await (const line of lines) {
        waiting.push(JSON.parse(line))
        done({waiting: waiting.map(event => event.key), seq: waiting.at(-1).seq})
        setTimeout(() => { const event = waiting.shift(); if (event) console.log(event.seq) }, 10)
      }`)
    await deliver(db, to, '--max-unacked', '4')
    for (const {waiting} of done()) {
      expect(waiting.length).toBeLessThanOrEqual(4)
      expect(new Set(waiting).size).toBe(waiting.length)
    }
    expect(seqs(done())).toHaveLength(23)
  })

  test('that refuses an event gets it again, and the others meanwhile; five times in all', async () => {
    const db = await three()
    const {to, done} = program(`
      for await (const line of lines) {
        const event = JSON.parse(line)
        done(event)
        console.log(event.seq === 2 ? '{"nack":2,"error":"not now"}' : event.seq)
      }`)
    const run = await deliver(db, to, '--as', 'x')
    expect(run.status).toBe(1)
    expect(run.stderr).toContain('did not take seq 2: not now')
    expect(run.stderr).toMatch(/error: exec:\S+ refused seq 2: not now\nhint: /)
    expect(seqs(done()).toSorted()).toEqual([1, 2, 2, 2, 2, 2, 3])
    expect(await consumer(db)).toMatchObject({position: 1})
  })

  /** Answers the last one first, once it has all of them. */
  const refusing = (answer: string) => `
    const events = []
    for await (const line of lines) events.push(JSON.parse(line))
    for (const {seq, table, key} of events.reverse()) {
      done({key})
      console.log(JSON.stringify(${answer}))
    }`

  /** What is there, to one program. */
  const fill = (db: string, to: string) =>
    litefeed(['pipe', '--to', to, '--as', 'x', '--include-initial', '--no-follow', '--on-poison', 'skip'], {db})

  test('says which of an initial part it refuses, since all of it has one seq', async () => {
    const db = await databaseWith({t: [{id: 1}, {id: '1'}, {id: 3}]})
    const answer = `key === 1 && first('/refused') ? {nack: seq, table, key, error: 'no'} : {ack: seq, key}`
    const {to, done} = program(refusing(answer))
    expect(await fill(db, to)).toMatchObject({status: 0, stderr: expect.stringContaining('did not take seq 3: no')})
    expect(done().map(({key}) => key)).toEqual(['1', 3, 1, 1])
  })

  test('ends the pipe when it does not, and nothing counts as delivered', async () => {
    const db = await three()
    const {to} = program(refusing(`key === 1 ? {nack: seq, error: 'no'} : seq`))
    expect(await fill(db, to)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('refused one of several documents with seq 3, and does not say which: no'),
    })
    const all = program('for await (const line of lines) { done(JSON.parse(line)); console.log(3) }')
    expect(await fill(db, all.to)).toMatchObject({status: 0})
    expect(all.done().map(({key}) => key)).toEqual([1, 2, 3])
  })

  test('that ends is started again with what it has not acknowledged', async () => {
    const db = await three()
    const {to, done} = program(`
      const begins = first('/started')
      for await (const line of lines) {
        const event = JSON.parse(line)
        if (begins && event.seq === 2) process.exit(3)
        done(event)
        console.log(event.seq)
      }`)
    const run = await deliver(db, to)
    expect(run.status).toBe(0)
    expect(run.stderr).toMatch(/takes nothing now: .*exit code 3/)
    await expectLog(db, done())
  })

  test('that prints what acknowledges nothing, or is not there, is told so', async () => {
    const db = await three()
    const {to} = program(`console.log('hello')\nfor await (const line of lines) console.log(JSON.parse(line).seq)`)
    const child = start(['pipe', '--to', to, '--since', 'beginning'], {db})
    const said = new Promise(resolve => child.stderr?.on('data', chunk => resolve(String(chunk))))
    expect(await said).toContain('it printed "hello", which acknowledges nothing')
    child.kill('SIGINT')
    await once(child, 'close')
    const none = await deliver(db, 'exec:/no/such/program')
    expect(none).toMatchObject({status: 2, stderr: expect.stringContaining('/no/such/program')})
  })

  const inGroups = `
    let group = []
    const acknowledge = () => {
      for (const event of group) { done(event); console.log(event.seq) }
      group = []
    }
    for await (const line of lines) {
      const count = group.push(JSON.parse(line))
      if (count === 3) mark()
      if (count === 5) acknowledge()
    }
    acknowledge()`

  test.each([
    ['--no-follow', 8],
    ['--take=3', 3],
    ['--until=6', 6],
  ])('may acknowledge in groups, and the last one at its end: %s', async (end, count) => {
    const db = await databaseWith({t: Array.from({length: 7}, (_, id) => ({id}))})
    await write(db, 't', t => t.update(2, {n: 1}))
    const {to, done} = program(inGroups)
    const pipe = startPipe(db, to, ['--as', 'x', end])
    expect(await finished(pipe)).toMatchObject({status: 0})
    expect(seqs(done())).toEqual(Array.from({length: count}, (_, index) => index + 1))
    expect(await consumer(db)).toMatchObject({position: count})
  })

  test('may do so when Ctrl-C ends the pipe', async () => {
    const db = await three()
    const {to, out, done} = program(inGroups)
    const pipe = startPipe(db, to, ['--as', 'x'])
    while (!existsSync(`${out}.mark`)) await sleep(20)
    pipe.kill('SIGINT')
    expect((await finished(pipe)).signal).toBe('SIGINT')
    expect(seqs(done())).toEqual([1, 2, 3])
    expect(await consumer(db)).toMatchObject({position: 3})
  })

  test('Ctrl-C waits for what it has in hand; a second one does not', async () => {
    const db = await three()
    const slow = program(`
      for await (const line of lines) { const event = JSON.parse(line); done(event); setTimeout(() => console.log(event.seq), 400) }`)
    const begin = async (to: string, has: () => boolean) => {
      const child = start(['pipe', '--to', to, '--since', 'beginning', '--as', 'x'], {db})
      const output = collect(child)
      while (!has()) await sleep(20)
      child.kill('SIGINT')
      return {child, end: finished(child, output)}
    }
    const {end} = await begin(slow.to, () => slow.done().length === 3)
    expect((await end).signal).toBe('SIGINT')
    expect(await consumer(db)).toMatchObject({position: 3})
    await write(db, 't', t => t.insert({id: 4}))
    const never = program(`for await (const line of lines) done(process.pid); setInterval(() => {}, 1000)`)
    const other = await begin(never.to, () => never.done().length === 1)
    onTestFinished(() => void process.kill(never.done()[0], 'SIGKILL'))
    const exit = once(other.child, 'exit')
    // Two that come at once are one.
    await sleep(200)
    other.child.kill('SIGINT')
    expect(await exit).toEqual([null, 'SIGINT'])
    expect(await consumer(db)).toMatchObject({position: 3})
  })

  test('a pipe that was stopped loses its consumer to the next one, and sends nothing when it comes back', async () => {
    const db = await databaseWith({t: [{id: 'k0'}]})
    busyTable(db, 100, new Random())
    const {to, done} = program(`
      for await (const line of lines) {
        const event = JSON.parse(line)
        done({...event, parent: process.ppid})
        setTimeout(() => console.log(event.seq), 10)
      }`)
    const first = start(['pipe', '--to', to, '--since', 'beginning', '--as', 'x', '--max-unacked', '3'], {db})
    const end = finished(first)
    while (done().length < 10) await sleep(10)
    await stopBetweenWrites(first, db)
    await write(db, 't', t => t.insert({id: 'last'}))
    // It waits for the lease to run out.
    expect(await deliver(db, to, '--as', 'x')).toMatchObject({status: 0})
    const before = done().length
    first.kill('SIGCONT')
    expect(await end).toMatchObject({status: 1, stderr: expect.stringMatching(/the consumer x was (taken over|moved)/)})
    expect(done()).toHaveLength(before)
    await expectLog(
      db,
      done().map(({parent, ...event}) => event),
    )
    expect(new Set(done().map(({parent}) => parent)).size).toBe(2)
    expect((await litefeed(['consumers'], {db})).lines[0]).toMatchObject({lag: 0, owner: null})
  })

  test('a pipe goes on while somebody else writes for longer than anybody waits for', async () => {
    const db = await databaseWith({t: Array.from({length: 70}, (_, id) => ({id}))})
    const free = join(newDirectory(), 'free')
    const {to, done} = program(`
      for await (const line of lines) {
        done(JSON.parse(line))
        setTimeout(() => console.log(JSON.parse(line).seq), existsSync(${JSON.stringify(free)}) ? 0 : 100)
      }`)
    const end = finished(startPipe(db, to, ['--as', 'x', '--no-follow', '--max-unacked', '1']))
    while (done().length < 2) await sleep(10)
    const other = new Sqlite(db)
    other.exec('BEGIN IMMEDIATE')
    const before = done().length
    // A writer waits for 5 seconds.
    await sleep(6000)
    expect(done().length).toBeGreaterThan(before)
    other.exec('ROLLBACK')
    other.close()
    writeFileSync(free, '')
    expect(await end).toMatchObject({status: 0})
    expect(seqs(done())).toEqual(seqs(await log(db)))
    expect(await consumer(db)).toMatchObject({lag: 0})
  })

  test('killed at any moment, it or litefeed: nothing is missing', async () => {
    const random = new Random()
    const db = await databaseWith({t: [{id: 'k0'}]})
    busyTable(db, 3000, random)
    const {to, done} = program(`
      let n = 0
      for await (const line of lines) {
        const event = JSON.parse(line)
        done(event)
        if (++n % 700 === 0) process.kill(process.pid, 'SIGKILL')
        console.log(event.seq)
      }`)
    await killed(random, rounds(5), db, to, '--as', 'x')
    await expectLog(db, done())
  })
})

describe('--each', () => {
  test('a process for each, which has the event on stdin and what it is in its environment', async () => {
    const db = await databaseWith({t: [{id: 1}, {id: '1'}, {id: '$(touch pwned) "\'\n`'}, {id: ['a', 2]}]})
    await write(db, 't', t => t.delete(1))
    const {to, done} = program(`
      const {LITEFEED_SEQ: seq, LITEFEED_TABLE: table, LITEFEED_KEY: key, LITEFEED_TYPE: type, LITEFEED_DELIVERY: delivery} = process.env
      for await (const line of lines) done({seq, table, key, type, delivery, event: JSON.parse(line)})`)
    const cwd = newDirectory()
    const run = await litefeed(['pipe', '--to', to, '--each', '--since', 'beginning', '--no-follow'], {db, cwd})
    expect(run).toMatchObject({status: 0, stdout: '', stderr: ''})
    expect(existsSync(join(cwd, 'pwned'))).toBe(false)
    expect(done().map(({event}) => event)).toEqual(await log(db))
    expect(done().map(({key}) => key)).toEqual(['1', '"1"', '$(touch pwned) "\'\n`', '["a",2]', '1'])
    expect(done()[4]).toMatchObject({
      seq: '5',
      table: 't',
      type: 'remove',
      delivery: expect.stringMatching(/^.{16}:5$/),
    })
  })

  test('an exit status that is not 0 is tried again, five times in all; 75 for ever', async () => {
    const parcel = {
      event: {seq: 1, ts_ms: 1, table: 't', key: '1', type: 'add' as const},
      line: '{}',
      lines: undefined,
      count: 1,
      mapped: false,
      id: 'f:1',
    }
    const outcome = async (status: number, attempts: number) => {
      const sink = new EachSink(process.execPath, ['-e', `process.exit(${status})`])
      return (await sink.deliver([{...parcel, attempts}]))[0]?.kind
    }
    expect(await Promise.all([outcome(0, 9), outcome(1, 0), outcome(1, 3), outcome(1, 4), outcome(75, 99)])).toEqual([
      'done',
      'retry',
      'retry',
      'poison',
      'retry',
    ])
  })
})
