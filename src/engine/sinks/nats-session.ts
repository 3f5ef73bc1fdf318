import {
  type Consumer,
  DeliverPolicy,
  JetStreamApiError,
  type JetStreamClient,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream'
import {AuthorizationError, connect, headers, type NatsConnection} from '@nats-io/transport-node'
import type {Position} from '../storage/storage.ts'
import {done, type Outcome, type Parcel} from './sink.ts'

/** One connection to a NATS server, until it closes. */
export class NatsSession {
  readonly #connection: NatsConnection
  readonly #stream: JetStreamClient
  readonly #mark: string
  /** The ids of what is stored already. */
  #stored = new Set<string>()

  /** `mark` is what the ids of this pipe end with. */
  static async open({hostname, port, username, password}: URL, mark: string): Promise<NatsSession> {
    const name = decodeURIComponent(username)
    const login = password === '' ? {token: name} : {user: name, pass: decodeURIComponent(password)}
    const connection = await connect({
      servers: `${hostname || '127.0.0.1'}:${port || 4222}`,
      ...(name === '' ? {} : login),
      name: 'litefeed',
      // Whoever delivers decides when to try again.
      reconnect: false,
      timeout: 10_000,
      pingInterval: 10_000,
    })
    return new NatsSession(connection, mark)
  }

  private constructor(connection: NatsConnection, mark: string) {
    this.#connection = connection
    this.#mark = mark
    this.#stream = jetstream(connection)
  }

  /**
   * Reads the ids at the end of the stream that takes this subject, if nothing was heard from it for longer than it remembers
   * them (milliseconds): back to a message that is known to have been delivered, or far enough for all that may be under way.
   */
  async align(subject: string, {id, event}: Parcel, kept: Position, silent: number): Promise<void> {
    const manager = await jetstreamManager(this.#connection)
    const name = await manager.streams.find(subject).catch(error => {
      throw isApi(error, 'no stream matches subject') || /no stream/i.test(reasonOf(error))
        ? new Error(noStream(subject))
        : error
    })
    const {config, state} = await manager.streams.info(name)
    if (silent * 1e6 < config.duplicate_window || state.messages === 0) return
    const feed = id.slice(0, id.indexOf(':') + 1)
    for (let back = 4096; ; back *= 4) {
      const start = Math.max(state.first_seq, state.last_seq - back + 1)
      const ids = await this.#idsSince(name, start, state.last_seq)
      this.#stored = new Set(ids.filter(one => one.startsWith(feed) && one.endsWith(`:${this.#mark}`)))
      const reached = [...this.#stored].some(one => Number(one.split(':')[1]) <= Math.max(kept, event.seq - 1))
      if (start === state.first_seq || (reached && this.#stored.size > 2048) || back > 250_000) return
    }
  }

  /** Throws when the server cannot be reached, or has not answered. */
  async publish({id, event, line}: Parcel, subject: string): Promise<Outcome> {
    const msgID = `${id}:${this.#mark}`
    if (this.#stored.delete(msgID)) return done
    if (Buffer.byteLength(subject) > mostSubject)
      return {kind: 'poison', reason: `its subject is longer than ${mostSubject} bytes: ${subject.slice(0, 40)}...`}
    const payload = Buffer.from(line)
    const most = this.#connection.info?.max_payload ?? Number.POSITIVE_INFINITY
    const fields = headers()
    fields.set('Litefeed-Table', inHeader(event.table))
    fields.set('Litefeed-Key', inHeader(event.key))
    fields.set('Litefeed-Seq', String(event.seq))
    if (payload.length + 1000 + fields.toString().length > most)
      return {kind: 'poison', reason: `it has ${payload.length} bytes, and the server takes ${most} with the headers`}
    try {
      await this.#stream.publish(subject, payload, {msgID, headers: fields, timeout: 10_000})
      return done
    } catch (error) {
      if (isApi(error, 'message size exceeds maximum allowed')) return {kind: 'poison', reason: reasonOf(error)}
      if (error instanceof JetStreamApiError) return {kind: 'retry', reason: reasonOf(error)}
      if (/no responders|503/i.test(reasonOf(error))) throw new Error(noStream(subject))
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#connection.close()
  }

  async #idsSince(stream: string, start: number, end: number): Promise<string[]> {
    const consumer = await this.#stream.consumers.get(stream, {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: start,
      headers_only: true,
    })
    try {
      return await this.#idsOf(consumer, start, end)
    } finally {
      await consumer.delete().catch(() => {})
    }
  }

  async #idsOf(consumer: Consumer, start: number, end: number): Promise<string[]> {
    const ids: string[] = []
    for (let at = start - 1; at < end; ) {
      const messages = await consumer.fetch({max_messages: 2000, expires: 5000})
      const before = at
      for await (const message of messages) {
        const id = message.headers?.get('Nats-Msg-Id')
        if (id !== undefined && id !== '') ids.push(id)
        at = message.seq
        if (message.info.pending === 0) return ids
      }
      if (at === before) return ids
    }
    return ids
  }
}

/** A server closes the connection at a line of more than 4096 bytes, which has more in it than the subject. */
const mostSubject = 3900

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error)
}

/** Whether the server does not let this user in. */
export function isRefusal(error: unknown): boolean {
  return error instanceof AuthorizationError
}

function isApi(error: unknown, text: string): boolean {
  return error instanceof JetStreamApiError && error.message.includes(text)
}

function noStream(subject: string): string {
  return `no stream takes the subject ${subject}; make one that does`
}

/** A header is one line. */
function inHeader(text: string): string {
  return text.replaceAll(/[\p{Cc}]/gu, char => encodeURIComponent(char))
}
