import {join} from 'node:path'
import Sqlite from 'better-sqlite3'
import {onTestFinished} from 'vitest'
import {Connection} from '../../../../../src/engine/storage/sqlite/connection.ts'
import {initialise} from '../../../../../src/engine/storage/sqlite/schema.ts'
import {install} from '../../../../../src/engine/storage/sqlite/tracked/install.ts'
import {temporaryDirectory} from '../../../../support.ts'

/** A file that an application has made, and a connection of litefeed to it. */
export async function database(...sql: readonly string[]): Promise<Connection> {
  const file = join(await temporaryDirectory(), 'test.db')
  write(file, ...sql)
  const connection = await Connection.open(file, 'write')
  await connection.retry(initialise)
  onTestFinished(() => connection[Symbol.dispose]())
  return connection
}

/** The same with tables that are tracked. */
export async function tracked(tables: readonly string[], ...sql: readonly string[]): Promise<Connection> {
  const connection = await database(...sql)
  await connection.write('soft', () => {
    for (const table of tables) install(connection, table)
  })
  return connection
}

/** What the application does: statements on a connection of its own. */
export function write(file: string, ...sql: readonly string[]): void {
  const db = new Sqlite(file)
  try {
    for (const statement of sql) db.exec(statement)
  } finally {
    db.close()
  }
}

/** The log: table, key, old and new value. */
export function logOf({file}: Connection): unknown[] {
  const db = new Sqlite(file, {readonly: true})
  try {
    return db.prepare('SELECT tbl, key, old_val, new_val FROM _litefeed_changes ORDER BY seq').raw().all()
  } finally {
    db.close()
  }
}
