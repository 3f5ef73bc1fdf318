// A database that somebody writes to at random: by the library, by another connection of it, and by SQL.
import {join} from 'node:path'
import Sqlite from 'better-sqlite3'
import type {Document} from '../../../src/engine/documents/document.ts'
import type {Key} from '../../../src/engine/documents/key.ts'
import {open, type Store} from '../../../src/engine/store.ts'
import type {Table} from '../../../src/engine/table.ts'
import {type Random, temporaryDirectory} from '../../support.ts'
import {keys, randomDocument, randomPatch, spelled} from './documents.ts'
import {conditions} from './expressions.ts'
import type {Tables} from './kinds.ts'
import type {Change} from './predict.ts'
import {canonical, type Doc, parseExactly, type Value} from './values.ts'

const soft = {durability: 'soft'} as const
const tableNames = ['t', 'u'] as const

export class World implements AsyncDisposable {
  readonly file: string
  readonly store: Store
  readonly random: Random
  readonly #other: Store
  readonly #sql: Sqlite.Database

  /** A database with the tables t and u. */
  static async make(random: Random): Promise<World> {
    const file = join(await temporaryDirectory(), 'test.db')
    const [store, other] = [await open(file), await open(file)]
    for (const table of tableNames) await store.table(table).insert([], soft)
    return new World(random, file, store, other)
  }

  private constructor(random: Random, file: string, store: Store, other: Store) {
    this.random = random
    this.file = file
    this.store = store
    this.#other = other
    this.#sql = new Sqlite(file)
  }

  /** The documents that are there. */
  tables(): Tables {
    return new Map(
      tableNames.map(table => {
        const texts = this.#sql.prepare(`SELECT doc FROM ${table}`).pluck().all() as string[]
        const documents = texts.map(text => parseExactly(text) as Doc)
        return [table, new Map(documents.map(document => [canonical(document.id as Value), document]))]
      }),
    )
  }

  /** The log. */
  changes(): Change[] {
    const rows = this.#sql
      .prepare('SELECT seq, tbl, key, old_val, new_val FROM _litefeed_changes ORDER BY seq')
      .raw()
      .all() as [number, string, string, string | null, string | null][]
    const side = (text: string | null) => (text === null ? null : (parseExactly(text) as Doc))
    return rows.map(([seq, table, key, old_val, new_val]) => ({
      seq,
      table,
      key: parseExactly(key),
      old_val: side(old_val),
      new_val: side(new_val),
    }))
  }

  /** The end of the log. */
  newest(): number {
    return this.#sql.prepare('SELECT coalesce(max(seq), 0) FROM _litefeed_changes').pluck().get() as number
  }

  /** One write, of one document or of several. */
  async write(): Promise<void> {
    const {random} = this
    const table = random.pick([this.store, this.#other]).table(random.pick(['t', 't', 't', 'u']))
    await random.pick(random.chance(0.15) ? writesOfSeveral : writesOfOne)(random, table, this.#sql)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sql.close()
    await this.#other.close()
    await this.store.close()
  }
}

type RandomWrite = (random: Random, table: Table, sql: Sqlite.Database) => Promise<unknown>

const writesOfOne: readonly RandomWrite[] = [
  (random, table) => {
    const conflict = random.pick(['replace', 'update', 'error', 'skip'] as const)
    return table.insert(randomDocument(random) as Document, {...soft, conflict})
  },
  (random, table) => {
    const id = random.pick(keys)
    return table.replace(id as Key, random.chance(0.3) ? null : (randomDocument(random, id) as Document), soft)
  },
  (random, table) => table.update(random.pick(keys) as Key, randomPatch(random) as Document, soft),
  (random, table) => table.update(random.pick(keys) as Key, randomPatch(random) as Document, soft),
  (random, table) => table.delete(random.pick(keys) as Key, soft),
  (random, table, sql) => writeBySql(random, table.name, sql, 1),
]

const writesOfSeveral: readonly RandomWrite[] = [
  (random, table) => {
    const documents = Array.from({length: 6}, () => randomDocument(random) as Document)
    return table.insert(documents, {...soft, conflict: random.pick(['replace', 'update'] as const)})
  },
  (random, table) => table.update({where: random.pick(conditions).text}, randomPatch(random) as Document, soft),
  (random, table) => table.update({all: true}, randomPatch(random) as Document, soft),
  (random, table) => table.delete({where: random.pick(conditions).text}, soft),
  (random, table) => table.delete({keys: Array.from({length: 4}, () => random.pick(keys) as Key)}, soft),
  (random, table, sql) => writeBySql(random, table.name, sql, 8),
]

/** Some changes in one transaction, as a program that knows nothing of litefeed makes them. */
async function writeBySql(random: Random, table: string, sql: Sqlite.Database, count: number): Promise<void> {
  sql.transaction(() => {
    for (let left = count; left > 0; left--) {
      const id = random.pick(keys)
      const old = sql.prepare(`SELECT doc FROM ${table} WHERE id = ?`).pluck().get(toSql(id)) as string | undefined
      // The old document with another spelling and little else that is new, or another document.
      const next =
        old !== undefined && random.chance(0.5)
          ? {...(parseExactly(old) as Doc), ...randomPatch(random)}
          : randomDocument(random, id)
      if (random.chance(0.3)) sql.prepare(`DELETE FROM ${table} WHERE id = ?`).run(toSql(id))
      // An equal document in another spelling would be a change to the log, and none to those who compare values.
      else if (old === undefined || canonical(parseExactly(old)) !== canonical(next)) {
        sql.prepare(`INSERT OR REPLACE INTO ${table} (id, doc) VALUES (?, ?)`).run(toSql(id), spelled(random, next))
      }
    }
  })()
}

/** How keys are stored: whole numbers as such, what SQLite has no type for as JSON. */
function toSql(key: Value): unknown {
  if (typeof key === 'string' || typeof key === 'bigint') return key
  if (typeof key === 'number') return Number.isInteger(key) ? BigInt(key) : key
  return Buffer.from(canonical(key))
}
