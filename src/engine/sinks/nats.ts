import {LitefeedError} from '../error.ts'
import type {Position} from '../storage/storage.ts'
import {NatsSession, reasonOf} from './nats-session.ts'
import type {Outcome, Parcel, Sink, Stream} from './sink.ts'
import type {Target} from './target.ts'
import {compileTemplate} from './template.ts'

/**
 * NATS JetStream: a message for each event, with `Nats-Msg-Id` the idempotency key, and headers Litefeed-Table, -Key (as JSON) and
 * -Seq. A stream must be there that takes the subject. What it has stored within its duplicate window it takes for a
 * duplicate itself (https://docs.nats.io/nats-concepts/jetstream/streams, "duplicate window"), which counts as delivered.
 * What it had longer ago than that, before an outage or a start of this process, is found by reading the end of the stream.
 * In a subject, what of a table or key cannot be there is percent-encoded.
 */
export class NatsSink implements Sink {
  readonly name: string
  readonly batch = 1
  readonly parallel = 500
  readonly order = 'each'
  readonly #url: URL
  readonly #subject: (parcel: Parcel) => string
  #session: Promise<NatsSession> | undefined
  /** Everything up to here was delivered before. */
  #kept: Position = 0
  /** When the server was last heard of, by performance.now(); never in this process at first. */
  #heardAt = Number.NEGATIVE_INFINITY

  /** Throws MISUSE. */
  constructor(to: string, {subject = 'litefeed.{table}.{type}'}: Target) {
    if (!URL.canParse(to)) throw new LitefeedError('MISUSE', `${to} is no URL`)
    this.#url = new URL(to)
    this.name = `nats://${this.#url.host}`
    this.#subject = compileTemplate('subject', subject, value =>
      value === ''
        ? '%'
        : value.replaceAll(/[\s.*>%\p{Cc}]/gu, char => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`),
    )
  }

  async position({kept}: Stream): Promise<Position | undefined> {
    this.#kept = kept ?? 0
    return kept
  }

  async deliver([parcel]: readonly Parcel[]): Promise<readonly Outcome[]> {
    if (parcel === undefined) return []
    const subject = this.#subject(parcel)
    this.#session ??= this.#open(parcel, subject)
    const opening = this.#session
    try {
      const outcome = await (await opening).publish(parcel, subject)
      this.#heardAt = performance.now()
      return [outcome]
    } catch (error) {
      if (this.#session === opening) {
        this.#session = undefined
        void opening.then(session => session.close()).catch(() => {})
      }
      return [{kind: 'down', reason: reasonOf(error)}]
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#session?.catch(() => undefined))?.close()
  }

  async #open(first: Parcel, subject: string): Promise<NatsSession> {
    const session = await NatsSession.open(this.#url)
    try {
      await session.align(subject, first, this.#kept, performance.now() - this.#heardAt)
      return session
    } catch (error) {
      await session.close()
      throw error
    }
  }
}
