import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {existsSync} from 'node:fs'
import {onTestFinished} from 'vitest'
import {newDirectory} from '../e2e/support.ts'
import {freePort} from './support.ts'

/** Not the command of this name, which becomes the user of the system's own server. */
const script = '/usr/lib/rabbitmq/bin/rabbitmq-server'

export const canRunRabbitMq = existsSync(script)

/** A RabbitMQ of its own (https://www.rabbitmq.com/docs/configure#supported-environment-variables), which can be killed. */
export class RabbitMqServer {
  readonly port: number
  readonly #environment: Readonly<Record<string, string>>
  #process: ChildProcess | undefined

  static async start(): Promise<RabbitMqServer> {
    const server = new RabbitMqServer(await freePort(), await freePort())
    onTestFinished(() => server.kill())
    await server.run()
    return server
  }

  private constructor(port: number, nodesPort: number) {
    const directory = newDirectory()
    this.port = port
    this.#environment = {
      // Where its secret is made.
      HOME: directory,
      RABBITMQ_NODENAME: `litefeed-test-${port}@localhost`,
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_NODE_PORT: String(port),
      RABBITMQ_DIST_PORT: String(nodesPort),
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
      ERL_EPMD_ADDRESS: '127.0.0.1',
      ERL_CRASH_DUMP: '/dev/null',
      RABBITMQ_MNESIA_BASE: directory,
      RABBITMQ_LOG_BASE: directory,
      RABBITMQ_LOGS: '-',
      RABBITMQ_CONFIG_FILE: `${directory}/none`,
      RABBITMQ_CONF_ENV_FILE: `${directory}/none`,
      RABBITMQ_ENABLED_PLUGINS_FILE: `${directory}/plugins`,
    }
  }

  /** Resolves when it takes connections. */
  async run(): Promise<void> {
    // A group of its own, since the script is not the server.
    const child = spawn(script, {
      env: {...process.env, ...this.#environment},
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    })
    this.#process = child
    let said = ''
    for await (const chunk of child.stdout) {
      said += chunk
      if (/Server startup complete/.test(said)) break
    }
    child.stdout.resume()
    if (child.exitCode !== null) throw new Error(`RabbitMQ did not start: ${said.slice(-2000)}`)
  }

  get isRunning(): boolean {
    return this.#process !== undefined
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  /** Ends it in order. */
  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (child?.pid === undefined) return
    process.kill(-child.pid, signal)
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
  }
}
