// What the end-to-end tests have in common: the built command as a process, and databases in temporary directories.
import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {copyFileSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {createInterface} from 'node:readline'
import {setTimeout as sleep} from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import {afterAll, onTestFinished} from 'vitest'
import type {Store, Table, WriteResult} from '../../src/index.ts'
import {all} from '../support.ts'

export const root = join(import.meta.dirname, '../..')
export const command = join(root, 'bin/run.js')

/** A line of JSON as the command printed it. Tests look into it freely. */
// biome-ignore lint/suspicious/noExplicitAny: what is printed has many shapes, and a test says which one it expects.
export type Line = any

/** How a run of the command ended. */
export interface Run {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** stdout, each line parsed. */
  readonly lines: Line[]
  /** The first line, parsed: the result of a write. */
  readonly result: Line
}

export interface RunOptions {
  /** The database file, given as --db. */
  readonly db?: string | undefined
  /** What stdin brings; nothing when absent. */
  readonly input?: string | Uint8Array | undefined
  readonly env?: NodeJS.ProcessEnv | undefined
  readonly cwd?: string | undefined
  readonly uid?: number | undefined
}

/** Runs the command to its end. */
export async function litefeed(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const child = start(args, options)
  const output = collect(child)
  child.stdin?.on('error', () => {})
  child.stdin?.end(options.input)
  return finished(child, output)
}

/** Starts the command; stdin stays open. The process is killed when the test ends before it. */
export function start(args: readonly string[], {db, env, cwd, uid}: RunOptions = {}): ChildProcess {
  const all = [command, ...args, ...(db === undefined ? [] : ['--db', db])]
  const child = spawn(process.execPath, all, {cwd, env: {...environment, ...env}, ...(uid === undefined ? {} : {uid})})
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

/** What the process has printed so far. */
export function collect(child: ChildProcess): {readonly out: Buffer[]; readonly err: Buffer[]} {
  const output = {out: [] as Buffer[], err: [] as Buffer[]}
  child.stdout?.on('data', chunk => output.out.push(chunk))
  child.stderr?.on('data', chunk => output.err.push(chunk))
  return output
}

/** Waits for the end of the process and of its output. */
export async function finished(child: ChildProcess, output = collect(child)): Promise<Run> {
  const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  const stdout = Buffer.concat(output.out).toString()
  const stderr = Buffer.concat(output.err).toString()
  return {
    status,
    signal,
    stdout,
    stderr,
    get lines() {
      return jsonLines(stdout)
    },
    get result() {
      return jsonLines(stdout)[0]
    },
  }
}

/** Every line of a text, parsed. */
export function jsonLines(text: string): Line[] {
  return text.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line)]))
}

/** A `changes` that has begun to follow: what is committed after `tail` resolves is seen by it. */
export async function tail(args: readonly string[], options: RunOptions): Promise<Tail> {
  const following = new Tail(start(['changes', ...args, '--include-states'], options))
  following.before = await following.until(event => event.type === 'state' && event.state === 'ready')
  following.before.pop()
  return following
}

/** The same, with what a write brings. */
export async function follow(db: string, ...args: string[]): Promise<Following> {
  const feed = await tail([...args, '--heartbeat', '50ms'], {db})
  return Object.assign(feed, {
    after: async (table: string, work: Write) => feed.upTo((await write(db, table, work)).seq),
  })
}

/** `after` writes, and gives the events that it brings. */
export type Following = Tail & {after(table: string, work: Write): Promise<Line[]>}

export class Tail {
  readonly child: ChildProcess
  /** The events before the feed was ready, and of its initial part. */
  before: Line[] = []
  /** The lines as they were printed. */
  readonly raw: string[] = []
  readonly #lines: AsyncIterator<string>
  readonly #closed: Promise<unknown>
  #stderr = ''

  constructor(child: ChildProcess) {
    this.child = child
    this.#closed = once(child, 'close')
    child.stderr?.on('data', chunk => {
      this.#stderr += chunk
    })
    this.#lines = createInterface({input: child.stdout as NonNullable<ChildProcess['stdout']>, crlfDelay: Infinity})[
      Symbol.asyncIterator
    ]()
  }

  /** What it has said so far. */
  get stderr(): string {
    return this.#stderr
  }

  /** The next event. */
  async next(): Promise<Line> {
    const {done, value} = await this.#lines.next()
    if (done) throw new Error(`the feed ended: ${this.#stderr}`)
    this.raw.push(value)
    return JSON.parse(value)
  }

  /** The next `count` events. */
  async take(count: number): Promise<Line[]> {
    const events: Line[] = []
    while (events.length < count) events.push(await this.next())
    return events
  }

  /** The events up to the first for which `last` is true. */
  async until(last: (event: Line) => boolean): Promise<Line[]> {
    const events: Line[] = []
    do events.push(await this.next())
    while (!last(events.at(-1)))
    return events
  }

  /** What is told of the changes up to a position. The feed has `--heartbeat`: that it is that far is what ends the wait. */
  async upTo(position: number): Promise<Line[]> {
    const lines = await this.until(line => isHeartbeat(line) && line.seq >= position)
    return lines.filter(line => !isHeartbeat(line))
  }

  /** The events up to the end, when the feed has one. */
  async rest(): Promise<Line[]> {
    const events: Line[] = []
    for (;;) {
      const {done, value} = await this.#lines.next()
      if (done) return events.filter(line => !isHeartbeat(line))
      events.push(JSON.parse(value))
    }
  }

  /** Ends the feed, and waits for the end. */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<{status: number | null; signal: NodeJS.Signals | null}> {
    this.child.kill(signal)
    return this.ended()
  }

  async ended(): Promise<{status: number | null; signal: NodeJS.Signals | null}> {
    this.child.stdout?.resume()
    await this.#closed
    return {status: this.child.exitCode, signal: this.child.signalCode}
  }
}

function isHeartbeat(line: Line): boolean {
  return line?.type === 'heartbeat'
}

/** The path of a database that does not exist yet, in a directory that goes with the test. */
export function newDatabase(): string {
  return join(newDirectory(), 'test.db')
}

/** A directory that goes with the test. */
export function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'litefeed-e2e-'))
  onTestFinished(() => rmSync(directory, {recursive: true, force: true}))
  return directory
}

/**
 * The library, in this process: for what a test needs and is not about, databases to begin with and what has come of them. A
 * start of the command takes some twenty times as much processor time.
 */
export async function library<T>(db: string, work: (store: Store) => Promise<T>): Promise<T> {
  const {open} = (await import(`${root}/dist/index.js`)) as typeof import('../../src/index.ts')
  await using store = await open(db)
  return await work(store)
}

/** A write, in this process. */
export function write(db: string, table: string, work: Write): Promise<WriteResult> {
  return library(db, store => work(store.table(table)))
}

export type Write = (table: Table) => Promise<WriteResult>

/** What `consumers` prints of one, without its owner: of that a test asks the command. */
export async function consumer(db: string, name = 'x'): Promise<Line> {
  const all = await library(db, store => store.consumers())
  const found = all.find(one => one.name === name)
  if (found === undefined) return undefined
  const {owner: _, ...known} = found
  return known
}

/** A database that holds these documents. It is made once, and then copied. */
export async function databaseWith(tables: Record<string, readonly Line[]>): Promise<string> {
  const db = newDatabase()
  const name = JSON.stringify(tables)
  let template = templates.get(name)
  if (template === undefined) {
    const file = join(mkdtempSync(join(tmpdir(), 'litefeed-e2e-template-')), 'template.db')
    template = library(file, async store => {
      for (const [table, values] of Object.entries(tables)) await store.table(table).insert(values)
      return file
    })
    templates.set(name, template)
  }
  copyFileSync(await template, db)
  return db
}

const templates = new Map<string, Promise<string>>()
afterAll(async () => {
  for (const file of await Promise.all(templates.values())) rmSync(dirname(file), {recursive: true, force: true})
})

/** The whole log, as `changes` prints it. With options the command itself prints it. */
export async function log(db: string, ...args: string[]): Promise<Line[]> {
  if (args.some(arg => arg.startsWith('-'))) {
    const {lines, status, stderr} = await litefeed(['changes', '--since', 'beginning', '--no-follow', ...args], {db})
    if (status !== 0) throw new Error(stderr)
    return lines
  }
  const tables = args.length === 0 ? undefined : args
  return library(db, store => all(store.changes<Line>({tables, since: 'beginning', follow: false})))
}

/** The documents of a table, tracked or not, as `list` prints them. */
export function list(db: string, table: string): Promise<Line[]> {
  return library(db, store => all(store.table(table).list<Line>()))
}

/** An event in short: `add "x"`. */
export function short({type, key}: Line): string {
  return `${type} ${JSON.stringify(key)}`
}

/** The documents of a table, by key, as any SQLite client sees them. */
export function documents(db: string, table: string): Line[] {
  return query(db, `SELECT doc FROM "${table.replaceAll('"', '""')}" ORDER BY id`).map(([doc]) => JSON.parse(doc))
}

/** The rows of a query, each an array. */
export function query(db: string, sql: string): Line[][] {
  const connection = new Sqlite(db, {readonly: true})
  try {
    return connection.prepare(sql).raw().all() as Line[][]
  } finally {
    connection.close()
  }
}

/** Stops a process at a moment at which it does not hold the lock of the file, which nobody else could write to otherwise. */
export async function stopBetweenWrites(child: ChildProcess, db: string): Promise<void> {
  for (;;) {
    child.kill('SIGSTOP')
    await sleep(20)
    if (isFree(db)) return
    child.kill('SIGCONT')
    await sleep(20)
  }
}

function isFree(db: string): boolean {
  const connection = new Sqlite(db, {timeout: 0})
  try {
    connection.exec('BEGIN IMMEDIATE; ROLLBACK')
    return true
  } catch (error) {
    if (error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY')) return false
    throw error
  } finally {
    connection.close()
  }
}

/** What another program does to the file. */
export function execute(db: string, sql: string): void {
  const connection = new Sqlite(db)
  try {
    connection.exec(sql)
  } finally {
    connection.close()
  }
}

/** NDJSON. */
export function ndjson(values: readonly unknown[]): string {
  return values.map(value => `${JSON.stringify(value)}\n`).join('')
}

/** The fields of a write's result that are not 0. */
export function counts(result: Line): Line {
  const {seq: _, ...rest} = result
  return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== 0))
}

const {LITEFEED_DB: _db, NO_COLOR: _no, FORCE_COLOR: _force, NODE_OPTIONS: _options, ...environment} = process.env
