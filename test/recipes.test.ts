import {spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {readFileSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:http'
import {join} from 'node:path'
import {jetstreamManager} from '@nats-io/jetstream'
import {connect} from '@nats-io/transport-node'
import {describe, expect, onTestFinished, test} from 'vitest'
import {newDirectory} from './e2e/support.ts'
import {isThere} from './services.ts'
import {Receiver} from './sinks/support.ts'
import {Desk, root} from './transcript.ts'

const [head = '', ...sections] = readFileSync(join(root, 'docs/recipes.md'), 'utf8').split(/^## /m)

/** What a recipe needs beside litefeed. */
const needs: Readonly<Record<string, () => boolean | Promise<boolean>>> = {
  jq: () => has('jq'),
  'A shell loop with ack': () => has('jq'),
  'A program': () => has('jq'),
  'A file': () => has('jq'),
  'Another SQLite file': () => has('sqlite3'),
  RabbitMQ: async () => has('jq') && has('amqp-get') && (await isThere('RabbitMQ')),
  'NATS JetStream': async () => has('jq') && (await isThere('NATS')),
  'A webhook': () => has('jq'),
  'Elasticsearch and OpenSearch': () => has('jq') && has('curl'),
}

/** The servers of a recipe, for as long as its test. */
const servers: Readonly<Record<string, () => Promise<unknown>>> = {
  'NATS JetStream': async () => {
    const connection = await connect({servers: '127.0.0.1:4222'})
    const {streams} = await jetstreamManager(connection)
    await streams.delete('litefeed-recipe').catch(() => {})
    await streams.add({name: 'litefeed-recipe', subjects: ['shop.>']})
    onTestFinished(async () => {
      expect((await streams.info('litefeed-recipe')).state.messages).toBe(3)
      await streams.delete('litefeed-recipe')
      await connection.close()
    })
  },
  'A webhook': async () => {
    const hooks: string[] = []
    const server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      hooks.push(`${request.url} ${JSON.parse(body).seq} ${'webhook-signature' in request.headers}`)
      if (request.url === '/picky' && body.includes('desk')) response.writeHead(422).end('no desks')
      else response.writeHead(204).end()
    })
    server.listen(18080, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.close()
      expect(hooks.slice(0, 3)).toEqual(['/hook 1 true', '/hook 2 true', '/hook 3 true'])
    })
  },
  'Elasticsearch and OpenSearch': async () => {
    const file = join(newDirectory(), 'documents.ndjson')
    await Receiver.startAt(9200, join(import.meta.dirname, 'sinks/elasticsearch-server.ts'), file)
  },
}

describe('docs/recipes.md', () => {
  test.each(sections.map(section => [section.split('\n', 1)[0] as string, section]))('%s', async (title, section) => {
    if (!((await needs[title]?.()) ?? true)) {
      console.log(`not run, since what it needs is not there: ${title}`)
      return
    }
    await servers[title]?.()
    using desk = new Desk({LITEFEED_DB: 'shop.db'})
    for (const [, name, text] of section.matchAll(/```sh\n# (\S+)\n(.*?)```/gs))
      writeFileSync(join(desk.directory, name as string), text as string)
    await desk.follow(head, 1)
    if (section.includes('```console')) await desk.follow(section, 1)
  })

  test('the unit is one that systemd takes', () => {
    const [, unit] = /```ini\n(.*?)```/s.exec(sections.join('')) as unknown as [string, string]
    if (!has('systemd-analyze')) return
    using desk = new Desk()
    const file = join(desk.directory, 'litefeed.service')
    writeFileSync(file, unit)
    const {status, stderr} = spawnSync('systemd-analyze', ['verify', '--man=no', file])
    expect(stderr.toString()).toBe('')
    expect(status).toBe(0)
  })
})

function has(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0
}
