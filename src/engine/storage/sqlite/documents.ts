import {mistakeIn} from '../../documents/json.ts'
import type {Key} from '../../documents/key.ts'
import type {Outcome, Verdict, Write} from '../storage.ts'
import type {Connection} from './connection.ts'
import {isRefusal, isTooMuch} from './failure.ts'
import {docText, identifier, toSql} from './sql.ts'

/** The document with this key, or null. */
export function getDocument(connection: Connection, table: string, key: Key): string | null {
  const row = connection.prepare(`SELECT ${docText('doc')} FROM ${identifier(table)} WHERE id = ?`).get(toSql(key)) as
    | [string]
    | undefined
  return row === undefined ? null : row[0]
}

/** Performs the writes one by one. Must run in a write transaction. */
export function writeDocuments(connection: Connection, table: string, writes: readonly Write[]): Outcome[] {
  return writes.map(write => {
    const old = getDocument(connection, table, write.key)
    if ('decide' in write) return carryOut(connection, table, write.key, old, write.decide(old))
    if (old !== null) return {old, verdict: {kind: 'taken'}}
    const {verdict} = carryOut(connection, table, write.key, null, {kind: 'store', text: write.insert})
    return {old, verdict: verdict.kind === 'store' ? {kind: 'inserted'} : verdict}
  })
}

/**
 * Inserts all of them, or says false when one could not be: its key is taken, or it is no document to SQLite. Then some may
 * have been inserted, and the transaction must be rolled back. Several times faster than one by one.
 */
export function insertDocuments(connection: Connection, table: string, writes: readonly Write[]): boolean {
  for (let start = 0; start < writes.length; ) {
    const size = rowsAtOnce.find(rows => rows <= writes.length - start) ?? 1
    const values: unknown[] = []
    for (const write of writes.slice(start, start + size)) {
      if ('insert' in write) values.push(toSql(write.key), write.insert)
    }
    try {
      if (connection.prepare(insertSql(table, size)).run(values).changes !== size) return false
    } catch (error) {
      if (isRefusal(error)) return false
      throw error
    }
    start += size
  }
  return true
}

/** Few sizes, so that few statements are prepared. */
const rowsAtOnce = [1000, 100, 10, 1]

function insertSql(table: string, rows: number): string {
  return `INSERT INTO ${identifier(table)} (id, doc) VALUES ${Array(rows).fill('(?, ?)').join(', ')} ON CONFLICT DO NOTHING`
}

function carryOut(connection: Connection, table: string, key: Key, old: string | null, verdict: Verdict): Outcome {
  try {
    if (verdict.kind === 'store') {
      const [sql, values] =
        old === null
          ? [`INSERT INTO ${identifier(table)} (doc, id) VALUES (?, ?)`, [verdict.text, toSql(key)]]
          : [`UPDATE ${identifier(table)} SET doc = ? WHERE id = ?`, [verdict.text, toSql(key)]]
      connection.prepare(sql).run(...values)
    } else if (verdict.kind === 'remove' && old !== null) {
      connection.prepare(`DELETE FROM ${identifier(table)} WHERE id = ?`).run(toSql(key))
    }
    return {old, verdict}
  } catch (error) {
    if (!isRefusal(error)) throw error
    return {old, verdict: {kind: 'refused', reason: reasonFor(error, verdict)}}
  }
}

/** What is wrong with the document, or what SQLite says of it where the application has a unique index or a trigger. */
function reasonFor(error: unknown, verdict: Verdict): string {
  const mistake = verdict.kind === 'store' ? mistakeIn(verdict.text) : undefined
  if (mistake !== undefined) return mistake
  // Only the CHECK that it be JSON is the table's own. https://sqlite.org/json1.html#jlimits
  const why = isTooMuch(error) ? 'it is nested deeper than 1000 levels, or longer than 1 GB' : (error as Error).message
  return `SQLite does not ${verdict.kind === 'store' ? 'take' : 'remove'} the document: ${why}`
}
