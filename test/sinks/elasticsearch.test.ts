import {once} from 'node:events'
import {existsSync, readFileSync} from 'node:fs'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {describe, expect, onTestFinished, test} from 'vitest'
import {
  consumer,
  databaseWith,
  finished,
  jsonLines,
  type Line,
  library,
  litefeed,
  log,
  newDirectory,
  write,
} from '../e2e/support.ts'
import {Random, rounds} from '../support.ts'
import {busyTable, deliver, killed, more, Receiver, startPipe} from './support.ts'

const module = join(import.meta.dirname, 'elasticsearch-server.ts')

/** A server of its own, which fails every so many requests. */
async function server(every = 0) {
  const file = join(newDirectory(), 'acknowledged.ndjson')
  const receiver = await Receiver.start(module, file, String(every))
  const writes = (): Line[] => (existsSync(file) ? jsonLines(readFileSync(file, 'utf8')) : [])
  return {
    receiver,
    writes,
    url: (index: string) => `elasticsearch+http://127.0.0.1:${receiver.port}/${index}`,
    /** What an index holds, by `_id`. */
    index: (name: string) => {
      const held = new Map<string, Line>()
      for (const {place, source} of writes()) {
        const [index, id] = JSON.parse(place)
        if (index !== name) continue
        if (source === undefined) held.delete(id)
        else held.set(id, source)
      }
      return Object.fromEntries(held)
    },
    get: async (path: string) => (await fetch(`http://127.0.0.1:${receiver.port}/${path}`)).json() as Promise<Line>,
  }
}

describe('documents', () => {
  test('are indexed by key, with the seq as their version, and deleted', async () => {
    const db = await databaseWith({
      Users: [{id: 1, n: 1}, {id: '1', s: 'a\u2028\n'}, {id: 'b c/d'}, {id: [1, 2]}],
      games: [{id: 1}],
    })
    await write(db, 'Users', t => t.update(1, {n: 2}))
    await write(db, 'Users', t => t.delete('b c/d'))
    const {url, index, get} = await server()
    expect(await deliver(db, url('app-{table}'), '--as', 'es')).toMatchObject({status: 0, stdout: '', stderr: ''})
    expect(index('app-users')).toEqual({1: {id: 1, n: 2}, '"1"': {id: '1', s: 'a\u2028\n'}, '[1,2]': {id: [1, 2]}})
    expect(index('app-games')).toEqual({1: {id: 1}})
    expect(await get('app-users/_doc/1')).toMatchObject({_version: 6, _source: {id: 1, n: 2}})
  })

  test('of an initial part and of a set, and a change that comes again does nothing', async () => {
    const db = await databaseWith({
      t: [
        {id: 1, age: 20},
        {id: 2, age: 10},
      ],
    })
    const {url, index, writes} = await server()
    const adults = ['--where', 'age >= 18', '--as', 'es', '--include-initial']
    await deliver(db, url('adults'), ...adults)
    await write(db, 't', t => t.update(1, {age: 17}))
    await write(db, 't', t => t.update(2, {age: 18}))
    await deliver(db, url('adults'), ...adults)
    expect(index('adults')).toEqual({2: {id: 2, age: 18}})
    const before = writes().length
    await library(db, store => store.resetConsumer('es', 2))
    expect(await deliver(db, url('adults'), ...adults)).toMatchObject({status: 0, stderr: ''})
    expect(writes()).toHaveLength(before)
  })

  test('are sent with the parameters of the URL', async () => {
    const urls: (string | undefined)[] = []
    const server = createServer((request, response) => {
      urls.push(request.url)
      response.end('{"items":[{"index":{"status":201}}]}')
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const to = `elasticsearch+http://127.0.0.1:${(server.address() as AddressInfo).port}/prefix/{table}?pipeline=enrich`
    expect(await deliver(await databaseWith({t: [{id: 1}]}), to)).toMatchObject({status: 0, stderr: ''})
    expect(urls).toEqual(['/prefix/_bulk?pipeline=enrich'])
  })

  test('that --map makes', async () => {
    const db = await databaseWith({t: [{id: 1, name: 'Ann'}]})
    const {url, index} = await server()
    await deliver(db, url('names'), '--map', '{"name": $uppercase(new_val.name), "at": ts_ms > 0}')
    expect(index('names')).toEqual({1: {name: 'ANN', at: true}})
    expect(await deliver(db, url('names'), '--map', 'new_val.name')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('it is no object'),
    })
  })

  test.each([
    ['stop', 1, [1]],
    ['skip', 0, [1, 3]],
  ])('that are poison: %s; what else is in the request is kept', async (policy, status, ids) => {
    const db = await databaseWith({t: [{id: 1}, {id: 2, poison: true}, {id: 3}]})
    const {url, index} = await server()
    const run = await deliver(db, url('t'), '--on-poison', policy, '--as', 'es')
    expect(run.status).toBe(status)
    expect(run.stderr).toContain('status 400, document_parsing_exception: failed to parse field [poison]')
    expect(Object.keys(index('t'))).toEqual(expect.arrayContaining(ids.map(String)))
    expect(await consumer(db, 'es')).toMatchObject({position: policy === 'stop' ? 1 : 3})
  })

  test('that are too large together, and alone', async () => {
    const large = (id: number, length: number) => ({id, text: 'x'.repeat(length)})
    const db = await databaseWith({t: [large(1, 200_000), large(2, 200_000), large(3, 400_000), large(4, 10)]})
    const {url, index} = await server()
    const run = await deliver(db, url('t'), '--on-poison', 'skip')
    expect(run.stderr).toContain('refused seq 3')
    expect(run.stderr).toContain('HTTP status 413')
    expect(Object.keys(index('t'))).toEqual(['1', '2', '4'])
  })

  test('whose key is longer than an _id, and an index without a name', async () => {
    const db = await databaseWith({t: [{id: 'x'.repeat(600)}]})
    const {url} = await server()
    expect((await deliver(db, url('t'))).stderr).toContain('longer than the 512 bytes')
    expect(await deliver(db, url(''))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('the name of an index'),
    })
  })
})

test('a server that does not let litefeed in, or is none, ends the pipe', async () => {
  const db = await databaseWith({t: [{id: 1}]})
  const {url} = await server()
  for (const [path, status] of [
    ['401/t', 'HTTP status 401'],
    ['404/t', 'HTTP status 404'],
  ] as const)
    expect(await deliver(db, url(path))).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(new RegExp(`takes no _bulk request: ${status}.*\nhint: `)),
    })
})

describe('killed at any moment', () => {
  /** The index is what the table is, and the acknowledged changes of each document are those of the log, in order. */
  async function expectReplica(db: string, {index, writes}: Awaited<ReturnType<typeof server>>): Promise<void> {
    const table = (await litefeed(['list', 't'], {db})).lines
    expect(index('t')).toEqual(Object.fromEntries(table.map(document => [document.id, document])))
    const acknowledged = writes().map(({version}) => version)
    expect(acknowledged.toSorted((one, other) => one - other)).toEqual((await log(db)).map(({seq}) => seq))
    const last = new Map<string, number>()
    for (const {place, version} of writes()) {
      expect(version).toBeGreaterThan(last.get(place) ?? 0)
      last.set(place, version)
    }
  }

  test('the pipe, with faults of every kind', async () => {
    const random = new Random()
    const db = await databaseWith({t: [{id: 'k0'}]})
    busyTable(db, 2500, random)
    const es = await server(40)
    await killed(random, rounds(5), db, es.url('{table}'), '--as', 'es', '--batch', '20')
    await expectReplica(db, es)
  })

  test('the server, which starts late as well', async () => {
    const random = new Random()
    const db = await databaseWith({t: [{id: 'k0'}]})
    busyTable(db, 2500, random)
    const es = await server()
    await es.receiver.kill()
    const pipe = startPipe(db, es.url('t'), ['--no-follow', '--batch', '5'])
    const done = finished(pipe)
    for (let kill = 0; kill < 3; kill++) {
      await es.receiver.restart()
      await more(
        () => es.writes().length,
        () => pipe.exitCode !== null,
      )
      await sleep(random.below(50))
      await es.receiver.kill()
    }
    await es.receiver.restart()
    expect((await done).status).toBe(0)
    await expectReplica(db, es)
  })
})
