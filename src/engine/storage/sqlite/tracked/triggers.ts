import {identifier} from '../sql.ts'
import {nestedTriggers} from './nested.ts'
import type {Trigger, Triggers} from './order.ts'
import {Rows, triggerName} from './row.ts'
import type {TableShape} from './shape.ts'

/** What records the changes of a table: triggers, and the SQL of the table in which they leave things for each other. */
export interface Recorder extends Triggers {
  readonly stash: string
}

/**
 * The statements that make every change of a table a row of the log, whoever makes it and however.
 *
 * SQLite deletes the rows that `INSERT OR REPLACE` or `UPDATE OR REPLACE` collides with and fires no delete trigger for
 * them unless recursive_triggers is on (https://sqlite.org/lang_conflict.html). So a BEFORE trigger puts the rows that are in
 * the way of the new one into a stash, and the AFTER trigger, which fires only when the write really happened, takes from
 * there the old value, and what else is gone. A BEFORE trigger fires for a row that is then ignored or upserted as well: what
 * it stashed is stale, and so every BEFORE trigger that finds something in the stash clears it. With recursive_triggers on
 * the delete trigger does fire; it records the removal itself and takes the row out of the stash.
 *
 * The writer's library runs this SQL, with the conflict clause of the writer's statement: no table here has a constraint,
 * and nothing is used that a build of SQLite 3.38 may lack, or refuse when trusted_schema is off.
 */
export function recorder(shape: TableShape): Recorder {
  return shape.nested ? nestedTriggers(shape) : plainTriggers(shape)
}

/** For a table that SQLite never writes to in the middle of a write to it. */
function plainTriggers(shape: TableShape): Recorder {
  const rows = new Rows(shape)
  const {table, stash} = rows
  const some = `EXISTS (SELECT 1 FROM ${stash})`
  const clear = `DELETE FROM ${stash} WHERE key IS NOT NULL;`
  const keep = (condition: string) => `${clear}
    INSERT INTO ${stash} (${rows.placeColumns}, key, doc)
      SELECT ${rows.place('t')}, ${rows.key('t')}, ${rows.document('t')} FROM ${table} AS t WHERE ${condition};`

  const ways = rows.inTheWay
  const anyWay = ways.map(({condition}) => `(${condition})`).join(' OR ')
  const notSelf = `NOT (${rows.sameRow('t', 'old')})`
  const exists = (condition: string) => `EXISTS (SELECT 1 FROM ${table} AS t WHERE ${condition})`
  const updateHits = ways.map(({condition, unique}) => {
    const columns = unique?.columns.map(identifier) ?? [shape.rowid as string]
    const moved = columns.map(name => `old.${name} IS NOT new.${name} COLLATE BINARY`).join(' OR ')
    return `(${moved === '' ? 'true' : moved}) AND ${exists(`${condition} AND ${notSelf}`)}`
  })

  // A row too many was stashed when it only seemed to be in the way; it is still there.
  const gone = `NOT EXISTS (SELECT 1 FROM ${table} AS t WHERE ${rows.stashed('t')} AND NOT (${rows.sameRow('t', 'new')}))`
  const removals = rows.log(
    `SELECT s.key AS k, s.doc AS o, NULL AS n FROM ${stash} AS s WHERE s.key <> ${rows.key('new')} AND ${gone}`,
  )
  const stashedDoc = `(SELECT s.doc FROM ${stash} AS s WHERE s.key = ${rows.key('new')})`
  // The LIMIT keeps SQLite from computing the sides again where they are compared.
  const added = rows.log(`SELECT ${rows.key('new')} AS k, ${stashedDoc} AS o, ${rows.document('new')} AS n LIMIT 1`)
  const changed = rows.log(
    `SELECT ${rows.key('new')} AS k, ${rows.document('old')} AS o, ${rows.document('new')} AS n LIMIT 1`,
  )
  const removed = rows.log(`SELECT ${rows.key('old')} AS k, ${rows.document('old')} AS o, NULL AS n LIMIT 1`)

  const trigger = makeTrigger(shape.name)
  return {
    stash: makeStash(rows),
    before: [
      trigger('before_insert', 'BEFORE INSERT', [...ways.map(({condition}) => exists(condition)), some], keep(anyWay)),
      trigger('before_update', 'BEFORE UPDATE', [...updateHits, some], keep(`(${anyWay}) AND ${notSelf}`)),
    ],
    after: [
      trigger('after_insert', 'AFTER INSERT', [], `${removals} ${added} ${clear}`),
      trigger('after_update', 'AFTER UPDATE', [rows.sameKey], `${removals} ${changed} ${clear}`),
      trigger('after_move', 'AFTER UPDATE', [`NOT (${rows.sameKey})`], `${removals} ${removed} ${added} ${clear}`),
      trigger(
        'after_delete',
        'AFTER DELETE',
        [],
        `${removed} DELETE FROM ${stash} WHERE ${rows.stashed('old', stash)};`,
      ),
    ],
  }
}

/** No constraint, as in the log. */
export function makeStash(rows: Rows, more: readonly string[] = []): string {
  return `CREATE TABLE ${rows.stash} (${[rows.placeColumns, 'key', 'doc', ...more].join(', ')})`
}

export function makeTrigger(
  table: string,
): (suffix: string, when: string, conditions: readonly string[], body: string) => Trigger {
  return (suffix, when, conditions, body) => {
    const name = triggerName(table, suffix)
    const condition = conditions.length === 0 ? '' : ` WHEN ${conditions.join('\n    OR ')}`
    return {
      name,
      sql: `CREATE TRIGGER ${identifier(name)} ${when} ON ${identifier(table)}${condition}\n  BEGIN ${body} END`,
    }
  }
}
