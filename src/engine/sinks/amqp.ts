import {type ChannelModel, type ConfirmChannel, connect} from 'amqplib'
import {done, type Outcome, type Parcel, type Sink} from './sink.ts'
import type {Target} from './target.ts'
import {compileTemplate} from './template.ts'
import {parseUrl} from './url.ts'

/**
 * RabbitMQ: a persistent message for each event, which counts as delivered when its publisher confirm has come
 * (https://www.rabbitmq.com/docs/confirms). `messageId` is the idempotency key, the headers are table, key and seq.
 *
 * A message that no queue takes is returned before it is confirmed, and is a failure: it is published again, since a queue may
 * be bound by then. So is one that the server does not want now (nack). A connection or channel that closes, for an exchange
 * that is not there, say, is opened again. A message that is larger than the server allows is poison. A login that was refused
 * ends the pipe, unless there was one before.
 */
export class AmqpSink implements Sink {
  readonly name: string
  /** Published together; 500 may be unconfirmed. */
  readonly batch = 100
  readonly parallel = 5
  readonly order = 'each'
  readonly #url: string
  readonly #exchange: string
  readonly #routingKey: (parcel: Parcel) => string
  #session: Promise<Session> | undefined
  #wasOpen = false

  /** Throws MISUSE. */
  constructor(to: string, {exchange = '', routingKey = exchange === '' ? '{table}' : '{table}.{type}'}: Target) {
    const url = parseUrl(to)
    // A connection that hangs shall be noticed.
    if (!url.searchParams.has('heartbeat')) url.searchParams.set('heartbeat', '10')
    this.#url = url.href
    this.name = `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`
    this.#exchange = exchange
    this.#routingKey = compileTemplate('routingKey', routingKey)
  }

  async deliver(parcels: readonly Parcel[]): Promise<readonly Outcome[]> {
    this.#session ??= Session.open(this.#url)
    const opening = this.#session
    const down = (error: unknown): Outcome => {
      if (this.#session === opening) this.#session = undefined
      return {kind: 'down', reason: reasonOf(error)}
    }
    try {
      const session = await opening
      this.#wasOpen = true
      const publish = (parcel: Parcel) => session.publish(parcel, this.#exchange, this.#routingKey(parcel)).catch(down)
      return await Promise.all(parcels.map(publish))
    } catch (error) {
      const refusal = this.#wasOpen ? undefined : refusalOf(error, this.#url)
      const outcome = down(error)
      return parcels.map(() => refusal ?? outcome)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#session?.catch(() => undefined))?.close()
  }
}

/** One connection with one channel, until one of them closes. */
class Session {
  readonly #connection: ChannelModel
  readonly #channel: ConfirmChannel
  /** Why messages were returned, by their id. */
  readonly #returned = new Map<string, string>()
  #closed: Error | undefined

  static async open(url: string): Promise<Session> {
    const connection = await connect(url, {timeout: 10_000, noDelay: true})
    // What is wrong with it is told to each message that waits.
    connection.on('error', () => {})
    try {
      return new Session(connection, await connection.createConfirmChannel())
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
      this.#channel.publish(
        exchange,
        routingKey,
        content,
        {
          mandatory: true,
          persistent: true,
          messageId: id,
          timestamp: Math.floor(event.ts_ms / 1000),
          type: event.type,
          contentType: 'application/json',
          headers: {table: event.table, key: headerOf(event.key), seq: event.seq},
        },
        confirmed,
      )
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

/** What a server that does not let us in says about it. */
function refusalOf(error: unknown, url: string): Outcome | undefined {
  const {username, pathname} = new URL(url)
  const reason = reasonOf(error)
  if (/ACCESS.REFUSED/.test(reason))
    return {
      kind: 'stop',
      reason: `refused the login of ${decodeURIComponent(username) || 'guest'}: ${reason}`,
      hint: 'user and password belong in the URL: amqp://user:password@host',
    }
  // The client does not say what the server answered: that there is no such host, or that this user may not use it.
  if (/ConnectionOpenOk/.test(reason))
    return {kind: 'stop', reason: `refused the virtual host ${decodeURIComponent(pathname.slice(1)) || '/'}`}
  return undefined
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'the server did not take it'
  // Of several addresses that were tried each has its own.
  const [first] = error instanceof AggregateError ? error.errors : []
  return first instanceof Error ? first.message : error.message || error.name
}
