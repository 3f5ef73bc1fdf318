import {LitefeedError} from '../error.ts'
import type {Replica} from '../storage/replica.ts'
import type {Position} from '../storage/storage.ts'
import {pathOf, refusePartOf} from './path.ts'
import {Down, done, type Outcome, type Parcel, type Sink, type Stream} from './sink.ts'
import type {Target} from './target.ts'
import {compileTemplate} from './template.ts'

/**
 * Another database: its tables of documents, or SQL tables that are there, by the name of the source's table or by `?table=`, a
 * template. How far it is stands in that database and is part of the transaction that brings it there, so that each change
 * takes effect once.
 */
export class SqliteSink implements Sink {
  readonly name: string
  readonly batch = 1000
  readonly parallel = 1
  readonly order = 'prefix'
  readonly database: string
  readonly #tableOf: (parcel: Parcel) => string
  readonly #template: string | undefined
  #replica: Replica | undefined
  #stream = ''
  hasInitial = false

  /** Throws MISUSE. */
  constructor(to: string, {source}: Target) {
    const [, path = '', query = ''] = /^sqlite:([^?]*)(?:\?(.*))?$/.exec(to) ?? []
    const {table, ...others} = Object.fromEntries(new URLSearchParams(query))
    const [unknown] = Object.keys(others)
    if (path === '') throw new LitefeedError('MISUSE', 'sqlite: needs the path of a database')
    if (unknown !== undefined) throw new LitefeedError('MISUSE', `sqlite: knows ?table=, and not ?${unknown}=`)
    this.database = pathOf('sqlite', path)
    refusePartOf(source, this.database)
    this.name = `sqlite:${this.database}`
    this.#tableOf = compileTemplate('table', table ?? '{table}')
    this.#template = table
  }

  async position(stream: Stream): Promise<Position | undefined> {
    const tables = new Set(stream.tables?.map(table => table.toLowerCase()))
    if (this.#template !== undefined && !this.#template.includes('{table}') && tables.size !== 1)
      throw new LitefeedError(
        'MISUSE',
        `?table=${this.#template} is for the documents of one table: others have the same keys`,
        {
          hint: 'name the table to follow, or have {table} in the name of the target',
        },
      )
    return this.#orDown(async () => {
      this.#stream = this.#nameOf(stream)
      const reached = await (await this.#open()).position(this.#stream)
      this.hasInitial = reached === 'initial'
      return typeof reached === 'number' ? Math.max(reached, stream.kept ?? 0) : stream.kept
    })
  }

  reach(_: Stream, position: Position): Promise<void> {
    return this.#orDown(async () => (await this.#open()).reach(this.#stream, position))
  }

  async deliver(parcels: readonly Parcel[]): Promise<readonly Outcome[]> {
    const changes = parcels.map(parcel => {
      const {event, mapped, line} = parcel
      const gone = event.new_val === null || event.new_val === undefined
      return {
        seq: event.seq,
        initial: event.type === 'initial' || event.type === 'uninitial',
        table: this.#tableOf(parcel),
        key: event.key,
        document: gone ? null : mapped ? line : (event.new_val as string),
      }
    })
    try {
      const outcomes = await (await this.#open()).apply(this.#stream, changes)
      return outcomes.map(outcome => {
        if (outcome.kind === 'refused') return {kind: 'poison', reason: outcome.reason}
        return outcome.kind === 'done' ? done : {kind: 'later'}
      })
    } catch (error) {
      if (!isPassing(error)) throw error
      return parcels.map(() => ({kind: 'down', reason: (error as Error).message}))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#replica?.[Symbol.asyncDispose]()
  }

  /** What goes to other tables goes on from elsewhere. */
  #nameOf({feed, name, mark}: Stream): string {
    return [feed, name, mark, this.#template].filter(part => part !== undefined).join(' ')
  }

  async #open(): Promise<Replica> {
    this.#replica ??= await (await import('../storage/sqlite/replica.ts')).openReplica(this.database)
    return this.#replica
  }

  async #orDown<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw isPassing(error) ? new Down((error as Error).message) : error
    }
  }
}

/** Whether it may be otherwise later. */
function isPassing(error: unknown): boolean {
  return error instanceof LitefeedError && ['BUSY', 'FULL', 'IO'].includes(error.code)
}
