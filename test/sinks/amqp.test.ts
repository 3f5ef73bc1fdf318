import {type Channel, type ChannelModel, type ConsumeMessage, connect, type GetMessage} from 'amqplib'
import {afterAll, beforeAll, describe, expect, onTestFinished, test} from 'vitest'
import {databaseWith, finished, type Line, log, write} from '../e2e/support.ts'
import {isThere} from '../services.ts'
import {isLong, Random, rounds} from '../support.ts'
import {canRunRabbitMq, RabbitMqServer} from './rabbitmq-server.ts'
import {busyTable, Cable, deliver, expectLog, killed, meanwhile, startPipe} from './support.ts'

const url = 'amqp://guest:guest@127.0.0.1:5672'

describe.skipIf(!(await isThere('RabbitMQ')))('RabbitMQ', () => {
  let connection: ChannelModel
  beforeAll(async () => {
    connection = await connect(url)
  })
  afterAll(() => connection.close())

  /** A queue of its own, which goes with the test. */
  async function queue(options: {readonly exchange?: string; readonly binding?: string; readonly limit?: number} = {}) {
    const channel = await connection.createChannel()
    const name = `litefeed-test-${crypto.randomUUID()}`
    const {exchange, binding = '#', limit} = options
    const overflow = limit === undefined ? {} : {arguments: {'x-max-length': limit, 'x-overflow': 'reject-publish'}}
    await channel.assertQueue(name, {durable: true, ...overflow})
    if (exchange !== undefined) {
      await channel.assertExchange(exchange, 'topic')
      await channel.bindQueue(name, exchange, binding)
    }
    onTestFinished(async () => {
      await channel.deleteQueue(name)
      if (exchange !== undefined) await channel.deleteExchange(exchange)
      await channel.close()
    })
    /** What is in it now. */
    const take = async () => {
      const messages: GetMessage[] = []
      for (;;) {
        const message = await channel.get(name, {noAck: true})
        if (message === false) return messages
        messages.push(message)
      }
    }
    return {name, channel, take, events: async () => (await take()).map(eventOf)}
  }

  test('a message is persistent, and has the idempotency key as its id', async () => {
    const db = await databaseWith({t: [{id: 1}, {id: 'b'}, {id: [1, 'c']}]})
    const {name, take} = await queue()
    const run = await deliver(db, url, '--routing-key', name)
    expect(run).toMatchObject({status: 0, stdout: '', stderr: ''})
    const messages = await take()
    expect(messages.map(eventOf)).toEqual(await log(db))
    expect(messages.map(({properties}) => properties.messageId.split(':')[1])).toEqual(['1', '2', '3'])
    expect(messages.map(({properties}) => properties.headers?.key)).toEqual([1, 'b', [1, 'c']])
    expect(messages[1]).toMatchObject({
      fields: {exchange: '', routingKey: name},
      properties: {
        deliveryMode: 2,
        contentType: 'application/json',
        type: 'add',
        headers: {table: 't', key: 'b', seq: 2},
      },
    })
  })

  test('--exchange and --routing-key are a template', async () => {
    const db = await databaseWith({t: [{id: 1}], u: [{id: 1}]})
    await write(db, 't', t => t.delete(1))
    const exchange = `litefeed-test-${crypto.randomUUID()}`
    const {take} = await queue({exchange})
    await deliver(db, url, '--exchange', exchange, '--routing-key', '{table}.{type}')
    expect((await take()).map(({fields}) => fields.routingKey)).toEqual(['t.add', 'u.add', 't.remove'])
    expect(await deliver(db, url, '--routing-key', '{tabel}')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--routing-key does not know {tabel}'),
    })
  })

  test('a key that is too long for a header is poison', async () => {
    const db = await databaseWith({t: [{id: 1}, {id: 'x'.repeat(70_000)}, {id: 2}]})
    const {name, take} = await queue()
    const run = await deliver(db, url, '--routing-key', name, '--on-poison', 'skip')
    expect(run.stderr).toContain('refused seq 2, which is left out: its key does not fit into a header')
    expect((await take()).map(({properties}) => properties.headers?.seq)).toEqual([1, 3])
  })

  test('a returned message is a failure although it is confirmed, and what follows it of its document waits', async () => {
    const db = await databaseWith({t: [{id: 1}, {id: 2}]})
    await write(db, 't', t => t.update(1, {n: 1}))
    const exchange = `litefeed-test-${crypto.randomUUID()}`
    // Only changes are bound: the adds have no queue yet.
    const {name, channel, events} = await queue({exchange, binding: '*.change'})
    const pipe = startPipe(db, url, ['--no-follow', '--exchange', exchange])
    const done = finished(pipe)
    const warned = new Promise(resolve =>
      pipe.stderr?.on('data', chunk => /no queue takes it/.test(chunk) && resolve(chunk)),
    )
    await warned
    expect(await events()).toEqual([])
    await channel.bindQueue(name, exchange, '*.add')
    expect(await done).toMatchObject({status: 0})
    await expectLog(db, await events())
  })

  test('what the server does not want now is sent again', async () => {
    const db = await databaseWith({t: Array.from({length: 9}, (_, id) => ({id}))})
    const {name, events} = await queue({limit: 3})
    const done = finished(startPipe(db, url, ['--no-follow', '--routing-key', name]))
    const taken: Line[] = []
    await meanwhile(new Random(), done, async () => void taken.push(...(await events())))
    taken.push(...(await events()))
    await expectLog(db, taken)
  })

  test('an exchange that is not there is waited for, and a password is not shown', async () => {
    const db = await databaseWith({t: [{id: 1}]})
    const exchange = `litefeed-test-${crypto.randomUUID()}`
    const pipe = startPipe(db, url, ['--no-follow', '--exchange', exchange])
    const done = finished(pipe)
    await new Promise(resolve => pipe.stderr?.on('data', chunk => /no exchange/.test(chunk) && resolve(chunk)))
    const {events} = await queue({exchange})
    const {status, stderr} = await done
    expect(status).toBe(0)
    expect(stderr).not.toContain('guest:guest')
    expect(await events()).toHaveLength(1)
  })

  test('a login and a virtual host that it refuses end the pipe, and name what was refused', async () => {
    const db = await databaseWith({t: [{id: 1}]})
    for (const [to, reason] of [
      [
        'amqp://guest:wrong@127.0.0.1:5672',
        /^error: amqp:\/\/127.0.0.1:5672 refused the login of guest: .*403.*\nhint: user and password/,
      ],
      ['amqp://guest:guest@127.0.0.1:5672/litefeed-none', /refused the virtual host litefeed-none/],
      ['amqp://guest:p@ss:x@127.0.0.1:x', /^error: amqp:\/\/\*\*\*@127.0.0.1:x is no URL/],
    ] as const) {
      const {status, stderr} = await deliver(db, to)
      expect(status).not.toBe(0)
      expect(stderr).toMatch(reason)
      expect(stderr).not.toMatch(/wrong|p@ss/)
    }
  })

  test('a pipe that is killed at any moment', async () => {
    const random = new Random()
    const db = await databaseWith({t: [{id: 'k0'}]})
    busyTable(db, 3000, random)
    const {name, take} = await queue()
    await killed(random, rounds(6), db, url, '--routing-key', name, '--as', 'x')
    const messages = await take()
    await expectLog(db, messages.map(eventOf))
    for (const message of messages)
      expect(message.properties.messageId.split(':')[1]).toBe(String(eventOf(message).seq))
  })

  test('a connection that is cut at any moment, and a server that is not there for a while', async () => {
    const random = new Random()
    const db = await databaseWith({t: [{id: 'k0'}]})
    busyTable(db, 3000, random)
    const {name, events} = await queue()
    const cable = await Cable.to(5672)
    cable.close()
    const done = finished(
      startPipe(db, `amqp://guest:guest@127.0.0.1:${cable.port}`, ['--no-follow', '--routing-key', name]),
    )
    let cuts = 0
    await meanwhile(random, done, () => {
      if (cuts++ > 5) cable.open()
      else if (random.chance(0.3)) cable.close()
      else {
        cable.open()
        cable.cut()
      }
    })
    expect((await done).status).toBe(0)
    await expectLog(db, await events())
  })
})

describe.skipIf(!canRunRabbitMq)('a server that is killed', () => {
  // A server takes seconds to begin, so that the other type of queue, and more kills, are for the long run.
  const queues = isLong ? ['classic', 'quorum'] : ['classic']
  const most = isLong ? 20 : 1

  test('has all that it confirmed', async () => {
    const random = new Random()
    const db = await databaseWith({t: [{id: 'k0'}]})
    busyTable(db, rounds(15_000), random)
    const server = await RabbitMqServer.start()
    const own = `amqp://guest:guest@127.0.0.1:${server.port}`
    await using first = await channelOf(own)
    await first.channel.assertExchange('all', 'fanout')
    for (const type of queues) {
      await first.channel.assertQueue(type, {durable: true, arguments: {'x-queue-type': type}})
      await first.channel.bindQueue(type, 'all', '')
    }
    // A quorum queue is known after a crash once its name is on disk, which is some minutes later, or at an orderly end.
    if (isLong) await server.stop()
    if (isLong) await server.run()
    const pipe = startPipe(db, own, ['--no-follow', '--as', 'x', '--exchange', 'all'])
    const done = finished(pipe)
    let kills = 0
    await meanwhile(random, done, async () => {
      if (!server.isRunning) await server.run()
      else if (kills < most) {
        kills++
        await server.kill()
      }
    })
    if (!server.isRunning) await server.run()
    expect((await done).status).toBe(0)
    expect(kills).toBeGreaterThan(0)
    await using last = await channelOf(own)
    for (const type of queues) await expectLog(db, await takeAll(last.channel, type))
  })
})

async function channelOf(url: string) {
  const connection = await connect(url)
  // It goes with the server.
  connection.on('error', () => {})
  const channel = await connection.createChannel()
  return {channel, [Symbol.asyncDispose]: () => connection.close().catch(() => {})}
}

/** What there is in a queue, for which to ask one by one would take long. */
async function takeAll(channel: Channel, queue: string): Promise<Line[]> {
  const {messageCount} = await channel.checkQueue(queue)
  const events: Line[] = []
  await new Promise<void>((resolve, reject) => {
    const take = (message: ConsumeMessage | null) => {
      if (message === null) return reject(new Error(`the queue ${queue} is gone`))
      if (events.push(eventOf(message)) === messageCount) resolve()
    }
    channel.consume(queue, take, {noAck: true}).catch(reject)
  })
  return events
}

function eventOf({content}: Pick<GetMessage, 'content'>): Line {
  return JSON.parse(content.toString())
}
