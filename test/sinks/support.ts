import {type ChildProcess, fork} from 'node:child_process'
import {once} from 'node:events'
import {type AddressInfo, connect, createServer, type Server, type Socket} from 'node:net'
import {setTimeout as sleep} from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import {expect, onTestFinished} from 'vitest'
import {type Line, litefeed, log, type RunOptions, start} from '../e2e/support.ts'
import type {Random} from '../support.ts'

/** Delivers what there is, and ends. */
export function deliver(db: string, to: string, ...args: string[]) {
  return litefeed(['pipe', '--to', to, '--since', 'beginning', '--no-follow', ...args], {db})
}

/** A pipe that goes on until it is killed. */
export function startPipe(db: string, to: string, args: readonly string[], options: RunOptions = {}): ChildProcess {
  const child = start(['pipe', '--to', to, '--since', 'beginning', ...args], {db, ...options})
  child.stdout?.resume()
  child.stderr?.resume()
  return child
}

/** Kills pipes at random moments, with and without mercy, `kills` times; the last one delivers all that is left. */
export async function killed(random: Random, kills: number, db: string, to: string, ...args: string[]): Promise<void> {
  for (let kill = 0; kill < kills; kill++) {
    const child = startPipe(db, to, args)
    await sleep(80 + random.below(250))
    child.kill(random.chance(0.8) ? 'SIGKILL' : 'SIGINT')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
  }
  const {status, stderr} = await deliver(db, to, ...args)
  expect(status, stderr).toBe(0)
}

/** Writes changes of few documents at random, as an application would: in its own process, while others work. */
export function busyTable(db: string, count: number, random: Random, table = 't'): void {
  const connection = new Sqlite(db)
  try {
    connection.pragma('synchronous = OFF')
    const put = connection.prepare(
      `INSERT INTO "${table}" (id, doc) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET doc = excluded.doc`,
    )
    const remove = connection.prepare(`DELETE FROM "${table}" WHERE id = ?`)
    connection.transaction(() => {
      for (let n = 0; n < count; n++) {
        const id = `k${random.below(40)}`
        if (random.chance(0.2)) remove.run(id)
        else put.run(id, JSON.stringify({id, n}))
      }
    })()
  } finally {
    connection.close()
  }
}

/**
 * What a receiver has acknowledged is the log: nothing is missing, what came again is the same, and the changes of each
 * document came in their order, not counting what came again.
 */
export async function expectLog(db: string, received: readonly Line[]): Promise<void> {
  const whole = await log(db)
  const first = new Map<number, Line>()
  for (const event of received) {
    if (!first.has(event.seq)) first.set(event.seq, event)
    else expect(event).toEqual(first.get(event.seq))
  }
  expect([...first.values()].toSorted((one, other) => one.seq - other.seq)).toEqual(whole)
  const last = new Map<string, number>()
  for (const {seq, table, key} of first.values()) {
    const place = JSON.stringify([table, key])
    expect(seq, `after ${last.get(place)} of ${place}`).toBeGreaterThan(last.get(place) ?? 0)
    last.set(place, seq)
  }
}

/** A connection that can be cut, between a pipe and its receiver. */
export class Cable implements Disposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #refuses = false
  #stalls = false

  static async to(port: number): Promise<Cable> {
    const proxy = new Cable(port)
    proxy.#server.listen(0, '127.0.0.1')
    await once(proxy.#server, 'listening')
    onTestFinished(() => proxy[Symbol.dispose]())
    return proxy
  }

  private constructor(port: number) {
    this.#server = createServer(socket => {
      if (this.#refuses) return void socket.destroy()
      const other = connect(port, '127.0.0.1')
      for (const [one, two] of [
        [socket, other],
        [other, socket],
      ] as const) {
        this.#sockets.add(one)
        one.on('data', chunk => {
          if (!this.#stalls) two.write(chunk)
        })
        one.on('error', () => {})
        one.on('close', () => {
          this.#sockets.delete(one)
          two.destroy()
        })
      }
    })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Cuts what is open. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Cuts, and takes no connection until `open`. */
  close(): void {
    this.#refuses = true
    this.cut()
  }

  open(): void {
    this.#refuses = this.#stalls = false
  }

  [Symbol.dispose](): void {
    this.cut()
    this.#server.close()
  }
}

/** Resolves when there are more of them than now: when a receiver has got something, say. */
export async function more(count: () => number, done?: () => boolean): Promise<void> {
  const before = count()
  while (count() <= before && done?.() !== true) await sleep(10)
}

/** Runs `work` until `done`, at random moments. */
export async function meanwhile(
  random: Random,
  done: Promise<unknown>,
  work: () => void | Promise<void>,
): Promise<void> {
  let isDone = false
  const finished = done.finally(() => {
    isDone = true
  })
  while (!isDone) {
    await Promise.race([sleep(50 + random.below(200)), finished.catch(() => {})])
    if (!isDone) await work()
  }
  await finished
}

/** A receiver in a process of its own, which can be killed. It sends its port when it listens. */
export class Receiver {
  readonly #module: string
  readonly #args: readonly string[]
  #child: ChildProcess | undefined
  port = 0

  static start(module: string, ...args: string[]): Promise<Receiver> {
    return Receiver.startAt(0, module, ...args)
  }

  static async startAt(port: number, module: string, ...args: string[]): Promise<Receiver> {
    const receiver = new Receiver(module, args)
    receiver.port = port
    await receiver.restart()
    onTestFinished(() => void receiver.kill())
    return receiver
  }

  private constructor(module: string, args: readonly string[]) {
    this.#module = module
    this.#args = args
  }

  /** On the same port as before. */
  async restart(): Promise<void> {
    this.#child = fork(this.#module, [String(this.port), ...this.#args], {stdio: 'inherit'})
    const [port] = await once(this.#child, 'message')
    this.port = port as number
  }

  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined) return
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
  }
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const {port} = server.address() as {port: number}
  server.close()
  return port
}
