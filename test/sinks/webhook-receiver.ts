// A webhook's receiver: `node webhook-receiver.ts PORT FILE`. It writes what it acknowledges to the file, before it does.
import {appendFileSync} from 'node:fs'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'

const [port, file = ''] = process.argv.slice(2)
let requests = 0

const server = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  requests++
  const every = Number(new URL(request.url ?? '', 'http://localhost').searchParams.get('faults'))
  // Every so often: busy, unavailable, too early, slow, no answer, an answer that is broken off after it was dealt with.
  const turn = every === 0 ? -1 : requests % every
  if (turn === 3) return void response.writeHead(429, {'retry-after': '0'}).end()
  if (turn === 5) return void response.writeHead(503).end('later')
  if (turn === 7) return void response.writeHead(425).end()
  if (turn === 8) await new Promise(resolve => setTimeout(resolve, 200))
  if (turn === 9) return void request.socket.destroy()
  const {'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature} = request.headers
  appendFileSync(file, `${JSON.stringify({id, timestamp, signature, body})}\n`)
  if (turn === 11) return void request.socket.destroy()
  response.end()
})
server.listen(Number(port), '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
