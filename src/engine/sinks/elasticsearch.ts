import {LitefeedError} from '../error.ts'
import {type Answer, describe, post, retryAfter, withoutUser} from './request.ts'
import {done, type Outcome, type Parcel, type Sink} from './sink.ts'
import type {Target} from './target.ts'
import {compileTemplate, keyArgument} from './template.ts'
import {decodePath, parseUrl} from './url.ts'

/**
 * Elasticsearch, or OpenSearch: a document for each document, by the `_bulk` API
 * (https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk). `_id` is the key, as it is
 * typed at a shell. The seq is the version, of type `external`: what is older than what is there is refused with 409, so that a change that
 * comes again does nothing, and that counts as success; so does 404 for what is to be deleted.
 *
 * Of each item, 429 and 5xx are tried again, other 4xx are poison. 429, 5xx and what happens to a network concern the whole request,
 * which is then sent again; 413 and 400 make it smaller; any other status, 401 for one, ends the pipe. `{table}` in the name of the index is in small letters, as it has to be.
 */
export class ElasticsearchSink implements Sink {
  readonly name: string
  readonly batch: number
  readonly parallel = 1
  readonly order = 'each'
  readonly #url: string
  readonly #headers: Record<string, string>
  readonly #index: (parcel: Parcel) => string
  #mostBytes = 5_000_000

  /** Throws MISUSE. */
  constructor(to: string, {batch = 500}: Target) {
    const [, scheme, rest] = /^elasticsearch\+(https?):(.*)$/s.exec(to) ?? []
    const {url, headers} = withoutUser(parseUrl(`${scheme}:${rest}`))
    const {protocol, host, pathname, search} = new URL(url)
    const [index = '', ...prefix] = decodePath(pathname)
      .replace(/^\/|\/$/g, '')
      .split('/')
      .reverse()
    if (index === '')
      throw new LitefeedError('MISUSE', `elasticsearch+${scheme}: needs the name of an index`, {
        hint: `such as elasticsearch+${scheme}://${host}/{table}`,
      })
    this.#index = compileTemplate('to', index, value => value.toLowerCase())
    // Parameters of the API, such as ?pipeline=.
    this.#url = [`${protocol}//${host}`, ...prefix.reverse(), `_bulk${search}`].join('/')
    this.#headers = {'content-type': 'application/x-ndjson', ...headers}
    this.name = `elasticsearch+${protocol}//${host}/${index}`
    this.batch = batch
  }

  async deliver(parcels: readonly Parcel[]): Promise<readonly Outcome[]> {
    const outcomes = new Map<Parcel, Outcome>()
    let items: Item[] = []
    let bytes = 0
    const flush = async () => {
      if (items.length > 0) await this.#send(items, outcomes)
      items = []
      bytes = 0
    }
    for (const parcel of parcels) {
      const item = this.#itemOf(parcel)
      if (typeof item === 'string') {
        outcomes.set(parcel, {kind: 'poison', reason: item})
        continue
      }
      if (bytes + item.text.length > this.#mostBytes) await flush()
      items.push(item)
      bytes += item.text.length
    }
    await flush()
    return parcels.map(parcel => outcomes.get(parcel) ?? {kind: 'later'})
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  /** An action as the API takes it, or why it cannot be. */
  #itemOf(parcel: Parcel): Item | string {
    const {event, line, mapped} = parcel
    const id = keyArgument(event.key)
    if (Buffer.byteLength(id) > 512) return 'its key is longer than the 512 bytes that an _id may have'
    const gone = event.new_val === null || event.new_val === undefined
    const source = mapped ? line : (event.new_val as string)
    if (!gone && !/^\s*\{/.test(source)) return 'it is no object, and so no document'
    const target = {_index: this.#index(parcel), _id: id, version: event.last ?? event.seq, version_type: 'external'}
    const action = JSON.stringify(gone ? {delete: target} : {index: target})
    // A document takes one line.
    return {parcel, gone, text: gone ? `${action}\n` : `${action}\n${oneLine(source)}\n`}
  }

  /** Sends one request. When it fails as a whole, nothing after it is sent. */
  async #send(items: readonly Item[], outcomes: Map<Parcel, Outcome>): Promise<void> {
    const all = (outcome: Outcome) => {
      for (const {parcel} of items) outcomes.set(parcel, outcome)
    }
    try {
      const answer = await post(this.#url, this.#headers, items.map(({text}) => text).join(''))
      const {status, body} = answer
      // One of them may be what it is about.
      if (status === 413 || status === 400) return await this.#halve(items, outcomes, answer)
      if (status === 200) settle(items, body, outcomes)
      else if (status >= 300 && status < 500 && ![408, 425, 429].includes(status)) all(refusalOf(answer))
      else all({kind: 'down', reason: describe(answer), after: retryAfter(answer)})
    } catch (error) {
      all({kind: 'down', reason: (error as Error).message})
    }
  }

  async #halve(items: readonly Item[], outcomes: Map<Parcel, Outcome>, answer: Answer): Promise<void> {
    const [first] = items
    if (first !== undefined && items.length === 1) {
      outcomes.set(first.parcel, {kind: 'poison', reason: describe(answer)})
      return
    }
    if (answer.status === 413)
      this.#mostBytes = Math.max(1, Math.floor(items.reduce((sum, {text}) => sum + text.length, 0) / 2))
    const middle = items.length >> 1
    await this.#send(items.slice(0, middle), outcomes)
    await this.#send(items.slice(middle), outcomes)
  }
}

interface Item {
  readonly parcel: Parcel
  readonly gone: boolean
  readonly text: string
}

/** What an answer says of each item. Throws when it is not one to this request. */
function settle(items: readonly Item[], body: string, outcomes: Map<Parcel, Outcome>): void {
  const answer = parse(body) as {readonly items?: readonly Record<string, Result>[]} | undefined
  if (answer?.items?.length !== items.length) throw new Error('the answer is not one to a _bulk request')
  for (const [at, {parcel, gone}] of items.entries()) {
    const [result] = Object.values(answer.items[at] as Record<string, Result>)
    outcomes.set(parcel, outcomeOf(result as Result, gone))
  }
}

interface Result {
  readonly status: number
  readonly error?: {readonly type?: string; readonly reason?: string}
}

function outcomeOf({status, error}: Result, gone: boolean): Outcome {
  if ((status >= 200 && status < 300) || status === 409 || (gone && status === 404)) return done
  const reason = `status ${status}${error === undefined ? '' : `, ${error.type}: ${error.reason}`}`
  return status === 429 || status >= 500 ? {kind: 'retry', reason} : {kind: 'poison', reason}
}

/** What a server says that is no Elasticsearch, or that does not let us in. */
function refusalOf(answer: Answer): Outcome {
  const isLogin = answer.status === 401 || answer.status === 403
  return {
    kind: 'stop',
    reason: `takes no _bulk request: ${describe(answer)}`,
    hint: isLogin
      ? 'user and password belong in the URL: elasticsearch+https://user:password@host/index'
      : 'is this the address of an Elasticsearch or OpenSearch?',
  }
}

function oneLine(text: string): string {
  return /[\n\r]/.test(text) ? text.replaceAll(/[\n\r]/g, ' ') : text
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
