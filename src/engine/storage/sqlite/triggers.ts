import {docText, identifier, keyJson, literal, now} from './sql.ts'
import type {Trigger, Triggers} from './tracked/order.ts'
import {triggerName} from './tracked/row.ts'

/** The statement that makes a table of documents. */
export function createTable(table: string): string {
  return `CREATE TABLE ${identifier(table)} (id PRIMARY KEY NOT NULL, doc TEXT NOT NULL CHECK (json_valid(doc)))`
}

/**
 * The triggers that record every change to a table of documents, whoever makes it.
 *
 * SQLite deletes the rows that `INSERT OR REPLACE` or `UPDATE OR REPLACE` collides with, by id or by rowid, and fires no
 * delete trigger for them unless recursive_triggers is on (https://sqlite.org/lang_conflict.html). So a BEFORE trigger puts
 * such rows into `_litefeed_stash`, and the AFTER triggers, which fire only when the write really happened, take from there
 * the old value, and what else is gone. A BEFORE trigger fires for a row that is then ignored or upserted as well: what it
 * stashed is stale, and so every BEFORE trigger that finds something in the stash clears it. With recursive_triggers on the
 * delete trigger does fire; it records the removal itself and empties the stash. Each table has a stash of its own, since
 * the application's triggers may write to one table in the middle of a write to another.
 *
 * The SQL is of SQLite 3.38 and earlier, since it runs in the writer's library.
 */
export function documentTriggers(table: string): Triggers {
  const name = identifier(table)
  const row = (of: string, old_val: string, new_val: string) =>
    `${now}, ${literal(table)}, ${keyJson(`${of}.id`, `${of}.doc`)}, ${old_val}, ${new_val}`
  const into = 'INSERT INTO _litefeed_changes (ts_ms, tbl, key, old_val, new_val)'
  const log = (...values: Parameters<typeof row>) => `${into} VALUES (${row(...values)});`

  const ours = `tbl = ${literal(table)}`
  const clear = `DELETE FROM _litefeed_stash WHERE ${ours};`
  const stash = (rows: string) => `
    ${clear}
    INSERT INTO _litefeed_stash (tbl, id, doc) SELECT ${literal(table)}, id, ${docText('doc')} FROM ${name} WHERE ${rows};`
  const stashed = `(SELECT doc FROM _litefeed_stash WHERE ${ours} AND id = new.id)`
  const removals = `${into} SELECT ${row('s', 's.doc', 'NULL')} FROM _litefeed_stash s
    WHERE ${ours} AND s.id <> new.id AND NOT EXISTS (SELECT 1 FROM ${name} t WHERE t.id = s.id);`

  const trigger = (suffix: string, when: string, condition: string, body: string): Trigger => {
    const trigger = triggerName(table, suffix)
    return {
      name: trigger,
      sql: `CREATE TRIGGER ${identifier(trigger)} ${when} ON ${name}${condition}\n  BEGIN ${body} END`,
    }
  }
  return {
    before: [
      trigger(
        'before_insert',
        'BEFORE INSERT',
        `
  WHEN EXISTS (SELECT 1 FROM ${name} WHERE id = new.id)
    OR EXISTS (SELECT 1 FROM ${name} WHERE rowid = new.rowid)
    OR EXISTS (SELECT 1 FROM _litefeed_stash WHERE ${ours})`,
        stash('id = new.id OR rowid = new.rowid'),
      ),
      trigger(
        'before_update',
        'BEFORE UPDATE',
        ' WHEN old.id IS NOT new.id OR old.rowid <> new.rowid',
        stash('(id = new.id OR rowid = new.rowid) AND rowid <> old.rowid'),
      ),
    ],
    after: [
      trigger('after_insert', 'AFTER INSERT', '', `${removals} ${log('new', stashed, docText('new.doc'))}`),
      trigger(
        'after_update',
        'AFTER UPDATE',
        ` WHEN old.id IS new.id AND ${docText('old.doc')} <> ${docText('new.doc')}`,
        log('new', docText('old.doc'), docText('new.doc')),
      ),
      trigger(
        'after_move',
        'AFTER UPDATE',
        ' WHEN old.id IS NOT new.id',
        `${log('old', docText('old.doc'), 'NULL')} ${log('new', stashed, docText('new.doc'))}`,
      ),
      trigger('after_renumber', 'AFTER UPDATE', ' WHEN old.rowid <> new.rowid', removals),
      trigger('after_delete', 'AFTER DELETE', '', `${log('old', docText('old.doc'), 'NULL')} ${clear}`),
    ],
  }
}
