import {spawnSync} from 'node:child_process'
import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {isThere} from './services.ts'
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
  'NATS JetStream': () => isThere('NATS'),
}

describe('docs/recipes.md', () => {
  test.each(sections.map(section => [section.split('\n', 1)[0] as string, section]))('%s', async (title, section) => {
    if (!((await needs[title]?.()) ?? true)) {
      console.log(`not run, since what it needs is not there: ${title}`)
      return
    }
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
