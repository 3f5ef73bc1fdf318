import {identifier} from '../sql.ts'
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
 * A row leaves the stash in the AFTER trigger of the write that brought it, its owner. That of a row which was ignored never
 * comes, so a BEFORE trigger clears the stash, unless another write is under way: then some row of the stash is not in the
 * table as the log has it, or was not, which is `pending`.
 */
export function nestedTriggers(shape: TableShape): Recorder {
  const rows = new Rows(shape)
  const {table, stash} = rows
  const asLogged = `EXISTS (SELECT 1 FROM ${table} AS t WHERE ${rows.stashed('t')} AND s.key IS ${rows.key('t')} AND s.doc IS ${rows.document('t')})`
  const asAbsent = `s.key IS NULL AND NOT EXISTS (SELECT 1 FROM ${table} AS t WHERE ${rows.stashed('t')})`
  const underWay = `EXISTS (SELECT 1 FROM ${stash} AS s WHERE s.pending OR NOT (${asLogged} OR ${asAbsent}))`
  const clear = `DELETE FROM ${stash} WHERE NOT ${underWay};`

  const watched = (row: string) => `EXISTS (SELECT 1 FROM ${stash} AS s WHERE ${rows.stashed(row)})`
  const into = `INSERT INTO ${stash} (${rows.placeColumns}, key, doc, owner)`
  const watch = (owner: string, condition: string) =>
    `${into} SELECT ${rows.place('t')}, ${rows.key('t')}, ${rows.document('t')}, ${owner}
      FROM ${table} AS t WHERE (${condition}) AND NOT ${watched('t')};`
  const watchPlace = (owner: string, row: string, key = 'NULL', doc = 'NULL') =>
    `${into} SELECT ${rows.place(row)}, ${key}, ${doc}, ${owner} WHERE NOT ${watched(row)};`
  const anyWay = rows.inTheWay.map(({condition}) => `(${condition})`).join(' OR ')

  const inTable = `(SELECT ${rows.key('t')}, ${rows.document('t')} FROM ${table} AS t WHERE ${rows.stashed('t', stash)})`
  const reconcile = (owner: string) => `
    UPDATE ${stash} SET (now_key, now_doc) = ${inTable};
    ${rows.log(`SELECT s.key AS k, s.doc AS o, NULL AS n FROM ${stash} AS s
      WHERE s.key NOT IN (SELECT r.now_key FROM ${stash} AS r WHERE r.now_key IS NOT NULL)`)}
    ${rows.log(`SELECT s.now_key AS k, (SELECT r.doc FROM ${stash} AS r WHERE r.key = s.now_key) AS o, s.now_doc AS n
      FROM ${stash} AS s WHERE s.now_key IS NOT NULL LIMIT -1`)}
    DELETE FROM ${stash} WHERE owner = ${owner};
    UPDATE ${stash} SET key = now_key, doc = now_doc, pending = 1 WHERE key IS NOT now_key OR doc IS NOT now_doc;`

  // What a write can be known by in both its triggers. A rowid that SQLite will choose is unknown in the first of them.
  const given = {...shape, columns: shape.columns.filter(({name}) => identifier(name) !== shape.rowid)}
  const insert = given.columns.length === 0 ? `'insert'` : `'insert ' || ${new Rows(given).document('new')}`
  const [update, remove] = ['update', 'delete'].map(event => `'${event} ' || ${rows.key('old')}`) as [string, string]
  const trigger = makeTrigger(shape.name)
  return {
    stash: makeStash(rows).replace('owner,', 'now_key, now_doc, owner,'),
    before: [
      trigger('before_insert', 'BEFORE INSERT', [], `${clear} ${watch(insert, anyWay)}`),
      trigger(
        'before_update',
        'BEFORE UPDATE',
        [],
        `${clear} ${watch(update, `${anyWay} OR ${rows.sameRow('t', 'old')}`)} ${watchPlace(update, 'new')}`,
      ),
      trigger('before_delete', 'BEFORE DELETE', [], `${clear} ${watch(remove, rows.sameRow('t', 'old'))}`),
    ],
    after: [
      trigger('after_insert', 'AFTER INSERT', [], `${watchPlace(insert, 'new')} ${reconcile(insert)}`),
      trigger(
        'after_update',
        'AFTER UPDATE',
        [],
        `${watchPlace(update, 'old', rows.key('old'), rows.document('old'))} ${watchPlace(update, 'new')} ${reconcile(update)}`,
      ),
      trigger(
        'after_delete',
        'AFTER DELETE',
        [],
        `${watchPlace(remove, 'old', rows.key('old'), rows.document('old'))} ${reconcile(remove)}`,
      ),
    ],
  }
}
