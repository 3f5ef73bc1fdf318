import type {Differences, Mended, MendOptions, Migrated, Position, TrackOptions} from '../storage.ts'
import type {Connection} from './connection.ts'
import {readBounds} from './log.ts'
import {trackTable} from './repair.ts'
import {removeIfUnused} from './schema.ts'
import {readDefinition, readDefinitions} from './tracked/definition.ts'
import {uninstall} from './tracked/install.ts'
import {examine, type Found, putRight, repair} from './tracked/mend.ts'
import {lift, MigrationLock, requireTracked} from './tracked/migrate.ts'

/** What Storage says of tables that an application owns: one transaction each, and none of them in the middle of a migration. */
export class Tracking {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  track(table: string, options: TrackOptions): Promise<Differences> {
    return this.#unlessMigrating(table, () =>
      this.#connection.write('hard', () => trackTable(this.#connection, table, options)),
    )
  }

  async mend(tables: readonly string[] | undefined, {resync, well}: MendOptions): Promise<readonly Mended[]> {
    const found = await this.#connection.read(() =>
      (tables ?? readDefinitions(this.#connection).map(({name}) => name)).flatMap(
        table => examine(this.#connection, table, well) ?? [],
      ),
    )
    const mended: Mended[] = []
    for (const one of found) mended.push(one.kind === 'ok' ? one : await this.#mend(one, resync, well))
    return mended
  }

  async migrate(table: string, work: () => Promise<void>): Promise<Migrated> {
    using _ = MigrationLock.take(this.#connection.file)
    const name = await this.#connection.write('hard', () =>
      lift(this.#connection, requireTracked(this.#connection, table)),
    )
    const settle = () =>
      this.#connection.write('hard', () => {
        const {added, changed, removed} = putRight(this.#connection, name, undefined, true)
        return {table: name, added, changed, removed, seq: readBounds(this.#connection).newest}
      })
    try {
      await work()
    } catch (error) {
      await settle()
      throw error
    }
    return await settle()
  }

  untrack(table: string, keepLog: boolean): Promise<boolean> {
    return this.#unlessMigrating(table, () =>
      this.#connection.write('hard', () => {
        const isTracked = uninstall(this.#connection, table)
        if (isTracked && !keepLog) removeIfUnused(this.#connection)
        return isTracked
      }),
    )
  }

  /** What is `migrating` while nobody holds the lock was broken off. */
  async #mend(found: Found, resync: boolean, well: Position | undefined): Promise<Mended> {
    if (found.kind === 'gap' && !resync) return found
    if (found.kind === 'migrating' && MigrationLock.isHeld(this.#connection.file)) return found
    return this.#unlessMigrating(found.table, () =>
      this.#connection.write('hard', (): Mended => {
        const now = examine(this.#connection, found.table, well)
        if (now === undefined) return {table: found.table, kind: 'gap', reason: 'it is no longer tracked'}
        if (now.kind === 'gap' && !resync) return now
        if (now.kind === 'migrating' && !resync)
          return {table: now.table, kind: 'gap', reason: 'a migration of it was broken off'}
        return repair(this.#connection, now)
      }),
    )
  }

  /** Does the work while no migration can begin, if the table shows one that is under way or was broken off. Throws BUSY. */
  async #unlessMigrating<T>(table: string, work: () => Promise<T>): Promise<T> {
    const isMarked = await this.#connection.read(() => readDefinition(this.#connection, table)?.migrating)
    if (!isMarked) return work()
    using _ = MigrationLock.take(this.#connection.file)
    return await work()
  }
}
