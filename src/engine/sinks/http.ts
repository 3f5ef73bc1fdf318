import {type Answer, describe, post, retryAfter, withoutUser} from './request.ts'
import {done, type Outcome, type Parcel, type Sink} from './sink.ts'
import type {Target} from './target.ts'
import {parseUrl} from './url.ts'
import {webhookHeaders} from './webhook.ts'

/**
 * A webhook: a POST of each event, one after the other, or of an array of `batch` of them at most. `webhook-id` is the idempotency
 * key, of an array that of its first event and the seq of its last; whenever it is sent again, it has the same id and
 * the same bytes. With a secret it is signed, as Standard Webhooks says.
 *
 * 2xx is success. 408, 425, 429, 5xx and what happens to a network are tried again, when `Retry-After` says or with backoff. 410 ends
 * the pipe, and so does a redirect to another host. Any other status is poison; of an array, for all that is in it.
 */
export class HttpSink implements Sink {
  readonly name: string
  readonly batch: number
  readonly parallel = 1
  readonly order: 'each' | 'prefix'
  readonly sameBatches: boolean
  readonly #url: string
  readonly #headers: Record<string, string>
  readonly #secret: string | undefined

  /** Throws MISUSE. */
  constructor(to: string, {batch = 1, secret}: Target) {
    const {url, headers} = withoutUser(parseUrl(to))
    this.#url = url
    this.#headers = {'content-type': 'application/json', ...headers}
    this.#secret = secret
    const {protocol, host, pathname} = new URL(url)
    // What follows ? may be a secret.
    this.name = `${protocol}//${host}${pathname}`
    this.batch = batch
    this.order = batch === 1 ? 'each' : 'prefix'
    this.sameBatches = batch > 1
  }

  async deliver(parcels: readonly Parcel[]): Promise<readonly Outcome[]> {
    const outcome = await this.#send(parcels)
    return parcels.map(() => outcome)
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #send(parcels: readonly Parcel[]): Promise<Outcome> {
    const [first, last] = [parcels[0], parcels.at(-1)]
    if (first === undefined || last === undefined) return done
    const id = first === last ? first.id : `${first.id}-${last.id.slice(last.id.indexOf(':') + 1)}`
    const body = this.batch === 1 ? first.line : `[${parcels.map(({line}) => line).join(',')}]`
    let url = this.#url
    for (let redirects = 0; redirects <= 5; redirects++) {
      let answer: Answer
      try {
        answer = await post(url, {...this.#headers, ...webhookHeaders(id, body, this.#secret)}, body)
      } catch (error) {
        return {kind: 'down', reason: (error as Error).message}
      }
      const location = answer.headers.location
      if (answer.status < 300 || answer.status >= 400 || location === undefined) return this.#outcomeOf(answer)
      if (!URL.canParse(location, url)) return {kind: 'stop', reason: `redirects to what is no URL, ${location}`}
      const next = new URL(location, url)
      if (next.origin !== new URL(url).origin) {
        return {kind: 'stop', reason: `redirects to another host, ${next.origin}`, hint: 'give that as the receiver'}
      }
      url = next.href
    }
    return {kind: 'down', reason: 'it redirects in a circle'}
  }

  #outcomeOf(answer: Answer): Outcome {
    const outcome = outcomeOf(answer)
    // An array is sent again as a whole.
    return outcome.kind === 'retry' && this.batch > 1 ? {...outcome, kind: 'down'} : outcome
  }
}

function outcomeOf(answer: Answer): Outcome {
  const {status} = answer
  const reason = describe(answer)
  if (status >= 200 && status < 300) return done
  if (status === 410) return {kind: 'stop', reason: `wants no more: ${reason}`}
  const after = retryAfter(answer)
  if (status === 429 || (status === 503 && after !== undefined)) return {kind: 'down', reason, after}
  if (status === 408 || status === 425 || status >= 500) return {kind: 'retry', reason, after}
  return {kind: 'poison', reason}
}
