import type {Socket} from 'node:net'
import {type ChannelModel, type ConfirmChannel, connect} from 'amqplib'
import {done, type Outcome, type Parcel} from './sink.ts'

/** One connection with one channel, until one of them closes. */
export class AmqpSession {
  readonly #connection: ChannelModel
  readonly #channel: ConfirmChannel
  /** Why messages were returned, by their id. */
  readonly #returned = new Map<string, string>()
  #closed: Error | undefined

  static async open(url: string): Promise<AmqpSession> {
    const connection = await connect(url, socketOptions)
    // What is wrong with it is told to each message that waits.
    connection.on('error', () => {})
    try {
      return new AmqpSession(connection, await connection.createConfirmChannel())
    } catch (error) {
      await connection.close().catch(() => {})
      throw error
    }
  }

  private constructor(connection: ChannelModel, channel: ConfirmChannel) {
    this.#connection = connection
    this.#channel = channel
    connection.on('error', error => this.#close(error))
    connection.on('close', () => this.#close(new Error('the connection was closed')))
    channel.on('error', error => this.#close(error))
    channel.on('close', () => this.#close(new Error('the channel was closed')))
    channel.on('return', ({fields, properties}) => {
      const {replyText} = fields as {readonly replyText?: string}
      const where = `exchange "${fields.exchange}", routing key "${fields.routingKey}"`
      this.#returned.set(properties.messageId, `${replyText}: no queue takes it (${where})`)
    })
  }

  /**
   * What is published in this turn leaves in one piece. The client writes each message by itself, which are as many calls of
   * the system, and does so one turn later.
   */
  gather(): void {
    const socket = socketOf(this.#connection)
    if (socket === undefined || socket.writableCorked > 0) return
    socket.cork()
    setImmediate(() => setImmediate(() => socket.uncork()))
  }

  /** Throws when the connection or the channel closes before the message is confirmed. */
  async publish(parcel: Parcel, exchange: string, routingKey: string): Promise<Outcome> {
    if (this.#closed !== undefined) throw this.#closed
    const {id, event, line} = parcel
    if (Buffer.byteLength(routingKey) > 255)
      return {kind: 'poison', reason: `its routing key is longer than 255 bytes: ${routingKey.slice(0, 40)}...`}
    const content = Buffer.from(line)
    return new Promise((settle, fail) => {
      const confirmed = (error: unknown) => {
        const returned = this.#returned.get(id)
        this.#returned.delete(id)
        if (error === null && returned === undefined) settle(done)
        else if (returned !== undefined) settle({kind: 'retry', reason: returned})
        else if (this.#closed === undefined) settle({kind: 'retry', reason: reasonOf(error)})
        else if (tooLarge(this.#closed) === content.length) settle({kind: 'poison', reason: reasonOf(this.#closed)})
        else fail(this.#closed)
      }
      const headers = {table: event.table, key: headerOf(event.key), seq: event.seq}
      const options = {
        mandatory: true,
        persistent: true,
        messageId: id,
        timestamp: Math.floor(event.ts_ms / 1000),
        type: event.type,
        contentType: 'application/json',
        headers,
      }
      try {
        this.#channel.publish(exchange, routingKey, content, options, confirmed)
      } catch (error) {
        // The client has room for 64 kB of them, and looks before it sends anything.
        if (!(error instanceof RangeError)) throw error
        settle({kind: 'poison', reason: `its key does not fit into a header: ${error.message}`})
      }
    })
  }

  async close(): Promise<void> {
    await this.#connection.close().catch(() => {})
  }

  /** The first reason is the one that says most. */
  #close(error: Error): void {
    if (this.#closed !== undefined) return
    this.#closed = error
    void this.close()
  }
}

/** It is not part of what the client promises to have. */
function socketOf(connection: ChannelModel): Socket | undefined {
  const {stream} = connection.connection as {readonly stream?: Socket}
  return typeof stream?.cork === 'function' ? stream : undefined
}

/** The size of the message for which the server has closed the channel. */
function tooLarge(error: Error): number | undefined {
  const [, size] = /message size (\d+) is larger than/.exec(error.message) ?? []
  return size === undefined ? undefined : Number(size)
}

/** A key as a header has it: the number or string that it is, unless a header cannot say it to the digit. */
function headerOf(key: string): unknown {
  const value: unknown = JSON.parse(key)
  return JSON.stringify(value) === key ? value : key
}

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the server did not take it'
  // Of several addresses that were tried each has its own.
  const [first] = error instanceof AggregateError ? error.errors : []
  return first instanceof Error ? first.message : error.message || error.name
}

/** The client's types do not know that a socket is a stream. */
const socketOptions = {timeout: 10_000, noDelay: true, highWaterMark: 1_000_000}
