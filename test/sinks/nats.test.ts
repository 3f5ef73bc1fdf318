import {type ChildProcess, spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {type JetStreamManager, jetstreamManager, type StreamConfig} from '@nats-io/jetstream'
import {connect} from '@nats-io/transport-node'
import {describe, expect, onTestFinished, test} from 'vitest'
import {databaseWith, finished, type Line, library, log, newDirectory} from '../e2e/support.ts'
import {isThere} from '../services.ts'
import {Random, rounds} from '../support.ts'
import {busyTable, Cable, deliver, expectLog, freePort, killed, meanwhile, startPipe} from './support.ts'

/** A stream of its own, on the server at this port. */
async function stream(port = 4222, config: Partial<StreamConfig> = {}) {
  const connection = await connect({servers: `127.0.0.1:${port}`, maxReconnectAttempts: -1, reconnectTimeWait: 100})
  const manager = await jetstreamManager(connection)
  const prefix = `litefeed-test-${crypto.randomUUID()}`
  await manager.streams.add({name: prefix, subjects: [`${prefix}.>`], ...config})
  onTestFinished(async () => {
    await manager.streams.delete(prefix).catch(() => {})
    await connection.close()
  })
  return {prefix, manager, messages: () => messagesOf(manager, prefix), args: ['--subject', `${prefix}.{table}.{type}`]}
}

interface Message {
  readonly id: string
  readonly subject: string
  readonly headers: Readonly<Record<string, string>>
  readonly event: Line
}

async function messagesOf(manager: JetStreamManager, name: string): Promise<Message[]> {
  const {state} = await manager.streams.info(name)
  const messages: Message[] = []
  for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq++) {
    const message = await manager.streams.getMessage(name, {seq})
    if (message === null) continue
    const headers = Object.fromEntries(message.header.keys().map(key => [key, message.header.get(key)]))
    messages.push({id: message.header.get('Nats-Msg-Id'), subject: message.subject, headers, event: message.json()})
  }
  return messages
}

/** Each event once. */
async function expectExactly(db: string, messages: readonly Message[]): Promise<void> {
  await expectLog(
    db,
    messages.map(({event}) => event),
  )
  expect(new Set(messages.map(({id}) => id)).size).toBe(messages.length)
}

describe.skipIf(!(await isThere('NATS')))('NATS JetStream', () => {
  const url = 'nats://127.0.0.1:4222'

  test('a message has the idempotency key as its id, and a subject by the template', async () => {
    const db = await databaseWith({t: [{id: 1}], 'a.b c': [{id: 'x\n'}]})
    const {prefix, args, messages} = await stream()
    expect(await deliver(db, url, ...args)).toMatchObject({status: 0, stdout: '', stderr: ''})
    const [one, other] = await messages()
    expect([one?.event, other?.event]).toEqual(await log(db))
    expect(one).toMatchObject({
      subject: `${prefix}.t.add`,
      headers: {'Litefeed-Table': 't', 'Litefeed-Key': '1', 'Litefeed-Seq': '1'},
    })
    expect(other?.subject).toBe(`${prefix}.a%2eb%20c.add`)
    expect(one?.id.split(':')[1]).toBe('1')
  })

  test('a stream that is not there is waited for, and named', async () => {
    const db = await databaseWith({t: [{id: 1}]})
    const {manager, prefix} = await stream()
    const subject = `${prefix}-other.{table}`
    const pipe = startPipe(db, url, ['--no-follow', '--subject', subject])
    const done = finished(pipe)
    await new Promise(resolve =>
      pipe.stderr?.on('data', chunk => /no stream takes the subject/.test(chunk) && resolve(chunk)),
    )
    await manager.streams.update(prefix, {subjects: [`${prefix}.>`, `${prefix}-other.>`]})
    expect(await done).toMatchObject({status: 0})
  })

  test('what is too large is poison', async () => {
    const db = await databaseWith({t: [{id: 1}, {id: 2, text: 'x'.repeat(5000)}, {id: 3}]})
    const {args, messages} = await stream(4222, {max_msg_size: 2000})
    const run = await deliver(db, url, ...args, '--on-poison', 'skip')
    expect(run.stderr).toContain('refused seq 2')
    expect((await messages()).map(({event}) => event.seq)).toEqual([1, 3])
  })

  test('a subject that is too long is poison', async () => {
    const db = await databaseWith({t: [{id: 1}, {id: 'x'.repeat(3890)}, {id: 'y'.repeat(3800)}]})
    const {prefix, messages} = await stream()
    const run = await deliver(db, url, '--subject', `${prefix}.{key}`, '--on-poison', 'skip')
    expect(run.stderr).toContain('refused seq 2, which is left out: its subject is longer than 3900 bytes')
    expect((await messages()).map(({event}) => event.seq)).toEqual([1, 3])
  })

  test('killed at any moment, and cut off, each event is stored once', async () => {
    const random = new Random()
    const db = await databaseWith({t: [{id: 'k0'}]})
    busyTable(db, 1500, random)
    const {args, messages} = await stream()
    await killed(random, rounds(4), db, url, ...args, '--as', 'x')
    await expectExactly(db, await messages())

    const cable = await Cable.to(4222)
    busyTable(db, 1500, random)
    const done = finished(startPipe(db, `nats://127.0.0.1:${cable.port}`, [...args, '--no-follow', '--as', 'x']))
    let cuts = 0
    await meanwhile(random, done, () => {
      if (cuts++ > 4) cable.open()
      else cable.cut()
    })
    expect((await done).status).toBe(0)
    await expectExactly(db, await messages())
  })

  test('after an outage that is longer than the duplicate window, as well', async () => {
    const random = new Random()
    const db = await databaseWith({t: [{id: 'k0'}]})
    busyTable(db, 1200, random)
    const {args, messages} = await stream(4222, {duplicate_window: 100e6})
    await killed(random, rounds(4), db, url, ...args, '--as', 'x')
    await expectExactly(db, await messages())
  })

  test('another pipe into the same stream, and a consumer that is put back, deliver the same changes again', async () => {
    const db = await databaseWith({t: [{id: 1}, {id: 2}, {id: 3}]})
    const {prefix, messages} = await stream()
    const run = async (subject: string, ...args: string[]) => {
      const before = (await messages()).length
      const to = ['--subject', `${prefix}.${subject}`]
      expect(await deliver(db, url, ...to, ...args)).toMatchObject({status: 0, stderr: ''})
      return (await messages())
        .slice(before)
        .map(({subject, event}) => [subject.slice(prefix.length + 1), event.seq ?? event])
    }
    const [one, two, three] = [1, 2, 3]
    expect(await run('a')).toEqual([
      ['a', one],
      ['a', two],
      ['a', three],
    ])
    expect(await run('a')).toEqual([])
    expect(await run('b')).toEqual([
      ['b', one],
      ['b', two],
      ['b', three],
    ])
    expect(await run('a', '--map', '{"n": key}')).toEqual([
      ['a', {n: 1}],
      ['a', {n: 2}],
      ['a', {n: 3}],
    ])
    expect(await run('a', '--as', 'x')).toHaveLength(3)
    await library(db, store => store.resetConsumer('x', 1))
    expect(await run('a', '--as', 'x')).toEqual([
      ['a', two],
      ['a', three],
    ])
    expect(await run('a', '--as', 'x')).toEqual([])
  })
})

describe.skipIf(spawnSync('nats-server', ['--version']).status !== 0)('a server that is killed', () => {
  test('nothing that it stored is missing, and nothing is there twice', async () => {
    const random = new Random()
    const db = await databaseWith({t: [{id: 'k0'}]})
    busyTable(db, 1500, random)
    const directory = newDirectory()
    const port = await freePort()
    let server: ChildProcess | undefined
    const run = async () => {
      server = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', directory], {
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      const {stderr} = server
      await new Promise(resolve => stderr?.on('data', chunk => /Server is ready/.test(chunk) && resolve(chunk)))
    }
    const kill = async () => {
      if (server === undefined) return
      server.kill('SIGKILL')
      if (server.exitCode === null && server.signalCode === null) await once(server, 'close')
      server = undefined
    }
    await run()
    onTestFinished(kill)
    const {args, prefix} = await stream(port)
    await kill()
    const done = finished(startPipe(db, `nats://127.0.0.1:${port}`, [...args, '--no-follow', '--as', 'x']))
    let kills = 0
    await meanwhile(random, done, async () => {
      if (server === undefined) await run()
      else if (kills++ < 4) await kill()
    })
    if (server === undefined) await run()
    expect((await done).status).toBe(0)
    // By a connection that has seen none of it.
    const connection = await connect({servers: `127.0.0.1:${port}`})
    onTestFinished(() => connection.close())
    const messages = await messagesOf(await jetstreamManager(connection), prefix)
    await expectLog(
      db,
      messages.map(({event}) => event),
    )
  })
})
