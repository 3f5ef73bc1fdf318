import {once} from 'node:events'
import {existsSync, readFileSync} from 'node:fs'
import {type AddressInfo, connect} from 'node:net'
import {join} from 'node:path'
import {createServer} from 'node:tls'
import {connect as connectTo} from 'amqplib'
import {describe, expect, onTestFinished, test} from 'vitest'
import {databaseWith, finished, jsonLines, litefeed, newDirectory} from '../e2e/support.ts'
import {isThere} from '../services.ts'
import {Receiver, startPipe} from './support.ts'

const directory = join(import.meta.dirname, '../fixtures/tls')
const certificate = join(directory, 'certificate.pem')

/** A server that is spoken to in TLS, before one that is not. Returns its port. */
async function encrypted(port: number): Promise<number> {
  const [key, cert] = [join(directory, 'key.pem'), certificate].map(file => readFileSync(file))
  const server = createServer({key, cert}, socket => {
    const other = connect(port, '127.0.0.1')
    socket.pipe(other).pipe(socket)
    for (const one of [socket, other]) one.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

/** To a receiver whose certificate the pipe was told to trust; and, without being told, until it says that it does not. */
async function deliverTrusting(db: string, to: string, ...args: string[]): Promise<void> {
  const stranger = startPipe(db, to, ['--no-follow', ...args])
  const left = finished(stranger)
  await new Promise(resolve =>
    stranger.stderr?.on('data', chunk => /self-signed certificate/.test(chunk) && resolve(chunk)),
  )
  stranger.kill('SIGINT')
  await left
  const run = await litefeed(['pipe', '--to', to, '--since', 'beginning', '--no-follow', ...args], {
    db,
    env: {NODE_EXTRA_CA_CERTS: certificate},
  })
  expect(run).toMatchObject({status: 0, stderr: ''})
}

const hasRabbitmq = await isThere('RabbitMQ')
const two = () => databaseWith({t: [{id: 1}, {id: 2}]})

describe('a receiver in TLS is told nothing before its certificate is trusted:', () => {
  test('https', async () => {
    const file = join(newDirectory(), 'received.ndjson')
    const receiver = await Receiver.start(join(import.meta.dirname, 'webhook-receiver.ts'), file)
    const port = await encrypted(receiver.port)
    await deliverTrusting(await two(), `https://localhost:${port}/hook`)
    expect(jsonLines(readFileSync(file, 'utf8')).map(({body}) => JSON.parse(body).seq)).toEqual([1, 2])
  })

  test('elasticsearch+https', async () => {
    const file = join(newDirectory(), 'received.ndjson')
    const receiver = await Receiver.start(join(import.meta.dirname, 'elasticsearch-server.ts'), file)
    const port = await encrypted(receiver.port)
    await deliverTrusting(await two(), `elasticsearch+https://localhost:${port}/{table}`)
    expect(existsSync(file) && jsonLines(readFileSync(file, 'utf8')).map(({version}) => version)).toEqual([1, 2])
  })

  test.skipIf(!hasRabbitmq)('amqps', async () => {
    const connection = await connectTo('amqp://guest:guest@127.0.0.1:5672')
    onTestFinished(() => connection.close())
    const channel = await connection.createChannel()
    const {queue} = await channel.assertQueue('', {exclusive: true})
    const port = await encrypted(5672)
    await deliverTrusting(await two(), `amqps://guest:guest@localhost:${port}`, '--routing-key', queue)
    expect((await channel.checkQueue(queue)).messageCount).toBe(2)
  })
})
