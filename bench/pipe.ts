import {rmSync} from 'node:fs'
import {join} from 'node:path'
import {connect} from 'amqplib'
import {documentText} from './datasets.ts'
import {interleave, litefeed, type Row, seconds, writeLines} from './support.ts'

const count = 100_000
const broker = 'amqp://guest:guest@127.0.0.1:5672'
const queue = 'litefeed-bench'

/** A hundred thousand changes into RabbitMQ, each confirmed, and into a file that is on disk before the position moves. */
export async function pipe(directory: string): Promise<Row[]> {
  const input = join(directory, 'pipe.ndjson')
  await writeLines(input, count, id => documentText(id, 57))
  await seconds(litefeed('insert', 'docs', '--db', 'pipe.db'), {input, cwd: directory})
  const deliver = (to: string, ...args: string[]) =>
    seconds(litefeed('pipe', 'docs', '--to', to, '--since', 'beginning', '--no-follow', '--db', 'pipe.db', ...args), {
      cwd: directory,
    })
  const file = async () => {
    rmSync(join(directory, 'pipe.out'), {force: true})
    return deliver('file:pipe.out')
  }
  const print = () =>
    seconds(litefeed('changes', 'docs', '--since', 'beginning', '--no-follow', '--db', 'pipe.db'), {cwd: directory})
  const [filed, printed] = (await interleave(5, [file, print])) as [number, number]
  return [
    await rabbitmq(deliver, 'quorum'),
    await rabbitmq(deliver, 'classic'),
    {
      measure: 'pipe 100 k changes of 170 B into a file',
      ours: rate(filed),
      baseline: `changes to a pipe ${rate(printed)}`,
      ratio: (printed / filed).toFixed(2),
      target: '200 k/s',
    },
  ]
}

/**
 * Start and end of the process included, as everywhere; against the same messages published by amqplib alone. Into a queue of either
 * type that is durable: what is confirmed is on disk.
 */
async function rabbitmq(
  deliver: (to: string, ...args: string[]) => Promise<number>,
  type: 'quorum' | 'classic',
): Promise<Row> {
  const measure = `pipe 100 k changes of 170 B into RabbitMQ, a ${type} queue, confirmed`
  const target = '20 k/s'
  const connection = await connect(broker).catch(() => undefined)
  if (connection === undefined) return {measure, ours: '', baseline: 'RabbitMQ is not there', ratio: '', target}
  const channel = await connection.createConfirmChannel()
  try {
    await channel.assertQueue(queue, {durable: true, arguments: {'x-queue-type': type}})
    const content = Buffer.from('x'.repeat(300))
    const feed = crypto.randomUUID()
    const common = {persistent: true, mandatory: true, timestamp: 0, type: 'add', contentType: 'application/json'}
    const ours = async () => {
      await channel.purgeQueue(queue)
      const time = await deliver(broker, '--routing-key', queue)
      const {messageCount} = await channel.checkQueue(queue)
      if (messageCount !== count) throw new Error(`${messageCount} of ${count} messages are in the queue`)
      return time
    }
    /** With the same properties, and as many unconfirmed. */
    const plain = async () => {
      await channel.purgeQueue(queue)
      const start = performance.now()
      const all = Promise.withResolvers<void>()
      let [sent, confirmed] = [0, 0]
      const publish = () => {
        for (; sent < count && sent - confirmed < 500; sent++) {
          const properties = {...common, messageId: `${feed}:${sent}`, headers: {table: 'docs', key: sent, seq: sent}}
          channel.publish('', queue, content, properties, () => {
            confirmed++
            if (confirmed === count) all.resolve()
            else if (sent - confirmed <= 400) publish()
          })
        }
      }
      publish()
      await all.promise
      return (performance.now() - start) / 1000
    }
    const [mine, theirs] = (await interleave(3, [ours, plain])) as [number, number]
    return {
      measure,
      ours: rate(mine),
      baseline: `amqplib alone ${rate(theirs)}`,
      ratio: (theirs / mine).toFixed(2),
      target,
    }
  } finally {
    await channel.deleteQueue(queue)
    await connection.close()
  }
}

function rate(time: number): string {
  return `${(count / time / 1000).toFixed(1)} k/s`
}
