import {LitefeedError} from '../error.ts'
import {AmqpSession, reasonOf} from './amqp-session.ts'
import type {Outcome, Parcel, Sink} from './sink.ts'
import type {Target} from './target.ts'
import {compileTemplate} from './template.ts'
import {decodePath, parseUrl} from './url.ts'

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
  #session: Promise<AmqpSession> | undefined
  #wasOpen = false

  /** Throws MISUSE. */
  constructor(to: string, {exchange = '', routingKey = exchange === '' ? '{table}' : '{table}.{type}'}: Target) {
    const url = parseUrl(to)
    decodePath(url.pathname)
    // A connection that hangs shall be noticed.
    if (!url.searchParams.has('heartbeat')) url.searchParams.set('heartbeat', '10')
    this.#url = url.href
    this.name = `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`
    if (Buffer.byteLength(exchange) > 255)
      throw new LitefeedError('MISUSE', 'the name of an exchange has 255 bytes at most')
    this.#exchange = exchange
    this.#routingKey = compileTemplate('routingKey', routingKey)
  }

  async deliver(parcels: readonly Parcel[]): Promise<readonly Outcome[]> {
    this.#session ??= AmqpSession.open(this.#url)
    const opening = this.#session
    const down = (error: unknown): Outcome => {
      if (this.#session === opening) this.#session = undefined
      return {kind: 'down', reason: reasonOf(error)}
    }
    try {
      const session = await opening
      this.#wasOpen = true
      const publish = (parcel: Parcel) => session.publish(parcel, this.#exchange, this.#routingKey(parcel)).catch(down)
      session.gather()
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
    return {kind: 'stop', reason: `refused the virtual host ${decodePath(pathname.slice(1)) || '/'}`}
  return undefined
}
