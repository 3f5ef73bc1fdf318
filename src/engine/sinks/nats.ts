import {createHash} from 'node:crypto'
import {LitefeedError} from '../error.ts'
import type {Position} from '../storage/storage.ts'
import {isRefusal, NatsSession, reasonOf} from './nats-session.ts'
import type {Outcome, Parcel, Sink, Stream} from './sink.ts'
import type {Target} from './target.ts'
import {compileTemplate} from './template.ts'
import {parseUrl} from './url.ts'

/**
 * NATS JetStream: a message for each event, with headers Litefeed-Table, -Key (as JSON) and -Seq. Its `Nats-Msg-Id` is the idempotency
 * key and, since another pipe may deliver the same change into the same stream, a mark of this one, which is another one when its
 * consumer was put elsewhere. A stream must be there that takes the subject. What it has stored within its duplicate window it takes for a
 * duplicate itself (https://docs.nats.io/nats-concepts/jetstream/streams, "duplicate window"), which counts as delivered.
 * What it had longer ago than that, before an outage or a start of this process, is found by reading the end of the stream.
 * In a subject, what of a table or key cannot be there is percent-encoded.
 */
export class NatsSink implements Sink {
  readonly name: string
  /** Published together; 500 may be unacknowledged. */
  readonly batch = 100
  readonly parallel = 5
  readonly order = 'each'
  readonly #url: URL
  readonly #template: string
  readonly #subject: (parcel: Parcel) => string
  /** What the ids of this pipe end with. */
  #mark = ''
  #session: Promise<NatsSession> | undefined
  #wasOpen = false
  /** Everything up to here was delivered before. */
  #kept: Position = 0
  /** When the server was last heard of, by performance.now(); never in this process at first. */
  #heardAt = Number.NEGATIVE_INFINITY

  /** Throws MISUSE. */
  constructor(to: string, {subject = 'litefeed.{table}.{type}'}: Target) {
    this.#url = parseUrl(to)
    this.name = `nats://${this.#url.host}`
    // What stands for a table or a key has no dot, and is not empty.
    const tokens = subject.replaceAll(/\{[^{}]*\}/g, 'x').split('.')
    if (tokens.some(token => token === '' || /[\s*>\p{Cc}]/u.test(token)))
      throw new LitefeedError('MISUSE', `${JSON.stringify(subject)} is no subject to publish to`, {
        hint: 'it has words between dots, without spaces, * and >, such as litefeed.{table}.{type}',
      })
    this.#template = subject
    this.#subject = compileTemplate('subject', subject, value =>
      value === ''
        ? '%'
        : value.replaceAll(/[\s.*>%\p{Cc}]/gu, char => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`),
    )
  }

  async position({name, mark, resets, kept}: Stream): Promise<Position | undefined> {
    this.#kept = kept ?? 0
    const pipe = JSON.stringify([name, mark, resets, this.#template])
    this.#mark = createHash('sha256').update(pipe).digest('base64url').slice(0, 12)
    return kept
  }

  async deliver(parcels: readonly Parcel[]): Promise<readonly Outcome[]> {
    const [first] = parcels
    if (first === undefined) return []
    this.#session ??= this.#open(first)
    const opening = this.#session
    const down = (error: unknown): Outcome => {
      if (this.#session === opening) {
        this.#session = undefined
        void opening.then(session => session.close()).catch(() => {})
      }
      return {kind: 'down', reason: reasonOf(error)}
    }
    const publish = async (session: NatsSession, parcel: Parcel) => {
      const outcome = await session.publish(parcel, this.#subject(parcel))
      this.#heardAt = performance.now()
      return outcome
    }
    try {
      const session = await opening
      this.#wasOpen = true
      return await Promise.all(parcels.map(parcel => publish(session, parcel).catch(down)))
    } catch (error) {
      const outcome = !this.#wasOpen && isRefusal(error) ? this.#refused(error) : down(error)
      return parcels.map(() => outcome)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#session?.catch(() => undefined))?.close()
  }

  #refused(error: unknown): Outcome {
    return {
      kind: 'stop',
      reason: `refused the login: ${reasonOf(error)}`,
      hint: 'user and password, or a token, belong in the URL: nats://user:password@host',
    }
  }

  async #open(first: Parcel): Promise<NatsSession> {
    const session = await NatsSession.open(this.#url, this.#mark)
    try {
      await session.align(this.#subject(first), first, this.#kept, performance.now() - this.#heardAt)
      return session
    } catch (error) {
      await session.close()
      throw error
    }
  }
}
