import type {Connection} from './connection.ts'
import {canonicalKeyJson, now} from './sql.ts'

/**
 * Forgets a table of documents that another program has dropped, without a word to the log: what it held by the log is
 * removed there first. Must run in a write transaction.
 */
export function forgetDropped(connection: Connection, table: string): void {
  const known = connection.prepare('SELECT 1 FROM _litefeed_tables WHERE name = ?').get(table)
  if (known === undefined) return
  connection
    .prepare(
      `INSERT INTO _litefeed_changes (ts_ms, tbl, key, old_val, new_val)
        SELECT ${now}, tbl, key, new_val, NULL FROM _litefeed_changes WHERE new_val IS NOT NULL AND seq IN
          (SELECT max(seq) FROM _litefeed_changes WHERE tbl = ? COLLATE NOCASE GROUP BY ${canonicalKeyJson('key')}) ORDER BY seq`,
    )
    .run(table)
  connection.prepare('DELETE FROM _litefeed_tables WHERE name = ?').run(table)
}
