import {createHmac} from 'node:crypto'

/** The headers of a Standard Webhook (https://www.standardwebhooks.com), signed when there is a secret. */
export function webhookHeaders(id: string, body: string, secret: string | undefined): Record<string, string> {
  const timestamp = String(Math.floor(Date.now() / 1000))
  const headers = {'webhook-id': id, 'webhook-timestamp': timestamp}
  if (secret === undefined) return headers
  // A secret is bytes in base64 behind a prefix; any other text is taken for what it is.
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret)
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
  return {...headers, 'webhook-signature': `v1,${signature}`}
}
