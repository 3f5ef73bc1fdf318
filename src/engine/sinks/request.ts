/** An answer: its body, as far as it is worth showing or reading. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/**
 * POSTs a body, and reads the whole answer. A redirect is an answer like any other. Throws an error whose message says why when
 * the server cannot be reached, or takes longer than 30 s.
 */
export async function post(url: string, headers: Record<string, string>, body: string): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {'user-agent': 'litefeed', ...headers},
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(30_000),
    })
    return {status: response.status, headers: response.headers, body: await response.text()}
  } catch (error) {
    throw new Error(reasonOf(error))
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
export function retryAfter(headers: Headers): number | undefined {
  const value = headers.get('retry-after')
  if (value === null) return undefined
  const wait = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), 3_600_000)
}

/** A status and the beginning of what the server said about it. */
export function describe({status, body}: Answer): string {
  const text = body.replaceAll(/\s+/g, ' ').trim().slice(0, 200)
  return text === '' ? `HTTP status ${status}` : `HTTP status ${status}: ${text}`
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'no answer within 30 s'
  // `fetch failed` says less than its cause; of several addresses that were tried each has its own.
  const {cause} = error
  const [first] = cause instanceof AggregateError ? cause.errors : [cause]
  return first instanceof Error ? first.message || String((first as NodeJS.ErrnoException).code) : error.message
}
