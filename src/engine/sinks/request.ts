import * as http from 'node:http'
import * as https from 'node:https'

/** An answer: its body, as far as it is worth showing or reading. */
export interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}

/**
 * POSTs a body, and reads the whole answer. A redirect is an answer like any other. Throws an error whose message says why when
 * the server cannot be reached, or takes longer than 30 s. (Not by `fetch`, which refuses some ports, and says little of why it failed.)
 */
export async function post(url: string, headers: Record<string, string>, body: string): Promise<Answer> {
  const signal = AbortSignal.timeout(patience)
  try {
    return await postOnce(url, headers, Buffer.from(body), signal)
  } catch (error) {
    throw signal.aborted ? new Error(`no answer within ${patience / 1000} s`) : new Error(reasonOf(error))
  }
}

/** A URL without its user and password, which go into a header, and what it is called in messages. */
export function withoutUser(url: URL): {readonly url: string; readonly headers: Record<string, string>} {
  const {username, password} = url
  const bare = new URL(url)
  bare.username = bare.password = ''
  if (username === '' && password === '') return {url: bare.href, headers: {}}
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return {url: bare.href, headers: {authorization: `Basic ${Buffer.from(user).toString('base64')}`}}
}

/**
 * Milliseconds that `Retry-After` asks for, as seconds or as a date; an hour at most.
 * https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 */
export function retryAfter({headers: {'retry-after': value}}: Answer): number | undefined {
  if (value === undefined) return undefined
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), 3_600_000)
}

/** A status and the beginning of what the server said about it. */
export function describe({status, body}: Answer): string {
  const text = body.replaceAll(/\s+/g, ' ').trim().slice(0, 200)
  return text === '' ? `HTTP status ${status}` : `HTTP status ${status}: ${text}`
}

function postOnce(url: string, headers: Record<string, string>, body: Buffer, signal: AbortSignal): Promise<Answer> {
  const isSafe = url.startsWith('https:')
  return new Promise((settle, fail) => {
    const request = (isSafe ? https : http).request(url, {
      method: 'POST',
      agent: isSafe ? agents.https : agents.http,
      headers: {'user-agent': 'litefeed', 'content-length': body.length, ...headers},
      signal,
    })
    request.on('error', error => {
      // A connection that was kept open for the next request, and that the server has closed meanwhile.
      if (request.reusedSocket && 'code' in error && error.code === 'ECONNRESET')
        settle(postOnce(url, headers, body, signal))
      else fail(error)
    })
    request.on('response', async response => {
      try {
        const chunks: Buffer[] = []
        for await (const chunk of response) chunks.push(chunk)
        settle({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        })
      } catch (error) {
        fail(error)
      }
    })
    request.end(body)
  })
}

function reasonOf(error: unknown): string {
  // Of several addresses that were tried each has its own.
  const [first] = error instanceof AggregateError ? error.errors : [error]
  if (!(first instanceof Error)) return String(first)
  return first.message || String((first as NodeJS.ErrnoException).code)
}

const agents = {http: new http.Agent({keepAlive: true}), https: new https.Agent({keepAlive: true})}

/** Milliseconds. */
const patience = 30_000
