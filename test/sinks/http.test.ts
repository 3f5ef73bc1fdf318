import {createHmac} from 'node:crypto'
import {once} from 'node:events'
import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http'
import type {AddressInfo} from 'node:net'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {describe, expect, onTestFinished, test} from 'vitest'
import {consumer, databaseWith, finished, jsonLines, type Line, litefeed, newDirectory} from '../e2e/support.ts'
import {Random, rounds} from '../support.ts'
import {busyTable, deliver, expectLog, killed, more, Receiver, startPipe} from './support.ts'

interface Request {
  readonly headers: IncomingMessage['headers']
  readonly url: string
  readonly body: string
}

/** A server that answers as the test says, by the number of the request. */
async function server(answer: (request: Request, response: ServerResponse, number: number) => void) {
  const requests: Request[] = []
  const http = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    requests.push({headers: request.headers, url: request.url ?? '', body})
    answer(requests.at(-1) as Request, response, requests.length)
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(() => {
    http.closeAllConnections()
    http.close()
  })
  const {port} = http.address() as AddressInfo
  return {requests, port, url: `http://127.0.0.1:${port}/hook`}
}

const three = () => databaseWith({t: [{id: 1}, {id: 2}, {id: 3}]})
const seqs = (requests: readonly Request[]) => requests.map(({body}) => JSON.parse(body).seq)

describe('a request', () => {
  test('is one event, with the headers of a Standard Webhook', async () => {
    const db = await three()
    const {requests, url} = await server((_, response) => response.writeHead(204).end())
    const secret = join(newDirectory(), 'secret')
    writeFileSync(secret, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n')
    expect(await deliver(db, url, '--secret-file', secret)).toMatchObject({status: 0, stdout: '', stderr: ''})
    expect(requests.map(({body}) => body)).toEqual(
      (await litefeed(['changes', '--since', '0', '--no-follow'], {db})).stdout.trim().split('\n'),
    )
    const feeds = new Set(requests.map(({headers}) => String(headers['webhook-id']).split(':')[0]))
    expect(feeds.size).toBe(1)
    for (const [index, {headers, body}] of requests.entries()) {
      const {'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature} = headers
      expect(id).toBe(`${[...feeds][0]}:${index + 1}`)
      expect(Math.abs(Number(time) - Date.now() / 1000)).toBeLessThan(60)
      // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
      const key = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64')
      expect(signature).toBe(`v1,${createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64')}`)
      expect(headers['content-type']).toBe('application/json')
    }
  })

  test('is an array with --batch, and the user of the URL is a header that nothing shows', async () => {
    const db = await three()
    const {requests, port} = await server((_, response, number) => response.writeHead(number === 1 ? 500 : 200).end())
    const run = await deliver(db, `http://ann:pw@127.0.0.1:${port}/hook?token=abc`, '--batch', '2')
    expect(run.status).toBe(0)
    expect(run.stderr).not.toMatch(/pw|abc/)
    expect(requests.map(({body}) => JSON.parse(body).map((event: Line) => event.seq))).toEqual([[1, 2], [1, 2], [3]])
    expect(requests[1]?.body).toBe(requests[0]?.body)
    expect(requests[1]?.headers['webhook-id']).toBe(requests[0]?.headers['webhook-id'])
    expect(requests[0]?.headers['webhook-id']).toMatch(/:1-2$/)
    expect(requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('ann:pw').toString('base64')}`)
  })
})

test('a secret that is none is refused before anything is sent', async () => {
  const db = await three()
  const {requests, url} = await server((_, response) => response.end())
  const file = join(newDirectory(), 'secret')
  for (const [secret, reason] of [
    ['\n', '--secret-file is empty'],
    ['whsec_%%', 'is not base64'],
  ] as const) {
    writeFileSync(file, secret)
    expect(await deliver(db, url, '--secret-file', file)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(reason),
    })
  }
  expect(await deliver(db, url, '--secret-file', `${file}-none`)).toMatchObject({status: 2})
  const env = {LITEFEED_WEBHOOK_SECRET: 'any text'}
  const pipe = ['pipe', '--to', url.replace('http', 'HTTP'), '--since', 'beginning', '--no-follow']
  expect(await litefeed(pipe, {db, env})).toMatchObject({status: 0, stderr: ''})
  const {headers, body} = requests[0] as Request
  const {'webhook-id': id, 'webhook-timestamp': time} = headers
  const signature = createHmac('sha256', 'any text').update(`${id}.${time}.${body}`).digest('base64')
  expect(headers['webhook-signature']).toBe(`v1,${signature}`)
})

test('a dead letter file that cannot be written is found out at the start', async () => {
  const db = await three()
  const {requests, url} = await server((_, response) => response.end())
  const run = await deliver(db, url, '--on-poison', 'dlq', '--dlq', join(newDirectory(), 'none/dead.ndjson'))
  expect(run).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^error: --dlq .*dead.ndjson cannot be opened: ENOENT/),
  })
  expect(requests).toEqual([])
})

test('documents of an initial part have ids of their own that fit into a header', async () => {
  const db = await databaseWith({t: [{id: 1}, {id: '日\n'}, {id: 'x'.repeat(400)}]})
  const {requests, url} = await server((_, response) => response.end())
  expect(await litefeed(['pipe', '--to', url, '--include-initial', '--no-follow'], {db})).toMatchObject({
    status: 0,
    stderr: '',
  })
  const ids = requests.map(({headers}) => String(headers['webhook-id']))
  expect(new Set(ids).size).toBe(3)
  for (const id of ids) expect(id).toMatch(/^[!-~]{16}:3:[!-~]+$/)
})

describe('an answer', () => {
  test.each([408, 425, 429, 500, 503])('%d is tried again, the others meanwhile', async status => {
    const db = await three()
    const {requests, url} = await server((_, response, number) => response.writeHead(number === 2 ? status : 200).end())
    expect(await deliver(db, url)).toMatchObject({status: 0})
    expect(seqs(requests).toSorted()).toEqual([1, 2, 2, 3])
  })

  test.each([
    ['seconds', () => '1', 999],
    // To the second.
    ['a date', () => new Date(Date.now() + 2000).toUTCString(), 999],
  ])('Retry-After is waited for: %s', async (_, after, least) => {
    const db = await three()
    const times: number[] = []
    const {url} = await server((_, response, number) => {
      times.push(Date.now())
      response.writeHead(number === 1 ? 429 : 200, number === 1 ? {'retry-after': after()} : {}).end()
    })
    expect(await deliver(db, url)).toMatchObject({status: 0, stderr: expect.stringContaining('HTTP status 429')})
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(least)
  })

  test('410 ends the pipe, and the position is before it', async () => {
    const db = await three()
    const {requests, url} = await server((_, response, number) => response.writeHead(number === 2 ? 410 : 200).end())
    const run = await deliver(db, url, '--as', 'x')
    expect(run.status).toBe(1)
    expect(run.stderr).toContain('wants no more: HTTP status 410')
    expect(seqs(requests)).toEqual([1, 2])
    expect(await consumer(db)).toMatchObject({position: 1})
  })

  test.each([
    ['stop', [1, 2], 1, 1],
    ['skip', [1, 2, 3], 0, 3],
    ['dlq', [1, 2, 3], 0, 3],
  ])('400 is poison: %s', async (policy, sent, status, position) => {
    const db = await three()
    const {requests, url} = await server((_, response, number) =>
      response.writeHead(number === 2 ? 400 : 200).end('no such thing'),
    )
    const dlq = join(newDirectory(), 'dead.ndjson')
    const run = await deliver(db, url, '--as', 'x', '--on-poison', policy, ...(policy === 'dlq' ? ['--dlq', dlq] : []))
    expect(run.status).toBe(status)
    expect(run.stderr).toContain('refused seq 2')
    expect(run.stderr).toContain('HTTP status 400: no such thing')
    expect(seqs(requests)).toEqual(sent)
    expect(await consumer(db)).toMatchObject({position})
    if (policy === 'dlq')
      expect(jsonLines(readFileSync(dlq, 'utf8'))).toMatchObject([{seq: 2, table: 't', key: 2, event: {seq: 2}}])
  })

  test('a redirect is followed on the same host alone', async () => {
    const db = await three()
    const other = await server((_, response) => response.end())
    const {requests, url} = await server((request, response) => {
      if (request.url === '/hook') response.writeHead(308, {location: '/there'}).end()
      else response.end()
    })
    expect(await deliver(db, url)).toMatchObject({status: 0})
    expect(requests.filter(request => request.url === '/there')).toHaveLength(3)
    const away = await server((_, response) => response.writeHead(302, {location: other.url}).end())
    const run = await deliver(db, away.url)
    expect(run).toMatchObject({status: 1, stderr: expect.stringContaining('redirects to another host')})
    expect(other.requests).toHaveLength(0)
    const nowhere = await server((_, response) => response.writeHead(302, {location: 'http://'}).end())
    expect(await deliver(db, nowhere.url)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^error: .* redirects to what is no URL, http:\/\/\n/),
    })
  })
})

const receiver = join(import.meta.dirname, 'webhook-receiver.ts')
const received = (file: string) => jsonLines(readFileSync(file, 'utf8'))
const count = (file: string) => (existsSync(file) ? received(file).length : 0)

describe('killed at any moment', () => {
  test('the pipe: nothing is missing, and what comes again has the same id', async () => {
    const random = new Random()
    const db = await databaseWith({t: [{id: 'k0'}]})
    busyTable(db, 700, random)
    const file = join(newDirectory(), 'received.ndjson')
    const hook = await Receiver.start(receiver, file)
    await killed(random, rounds(5), db, `http://127.0.0.1:${hook.port}/?faults=150`, '--as', 'hook')
    const requests = received(file)
    await expectLog(
      db,
      requests.map(({body}) => JSON.parse(body)),
    )
    for (const {id, body} of requests) expect(id.split(':')[1]).toBe(String(JSON.parse(body).seq))
  })

  test('the pipe, with arrays: the same array under the same id', async () => {
    const random = new Random()
    const db = await databaseWith({t: [{id: 'k0'}]})
    busyTable(db, 2000, random)
    const file = join(newDirectory(), 'received.ndjson')
    const hook = await Receiver.start(receiver, file)
    await killed(random, rounds(5), db, `http://127.0.0.1:${hook.port}/?faults=60`, '--as', 'hook', '--batch', '7')
    const requests = received(file)
    await expectLog(
      db,
      requests.flatMap(({body}) => JSON.parse(body)),
    )
    const bodies = new Map<string, string>()
    const sent = new Set<number>()
    for (const {id, body} of requests) {
      expect(bodies.get(id) ?? body).toBe(body)
      // What is in an array that came before is not in another one.
      if (!bodies.has(id)) {
        for (const {seq} of JSON.parse(body)) {
          expect(sent).not.toContain(seq)
          sent.add(seq)
        }
      }
      bodies.set(id, body)
    }
  })

  test('the receiver, which starts late as well', async () => {
    const random = new Random()
    const db = await databaseWith({t: [{id: 'k0'}]})
    busyTable(db, 1000, random)
    const file = join(newDirectory(), 'received.ndjson')
    const hook = await Receiver.start(receiver, file)
    await hook.kill()
    const pipe = startPipe(db, `http://127.0.0.1:${hook.port}/`, ['--no-follow'])
    const done = finished(pipe)
    for (let kill = 0; kill < 3; kill++) {
      await hook.restart()
      // What comes again and again to nobody is waited for longer and longer.
      await more(
        () => count(file),
        () => pipe.exitCode !== null,
      )
      await sleep(random.below(50))
      await hook.kill()
    }
    await hook.restart()
    expect((await done).status).toBe(0)
    await expectLog(
      db,
      received(file).map(({body}) => JSON.parse(body)),
    )
  })
})
