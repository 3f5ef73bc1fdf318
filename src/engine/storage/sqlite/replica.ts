import {type Key, parseKey} from '../../documents/key.ts'
import {LitefeedError} from '../../error.ts'
import type {Replica, ReplicaChange, ReplicaOutcome} from '../replica.ts'
import type {Position, Verdict} from '../storage.ts'
import {Connection} from './connection.ts'
import {writeDocuments} from './documents.ts'
import {checkName} from './names.ts'
import {type RowTarget, replicateRow, rowTarget} from './replica-rows.ts'
import {initialise} from './schema.ts'
import {findTable, isInitialised, makeTable} from './tables.ts'
import {readDefinition} from './tracked/definition.ts'

/** Opens a database as the copy of another one, and makes it when it is not there. Throws as `openSqlite` does. */
export async function openReplica(file: string): Promise<Replica> {
  const connection = await Connection.open(file, 'write')
  try {
    // What a foreign key does in the other database is a change of its own, and comes when it comes.
    connection.execute('PRAGMA foreign_keys = OFF')
    // By whom, and how far: one row for each stream that has come here.
    await connection.write('hard', () =>
      connection.execute(
        'CREATE TABLE IF NOT EXISTS _litefeed_replica (stream TEXT PRIMARY KEY NOT NULL, seq INTEGER NOT NULL, updated INTEGER NOT NULL)',
      ),
    )
    return new SqliteReplica(connection)
  } catch (error) {
    connection[Symbol.dispose]()
    throw error
  }
}

class SqliteReplica implements Replica {
  readonly #connection: Connection
  /** In one transaction: how to write to a table, or its name when it is one of documents. */
  readonly #targets = new Map<string, RowTarget | string>()

  constructor(connection: Connection) {
    this.#connection = connection
  }

  position(stream: string): Promise<Position | 'initial' | undefined> {
    return this.#connection.read(() => {
      const position = this.#position(stream)
      return position === inInitial ? 'initial' : position
    })
  }

  async reach(stream: string, position: Position): Promise<void> {
    await this.#connection.write('soft', () => this.#move(stream, position))
  }

  async apply(stream: string, changes: readonly ReplicaChange[]): Promise<readonly ReplicaOutcome[]> {
    await this.#prepare(changes)
    return this.#connection.write('hard', () => {
      this.#targets.clear()
      const known = this.#position(stream) ?? inInitial
      let refusal: ReplicaOutcome | undefined
      let at = changes.findIndex(({seq}) => seq > known)
      if (at < 0) at = changes.length
      while (at < changes.length && refusal === undefined) {
        const outcome = this.#carryOut(changes[at] as ReplicaChange)
        const count = outcome.kind === 'done' ? 1 : isTaken(outcome) ? this.#carryOutTogether(changes.slice(at)) : 0
        if (count === 0) refusal = outcome
        at += count
      }
      const reached = changes.slice(0, at).findLast(({initial}) => !initial)
      if (at > 0) this.#move(stream, reached?.seq ?? inInitial)
      return changes.map((_, index) => (index < at ? done : index === at && refusal ? refusal : {kind: 'untried'}))
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#connection[Symbol.dispose]()
  }

  /** Makes the tables of documents that are not there. */
  async #prepare(changes: readonly ReplicaChange[]): Promise<void> {
    const tables = new Set(changes.map(({table}) => table))
    const missing = await this.#connection.read(() => [...tables].filter(table => this.#kindOf(table) === 'missing'))
    if (missing.length === 0) return
    for (const table of missing) checkName(table)
    await this.#connection.retry(initialise)
    await this.#connection.write('hard', () => {
      for (const table of missing) makeTable(this.#connection, table)
    })
  }

  #kindOf(table: string): 'documents' | 'rows' | 'missing' {
    const [type] = (this.#connection
      .prepare('SELECT type FROM sqlite_schema WHERE name = ? COLLATE NOCASE')
      .get(table) as [string] | undefined) ?? ['']
    if (type === '') return 'missing'
    if (type !== 'table') throw new LitefeedError('NOT_A_TABLE', `${table} is no table in ${this.#connection.file}`)
    if (!isInitialised(this.#connection)) return 'rows'
    const ours = this.#connection.prepare('SELECT 1 FROM _litefeed_tables WHERE name = ?').get(table)
    return ours === undefined || readDefinition(this.#connection, table) !== undefined ? 'rows' : 'documents'
  }

  #carryOut(change: ReplicaChange): ReplicaOutcome {
    const {table, key, document} = change
    let target = this.#targets.get(table)
    if (target === undefined) {
      const isRows = this.#kindOf(table) === 'rows'
      target = isRows ? rowTarget(this.#connection, table) : (findTable(this.#connection, table) ?? table)
      this.#targets.set(table, target)
    }
    if (typeof target !== 'string') return replicateRow(this.#connection, target, change)
    const mistake = document === null ? undefined : mistakeIn(document)
    if (mistake !== undefined) return {kind: 'refused', reason: mistake}
    const id = keyOf(key)
    if (id === undefined) return {kind: 'refused', reason: `no document has the key ${key}`}
    const decide = (old: string | null): Verdict => {
      if (document === old) return {kind: 'unchanged'}
      return document === null ? {kind: 'remove'} : {kind: 'store', text: document}
    }
    const [outcome] = writeDocuments(this.#connection, target, [{key: id, decide}])
    if (outcome?.verdict.kind === 'refused') return {kind: 'refused', reason: outcome.verdict.reason}
    return done
  }

  /**
   * Of merged changes one may need what another one lets go of, which comes later: so first they all go, and then each comes
   * to what it is. Returns how many were carried out, from the first on; none when that does not help the first.
   */
  #carryOutTogether(changes: readonly ReplicaChange[]): number {
    let together = changes
    while (together.length > 1) {
      this.#connection.execute('SAVEPOINT together')
      for (const change of together) this.#carryOut({...change, document: null})
      const refused = together.findIndex(change => this.#carryOut(change).kind === 'refused')
      if (refused >= 0) this.#connection.execute('ROLLBACK TO together')
      this.#connection.execute('RELEASE together')
      if (refused < 0) return together.length
      together = together.slice(0, refused)
    }
    return 0
  }

  #position(stream: string): Position | undefined {
    const row = this.#connection.prepare('SELECT seq FROM _litefeed_replica WHERE stream = ?').get(stream)
    return (row as [Position] | undefined)?.[0]
  }

  /** Never back. */
  #move(stream: string, position: Position): void {
    this.#connection
      .prepare(
        `INSERT INTO _litefeed_replica (stream, seq, updated) VALUES (?, ?, ?)
          ON CONFLICT (stream) DO UPDATE SET seq = max(seq, excluded.seq), updated = excluded.updated`,
      )
      .run(stream, position, Date.now())
  }
}

/** What keeps a text from being a document of a table: `map` or a projection may have made anything of it. */
function mistakeIn(document: string): string | undefined {
  return /^\s*\{/.test(document) ? undefined : 'it is no object, and so no document'
}

/** Whether another row has a value that has to be unique. */
function isTaken(outcome: ReplicaOutcome): boolean {
  return outcome.kind === 'refused' && outcome.reason.startsWith('UNIQUE ')
}

/** The key under which a row goes; what stands for a blob is a string. Undefined for what a document cannot have, such as an infinity. */
function keyOf(text: string): Key | undefined {
  try {
    return parseKey(text)
  } catch {
    return undefined
  }
}

/** Before any position. */
const inInitial = -1

const done: ReplicaOutcome = {kind: 'done'}
