// A server that speaks the part of Elasticsearch's protocol which litefeed uses: `node elasticsearch-server.ts PORT FILE [EVERY]`.
//
// POST /_bulk as documented (https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk): NDJSON whose last line
// ends with a newline, the actions `index` and `delete`, one result for each in their order, `errors`. External versions as
// documented (https://www.elastic.co/docs/reference/elasticsearch/rest-apis/optimistic-concurrency-control and the `version_type` of the
// index API): a write whose version is not greater than that of what is there, a deleted document included, is a 409; a delete of what is
// not there is a 404. An index is made by the first write; its name is in small letters. A document is an object, or a 400. An `_id` has
// 512 bytes at most. GET /INDEX/_doc/ID, GET /INDEX/_count. It is not Elasticsearch: there are no mappings, shards or searches.
//
// What it has acknowledged is in the file before the answer. Every so many requests it fails in one of these ways: 429 or 503 for the
// whole, 429 or 503 for some items, no answer, an answer that is broken off although all was done.
import {appendFileSync, existsSync, readFileSync} from 'node:fs'
import {createServer} from 'node:http'
import type {AddressInfo} from 'node:net'

const [port, file = '', every = '0'] = process.argv.slice(2)
const mostBytes = 300_000

interface Stored {
  readonly version: number
  readonly source: unknown
}

interface Action {
  readonly _index: string
  readonly _id: string
  readonly version: number
  readonly version_type: string
}

const documents = new Map<string, Stored>()
if (existsSync(file)) {
  for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
    const {place, version, source} = JSON.parse(line)
    documents.set(place, {version, source})
  }
}
let requests = 0

const server = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  const answer = (status: number, value: unknown, headers = {}) =>
    response.writeHead(status, {'content-type': 'application/json', ...headers}).end(JSON.stringify(value))
  const path = (request.url ?? '').split('/').slice(1).map(decodeURIComponent)
  if (request.method === 'GET') {
    const found = documents.get(JSON.stringify([path[0], path[2]]))
    if (path[1] === '_count') {
      const count = [...documents].filter(
        ([place, {source}]) => JSON.parse(place)[0] === path[0] && source !== undefined,
      )
      return void answer(200, {count: count.length})
    }
    if (found?.source === undefined) return void answer(404, {_index: path[0], _id: path[2], found: false})
    return void answer(200, {
      _index: path[0],
      _id: path[2],
      _version: found.version,
      found: true,
      _source: found.source,
    })
  }
  // Behind a proxy of this name: one that wants a password, and one that has nothing there.
  if (path[0] === '401' || path[0] === '404') return void answer(Number(path[0]), {error: 'no'})
  requests++
  const turn = Number(every) === 0 ? -1 : requests % Number(every)
  if (turn === 1) return void answer(429, {error: 'too many requests'}, {'retry-after': '0'})
  if (turn === 3) return void answer(503, {error: 'no master'})
  if (turn === 5) return void request.socket.destroy()
  if (request.headers['content-type'] !== 'application/x-ndjson')
    return void answer(406, {error: 'Content-Type header is not supported'})
  if (body.length > mostBytes) return void answer(413, {error: 'content is too long'})
  if (!body.endsWith('\n')) return void answer(400, {error: 'The bulk request must be terminated by a newline [\\n]'})
  const lines = body.slice(0, -1).split('\n')
  const items: Record<string, unknown>[] = []
  for (let at = 0; at < lines.length; at++) {
    const [[kind, action]] = Object.entries(JSON.parse(lines[at] as string)) as [[string, Action]]
    const source = kind === 'index' ? lines[++at] : undefined
    const isBusy = turn === 7 && items.length % 3 === 0
    items.push({
      [kind]: {_index: action._index, _id: action._id, ...(isBusy ? busy(items.length) : carryOut(action, source))},
    })
  }
  const text = JSON.stringify({
    took: 1,
    errors: items.some(item => (Object.values(item)[0] as {status: number}).status > 299),
    items,
  })
  if (turn === 9) {
    response.writeHead(200, {'content-length': text.length})
    response.write(text.slice(0, text.length / 2))
    return void setImmediate(() => request.socket.destroy())
  }
  response.writeHead(200, {'content-type': 'application/json'}).end(text)
})
server.listen(Number(port), '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))

function busy(number: number) {
  const status = number % 2 === 0 ? 429 : 503
  return {status, error: {type: 'es_rejected_execution_exception', reason: 'queue capacity reached'}}
}

function carryOut({_index, _id, version, version_type}: Action, source: string | undefined) {
  const invalid = (type: string, reason: string) => ({status: 400, error: {type, reason}})
  if (version_type !== 'external')
    return invalid('action_request_validation_exception', 'only external versions are known')
  if (_index !== _index.toLowerCase() || /[\\/*?"<>| ,#:]/.test(_index) || /^[-_+]/.test(_index))
    return invalid('invalid_index_name_exception', `Invalid index name [${_index}]`)
  if (Buffer.byteLength(_id) > 512) return invalid('action_request_validation_exception', 'id is too long')
  let parsed: unknown
  if (source !== undefined) {
    try {
      parsed = JSON.parse(source)
    } catch {
      return invalid('document_parsing_exception', 'failed to parse')
    }
    if ((parsed as {poison?: boolean}).poison)
      return invalid('document_parsing_exception', 'failed to parse field [poison]')
  }
  const place = JSON.stringify([_index, _id])
  const known = documents.get(place)
  if (known !== undefined && known.version >= version) {
    const reason = `[${_id}]: version conflict, current version [${known.version}] is higher or equal to the one provided [${version}]`
    return {status: 409, error: {type: 'version_conflict_engine_exception', reason}}
  }
  documents.set(place, {version, source: parsed})
  appendFileSync(file, `${JSON.stringify({place, version, source: parsed})}\n`)
  if (source === undefined)
    return {
      status: known?.source === undefined ? 404 : 200,
      result: known?.source === undefined ? 'not_found' : 'deleted',
      _version: version,
    }
  return {
    status: known?.source === undefined ? 201 : 200,
    result: known?.source === undefined ? 'created' : 'updated',
    _version: version,
  }
}
