import {identifier} from '../sql.ts'
import {documentJson} from './json.ts'
import {Rows} from './row.ts'
import type {TableShape} from './shape.ts'
import {makeStash, makeTrigger, type Recorder} from './triggers.ts'

/**
 * The triggers of a table that SQLite may write to in the middle of a write to it: by the actions of a foreign key, or by
 * triggers of the application that these fire.
 *
 * Here nothing is believed that a trigger is told. The stash holds the rows that are under watch, each as the log has it: the
 * row that is written, and those in its way. Every AFTER trigger compares all of them with what is in the table, records the
 * differences, and notes what it recorded. It does not matter which trigger comes first, or how often one comes.
 *
 * The stash is a stack. Each BEFORE trigger puts a mark on it, by which the AFTER trigger of the same write knows what to
 * take off. That of a row which was ignored never comes, so a BEFORE trigger clears the stash of what an earlier statement
 * left, which is from another instant; and of everything, unless another write is under way: then some row of the stash is
 * not in the table as the log has it, or was not, which is `pending`. There is no such sign yet when REPLACE, with
 * recursive_triggers on, is about to delete the first row, so a BEFORE DELETE trigger leaves the stash of this instant alone.
 * (A BEFORE DELETE trigger of the application can then still write to the row that an UPDATE OR REPLACE is moving; its old
 * value is not told right.)
 */
export function nestedTriggers(shape: TableShape): Recorder {
  const rows = new Rows(shape)
  const {table, stash} = rows
  const inTable = `FROM ${table} AS t WHERE ${rows.stashed('t')}`
  const asLogged = `EXISTS (SELECT 1 ${inTable} AND s.key IS ${rows.key('t')} AND s.doc IS ${rows.document('t')})`
  const asAbsent = `s.key IS NULL AND NOT EXISTS (SELECT 1 ${inTable})`
  const underWay = `EXISTS (SELECT 1 FROM ${stash} AS s WHERE s.pending OR NOT (${asLogged} OR ${asAbsent}))`

  const into = `INSERT INTO ${stash} (${rows.placeColumns}, key, doc, owner)`
  const watched = (row: string) => `EXISTS (SELECT 1 FROM ${stash} AS s WHERE ${rows.stashed(row)})`
  const watch = (condition: string) =>
    `${into} SELECT ${rows.place('t')}, ${rows.key('t')}, ${rows.document('t')}, NULL
      FROM ${table} AS t WHERE (${condition}) AND NOT ${watched('t')};`
  const watchPlace = (row: string, owner = 'NULL', key = 'NULL', doc = 'NULL') =>
    `${into} SELECT ${rows.place(row)}, ${key}, ${doc}, ${owner} WHERE NOT ${watched(row)};`
  const watchOld = (owner: string) => watchPlace('old', owner, rows.key('old'), rows.document('old'))
  const begin = (owner: string) => `INSERT INTO ${stash} (owner, mark) VALUES (${owner}, 1);`
  const clearEarlier = `${reconcile(rows, `s.at IS NOT ${instant}`)} DELETE FROM ${stash} WHERE at IS NOT ${instant};`
  const clear = `${clearEarlier} DELETE FROM ${stash} WHERE NOT ${underWay};`
  const end = (owner: string) => `${reconcile(rows)}
    DELETE FROM ${stash} WHERE rowid >= coalesce((SELECT max(rowid) FROM ${stash} WHERE mark AND owner = ${owner}),
      (SELECT min(rowid) FROM ${stash} WHERE owner = ${owner}));
    UPDATE ${stash} SET key = now_key, doc = now_doc, pending = 1 WHERE key IS NOT now_key OR doc IS NOT now_doc;`

  // What a write can be known by in both its triggers. A rowid that SQLite will choose is unknown in the first of them, and so
  // is a default that will replace a NULL.
  const chosen = new Set(shape.required.filter(({byDefault}) => byDefault !== undefined).map(({name}) => name))
  const given = shape.columns.filter(({name}) => identifier(name) !== shape.rowid && !chosen.has(name))
  const insert = given.length === 0 ? `'insert'` : `'insert ' || ${documentJson('new', given)}`
  const update = `'update ' || ${rows.key('old')}`
  const remove = `'delete ' || ${rows.key('old')}`
  const anyWay = rows.inTheWay.map(({condition}) => `(${condition})`).join(' OR ')
  const self = rows.sameRow('t', 'old')

  const trigger = makeTrigger(shape.name)
  return {
    stash: makeStash(rows, ['now_key', 'now_doc', 'owner', 'mark', 'pending', `at DEFAULT (${instant})`]),
    before: [
      trigger('before_insert', 'BEFORE INSERT', [], clear + begin(insert) + watch(anyWay)),
      trigger(
        'before_update',
        'BEFORE UPDATE',
        [],
        clear + begin(update) + watch(`${anyWay} OR ${self}`) + watchPlace('new'),
      ),
      trigger('before_delete', 'BEFORE DELETE', [], clearEarlier + begin(remove) + watch(self)),
    ],
    after: [
      trigger('after_insert', 'AFTER INSERT', [], watchPlace('new', insert) + end(insert)),
      trigger('after_update', 'AFTER UPDATE', [], watchOld(update) + watchPlace('new', update) + end(update)),
      trigger('after_delete', 'AFTER DELETE', [], watchOld(remove) + end(remove)),
    ],
  }
}

/**
 * Statements that record what is left to be told. A row that is being updated may be deleted by the very rows that it
 * replaces, when they cascade to it; then SQLite fires no trigger for what it has replaced. The next write to the table tells
 * it, or whoever runs this.
 */
export function settle(shape: TableShape): string {
  const rows = new Rows(shape)
  return shape.nested ? `${reconcile(rows)} DELETE FROM ${rows.stash};` : ''
}

/** Records in what the rows under watch differ from the log. */
function reconcile(rows: Rows, which = 'true'): string {
  const {table, stash} = rows
  return `UPDATE ${stash} SET (now_key, now_doc) =
      (SELECT ${rows.key('t')}, ${rows.document('t')} FROM ${table} AS t WHERE ${rows.stashed('t', stash)});
    ${rows.log(`SELECT s.key AS k, s.doc AS o, NULL AS n FROM ${stash} AS s
      WHERE s.key NOT IN (SELECT r.now_key FROM ${stash} AS r WHERE r.now_key IS NOT NULL) AND ${which}`)}
    ${rows.log(`SELECT s.now_key AS k, (SELECT r.doc FROM ${stash} AS r WHERE r.key = s.now_key) AS o, s.now_doc AS n
      FROM ${stash} AS s WHERE s.now_key IS NOT NULL AND ${which} LIMIT -1`)}`
}

/** One and the same in all triggers of a statement: https://sqlite.org/lang_datefunc.html */
const instant = `julianday('now')`
