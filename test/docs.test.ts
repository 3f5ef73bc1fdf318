import {spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import type {Readable} from 'node:stream'
import {expect, test} from 'vitest'
import {collect, finished, type Line, newDatabase, root, start} from './e2e/support.ts'
import {Desk} from './transcript.ts'

const text = readFileSync(join(root, 'docs/rethinkdb.md'), 'utf8')
const users = block('json')
const writes = block('sh').trim().split('\n')
const rows = [...text.matchAll(/^\| .*?\| `((?:changes|insert|update|replace|delete) .*?)` +\| `(.*?)` +\|$/gm)].map(
  ([, command, outcome]) => [command, outcome] as [string, string],
)

test('each feed tells what its line says', async () => {
  const db = newDatabase()
  await run(`litefeed insert users '${users}'`, db)
  const feeds = await Promise.all(
    rows
      .filter(([command]) => command.startsWith('changes'))
      .map(([command, outcome]) => Feed.begin(command, outcome, db)),
  )
  for (const write of writes) await run(write, db)
  for (const feed of feeds) {
    expect.soft(await feed.events(7), feed.command).toBe(feed.outcome)
    if (!feed.command.includes(' games')) expect.soft(feed.stderr, feed.command).toBe('')
  }
})

test.each(rows.filter(([command]) => !command.startsWith('changes')))('%s: %s', async (command, outcome) => {
  const db = newDatabase()
  await run(`litefeed insert users '${users}'`, db)
  const {seq: _, first_error: __, ...counts} = await run(`litefeed ${command}`, db)
  const done = Object.entries(counts).filter(([, count]) => count !== 0)
  expect(done.map(([name, count]) => `${name} ${count}`).join(', ')).toBe(outcome)
})

test('both tables have been found whole', () => {
  const lines = text.split('\n').filter(line => line.startsWith('| `'))
  expect(rows).toHaveLength(lines.length)
  expect(lines.length).toBeGreaterThan(35)
})

const hasShell = spawnSync('sqlite3', ['--version']).status === 0

test.skipIf(!hasShell)('the commands of docs/tracking.md print what it shows', async () => {
  using desk = new Desk({LITEFEED_DB: 'shop.db'})
  await desk.follow(readFileSync(join(root, 'docs/tracking.md'), 'utf8'))
})

function block(language: string): string {
  const [, content] = new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 's').exec(text) as unknown as [string, string]
  return content
}

/** A command line as a shell splits it. */
function parse(command: string): string[] {
  const {stdout} = spawnSync('bash', ['-c', `printf '%s\\0' ${command}`])
  return stdout.toString().split('\0').slice(0, -1)
}

/** Runs a write; returns its result. */
async function run(command: string, db: string): Promise<Line> {
  const child = start(parse(command).slice(1), {db})
  const output = collect(child)
  child.stdin?.end()
  return (await finished(child, output)).result
}

class Feed {
  readonly command: string
  readonly outcome: string
  readonly #child: ReturnType<typeof start>
  readonly #output: ReturnType<typeof collect>
  readonly #ended: Promise<unknown>

  /** Resolves when the feed has begun. */
  static async begin(command: string, outcome: string, db: string): Promise<Feed> {
    const feed = new Feed(command, outcome, db)
    await feed.#until(line => line.state === 'ready')
    return feed
  }

  private constructor(command: string, outcome: string, db: string) {
    this.command = command
    this.outcome = outcome
    // The states say when it has begun, and a heartbeat how far it is.
    this.#child = start([...parse(command), '--heartbeat', '100ms', '--include-states'], {db})
    this.#output = collect(this.#child)
    this.#ended = finished(this.#child, this.#output)
  }

  get stderr(): string {
    return Buffer.concat(this.#output.err).toString()
  }

  /** The events up to a position, or until the feed ends. */
  async events(position: number): Promise<string> {
    await this.#until(line => line.type === 'heartbeat' && line.seq === position)
    this.#child.kill('SIGINT')
    await this.#ended
    return this.#lines()
      .filter(line => line.type !== 'heartbeat' && line.type !== 'state')
      .map(event => (event.type ? `${event.type} ${event.key}` : JSON.stringify(event)))
      .join(', ')
  }

  #lines(): Line[] {
    const text = Buffer.concat(this.#output.out).toString()
    return text
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line))
  }

  async #until(condition: (line: Line) => boolean): Promise<void> {
    while (!this.#lines().some(condition) && this.#child.exitCode === null)
      await Promise.race([once(this.#child.stdout as Readable, 'data'), this.#ended])
  }
}
