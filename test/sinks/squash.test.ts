import {once} from 'node:events'
import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import {createServer, type RequestListener} from 'node:http'
import type {AddressInfo} from 'node:net'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {describe, expect, onTestFinished, test} from 'vitest'
import type {Sink} from '../../src/index.ts'
import {
  consumer,
  databaseWith,
  documents,
  execute,
  finished,
  jsonLines,
  type Line,
  library,
  list,
  newDirectory,
  write,
} from '../e2e/support.ts'
import {Random, rounds} from '../support.ts'
import {busyTable, deliver, killed, Receiver, startPipe} from './support.ts'

/** Kills pipes at random moments while somebody writes; the last one delivers all that is left. */
async function killedWhileBusy(db: string, to: string, ...args: string[]): Promise<void> {
  const random = new Random()
  let isOver = false
  const writing = (async () => {
    while (!isOver) {
      busyTable(db, 1 + random.below(60), random)
      await sleep(random.below(40))
    }
  })()
  await killed(random, rounds(5), db, to, '--as', 'x', ...args)
  isOver = true
  await writing
  expect(await deliver(db, to, '--as', 'x', ...args)).toMatchObject({status: 0})
  expect(await consumer(db)).toMatchObject({lag: 0})
}

interface Delivered {
  readonly id: string
  readonly event: Line
}

/**
 * Whatever came again is the same to the byte, and the events of each document, each once, lead from one to the next: from nothing
 * to what is in the table.
 */
function expectChain(db: string, delivered: readonly Delivered[]): void {
  const known = new Map<string, string>()
  const held = new Map<string, Line>()
  for (const {id, event} of delivered) {
    const text = JSON.stringify(event)
    expect(known.get(id) ?? text, id).toBe(text)
    if (known.has(id)) continue
    known.set(id, text)
    expect(event.old_val, id).toEqual(held.get(event.key) ?? null)
    held.set(event.key, event.new_val)
  }
  const there = [...held.values()].filter(document => document !== null)
  expect(there.toSorted((one, other) => (one.id < other.id ? -1 : 1))).toEqual(documents(db, 't'))
}

function bodiesIn(file: string): Line[] {
  return existsSync(file) ? jsonLines(readFileSync(file, 'utf8')) : []
}

test.each([
  ['one by one', ['--squash', '0'], 150],
  ['in arrays', ['--squash', '0', '--batch', '7'], 60],
  ['now and then', ['--squash', '50ms', '--batch', '7'], 0],
])('a webhook gets one and the same under one id, %s', async (_, args, faults) => {
  const db = await databaseWith({t: [{id: 'k0'}]})
  const file = join(newDirectory(), 'received.ndjson')
  const hook = await Receiver.start(join(import.meta.dirname, 'webhook-receiver.ts'), file)
  await killedWhileBusy(db, `http://127.0.0.1:${hook.port}/?faults=${faults}`, ...args)
  const bodies = new Map<string, string>()
  for (const {id, body} of bodiesIn(file)) {
    expect(bodies.get(id) ?? body).toBe(body)
    bodies.set(id, body)
  }
  const events = [...bodies].flatMap(([id, body]) =>
    [JSON.parse(body)].flat().map((event, at) => ({id: `${id} ${at}`, event})),
  )
  expectChain(db, events)
})

test('a file has each merged change once', async () => {
  const db = await databaseWith({t: [{id: 'k0'}]})
  const file = join(newDirectory(), 'changes.ndjson')
  await killedWhileBusy(db, `file:${file}`, '--squash', '0')
  const lines = bodiesIn(file)
  expect(new Set(lines.map(({seq}) => seq)).size).toBe(lines.length)
  expectChain(
    db,
    lines.map(event => ({id: String(event.seq), event})),
  )
})

test('a file that has a part of what was told together gets the rest as it would have been', async () => {
  const db = await databaseWith({t: [{id: 'a'}, {id: 'b'}, {id: 'c'}]})
  for (const [n, id] of ['a', 'c', 'b', 'a', 'a'].entries()) await write(db, 't', t => t.update(id, {n}))
  const file = join(newDirectory(), 'changes.ndjson')
  const args = ['--squash', '0', '--as', 'x']
  expect(await deliver(db, `file:${file}`, ...args)).toMatchObject({status: 0, stderr: ''})
  const whole = readFileSync(file, 'utf8')
  for (const lines of [0, 1, 2]) {
    writeFileSync(
      file,
      whole
        .split('\n')
        .slice(0, lines)
        .map(line => `${line}\n`)
        .join(''),
    )
    execute(db, `UPDATE _litefeed_consumers SET seq = 0, sending = (SELECT max(seq) FROM _litefeed_changes)`)
    await write(db, 't', t => t.update('c', {more: lines}))
    expect(await deliver(db, `file:${file}`, ...args)).toMatchObject({status: 0, stderr: ''})
    const written = readFileSync(file, 'utf8')
    expect(written.startsWith(whole)).toBe(true)
    expect(jsonLines(written.slice(whole.length))).toMatchObject([{key: 'c', type: 'change', new_val: {more: lines}}])
    execute(db, `DELETE FROM _litefeed_changes WHERE seq > 8`)
  }
})

async function server(answer: RequestListener): Promise<string> {
  const http = createServer(answer)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(() => void http.close())
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/`
}

describe('what is told together', () => {
  // A feed tells what it has after 100 ms.
  const slow = '($next := function($n) { $n + 1 }; $sum($map([1..8000], $next)) > 0)'
  const many = () => databaseWith({t: Array.from({length: 25}, (_, id) => ({id}))})

  test('is sent in full arrays but for the last, also where it comes slowly', async () => {
    const db = await many()
    const file = join(newDirectory(), 'received.ndjson')
    const hook = await Receiver.start(join(import.meta.dirname, 'webhook-receiver.ts'), file)
    const args = ['--squash', '0', '--batch', '10', '--as', 'x', '--filter', slow]
    expect(await deliver(db, `http://127.0.0.1:${hook.port}`, ...args)).toMatchObject({status: 0, stderr: ''})
    expect(bodiesIn(file).map(({body}) => JSON.parse(body).length)).toEqual([10, 10, 5])
  })

  test('is sent again as a whole when its end was refused', async () => {
    const db = await many()
    const ids: string[] = []
    const url = await server((request, response) => {
      ids.push(String(request.headers['webhook-id']))
      response.writeHead(ids.length === 25 ? 410 : 200).end()
    })
    const args = ['--squash', '0', '--as', 'x', '--filter', slow]
    expect(await deliver(db, url, ...args)).toMatchObject({status: 1})
    expect(await consumer(db)).toMatchObject({position: 0})
    expect(await deliver(db, url, ...args)).toMatchObject({status: 0, stderr: ''})
    expect(ids.slice(25)).toEqual(ids.slice(0, 25))
  })

  test('is waited for, before what was told later', async () => {
    const db = await databaseWith({t: [{id: 'a'}]})
    const sent: Line[] = []
    const url = await server(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      sent.push(JSON.parse(body).key)
      if (sent.length === 1) await write(db, 't', t => t.insert({id: 'b'}))
      response.writeHead(sent.length === 1 ? 500 : 200, {'retry-after': '1'}).end()
    })
    const pipe = startPipe(db, url, ['--squash', '0', '--as', 'x', '--take', '2'])
    expect(await finished(pipe)).toMatchObject({status: 0})
    expect(sent).toEqual(['a', 'a', 'b'])
  })

  test('is sent in parts with --take', async () => {
    const db = await many()
    const file = join(newDirectory(), 'changes.ndjson')
    for (const [from, to] of [
      [0, 10],
      [10, 20],
      [20, 25],
      [25, 25],
    ]) {
      const args = ['--squash', '0', '--as', 'x', '--take', '10', '--each']
      expect(await deliver(db, `exec:tee -a ${file}`, ...args)).toMatchObject({status: 0, stderr: ''})
      expect(bodiesIn(file).map(({key}) => key)).toEqual(Array.from({length: to as number}, (_, id) => id))
      expect(await consumer(db), `after ${from}`).toMatchObject({position: to})
    }
  })
})

test('an index and a copy are what the table is', async () => {
  const db = await databaseWith({t: [{id: 'k0'}]})
  const written = join(newDirectory(), 'acknowledged.ndjson')
  const server = await Receiver.start(join(import.meta.dirname, 'elasticsearch-server.ts'), written, '40')
  await killedWhileBusy(db, `elasticsearch+http://127.0.0.1:${server.port}/t`, '--squash', '0', '--batch', '20')
  const held = new Map<string, Line>()
  for (const {place, source} of bodiesIn(written)) held.set(place, source)
  const there = [...held.values()].filter(document => document !== undefined)
  expect(there.toSorted((one, other) => (one.id < other.id ? -1 : 1))).toEqual(documents(db, 't'))

  const copy = join(newDirectory(), 'copy.db')
  await killedWhileBusy(db, `sqlite:${copy}`, '--squash', '50ms')
  expect(await list(copy, 't')).toEqual(await list(db, 't'))
})

test('a document that is merged anew has a higher version than what was there of it', async () => {
  const db = await databaseWith({t: [{id: 'a'}, {id: 'b'}]})
  await write(db, 't', t => t.update('a', {n: 1}))
  const written = join(newDirectory(), 'acknowledged.ndjson')
  const server = await Receiver.start(join(import.meta.dirname, 'elasticsearch-server.ts'), written, '0')
  const to = `elasticsearch+http://127.0.0.1:${server.port}/t`
  await deliver(db, to, '--squash', '0')
  await write(db, 't', t => t.update('a', {n: 2}))
  // From the beginning, so that all is merged with what was told before.
  await deliver(db, to, '--squash', '0')
  const held = new Map<string, Line>()
  for (const {place, source} of bodiesIn(written)) held.set(place, source)
  const there = [...held.values()].filter(document => document !== undefined)
  expect(there.toSorted((one, other) => (one.id < other.id ? -1 : 1))).toEqual(documents(db, 't'))
})

test('no two events of a window have one id', async () => {
  const db = await databaseWith({t: [1, 2, 3, 4].map(id => ({id, n: id}))})
  const ids = new Map<string, Line>()
  const over = new AbortController()
  const events = await library(db, async store => {
    const sink: Sink = {
      name: 'here',
      batch: 100,
      parallel: 1,
      order: 'each',
      async deliver(parcels) {
        for (const {id, line} of parcels) {
          expect(ids.has(id), id).toBe(false)
          ids.set(id, JSON.parse(line))
        }
        const turn = "UPDATE t SET doc = json_set(doc, '$.n', 10 - id)"
        if (ids.size === 3) execute(db, `${turn} WHERE id = 1`)
        if (ids.size === 4) execute(db, `BEGIN; ${turn} WHERE id > 1; DELETE FROM t WHERE id > 2; COMMIT`)
        if ([...ids.values()].some(({type}) => type === 'remove')) over.abort()
        return parcels.map(() => ({kind: 'done'}))
      },
      async [Symbol.asyncDispose]() {},
    }
    const window = {tables: ['t'], orderBy: 'n', limit: 3, squash: 0, includeInitial: true}
    for await (const _ of store.pipe(sink, window, {onPoison: 'stop', signal: over.signal}));
    return [...ids.values()].filter(({type}) => type !== 'initial')
  })
  expect(events.map(({seq, type, key}) => [seq, type, key])).toEqual([
    [5, 'change', 4],
    [6, 'change', 2],
    [8, 'change', 1],
    [8, 'remove', 4],
  ])
})
