import {expect, test} from 'vitest'
import {install, makeRecorder, uninstall} from '../../../../../src/engine/storage/sqlite/tracked/install.ts'
import type {Trigger} from '../../../../../src/engine/storage/sqlite/tracked/order.ts'
import type {TableShape} from '../../../../../src/engine/storage/sqlite/tracked/shape.ts'
import {type Recorder, recorder} from '../../../../../src/engine/storage/sqlite/tracked/triggers.ts'
import {Random} from '../../../../support.ts'
import {fuzz, type Track} from './fuzz.ts'
import {schemas} from './schemas.ts'
import {writers} from './writers.ts'

// The fuzz is worth what it finds: each of these is a mistake that somebody could make in the triggers.
const faults: readonly [fault: string, schema: string, make: (shape: TableShape) => Recorder][] = [
  ['nothing is stashed', 'several unique keys', shape => ({...recorder(shape), before: []})],
  ['<> is used for IS NOT', 'an integer primary key', shape => rewritten(shape, 'o IS NOT n', 'o <> n')],
  [
    'one unique key is forgotten',
    'several unique keys',
    shape => recorder({...shape, unique: shape.unique.filter(({columns}) => columns.join() !== 'a')}),
  ],
  [
    'unique expressions are forgotten',
    'unique expressions and parts',
    shape =>
      recorder({...shape, unique: shape.unique.filter(({terms}) => terms.every(term => term.column !== undefined))}),
  ],
  ['the rowid is forgotten', 'no primary key', shape => rewritten(shape, 't.rowid = new.rowid', 'false')],
  ['the stash is never cleared', 'an integer primary key', shape => rewritten(shape, 'key IS NOT NULL', 'false')],
  ['1 and 1.0 are compared as equal', 'an integer primary key', shape => rewritten(shape, "'%!.15g'", "'%.15g'")],
  [
    'a key without case is compared so',
    'a text key without case, which may be NULL',
    shape => rewritten(shape, 'COLLATE BINARY', 'COLLATE NOCASE'),
  ],
  [
    'rows without a key go by it',
    'a key of two columns, which may be NULL',
    shape => recorder({...shape, nullableKey: false}),
  ],
  ['CHECKs are not reckoned with', 'expressions that fail', shape => recorder({...shape, checks: []})],
  [
    'defaults are not reckoned with',
    'defaults in place of NULL',
    shape => recorder({...shape, required: shape.required.map(({name}) => ({name, byDefault: undefined}))}),
  ],
  ['cascades are not reckoned with', 'a chain whose links are cut', shape => recorder({...shape, nested: false})],
  ['a new key is told as a change', 'an integer primary key', shape => without(shape, 'after_move')],
  ['our triggers are the oldest', 'triggers of its own', recorder],
]

test.each(faults)('the fuzz finds that %s', async (fault, name, make) => {
  const schema = schemas.find(schema => schema.name === name)
  if (schema === undefined || writers[0] === undefined) throw new Error(name)
  const track: Track = (connection, {tables, json}) => {
    for (const table of Object.keys(tables)) {
      const shape = install(connection, table, {json})
      uninstall(connection, table)
      const {stash, before, after} = make(shape)
      if (fault !== 'our triggers are the oldest') makeRecorder(connection, shape, {stash, before, after})
      else for (const sql of [stash, ...[...before, ...after].map(trigger => trigger.sql)]) connection.execute(sql)
      if (fault === 'our triggers are the oldest') {
        const theirs = connection
          .prepare(
            `SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? AND name NOT LIKE '\\_%' ESCAPE '\\'`,
          )
          .all(table) as [string, string][]
        for (const [name, sql] of theirs) connection.execute(`DROP TRIGGER ${name}; ${sql}`)
      }
    }
  }
  const random = new Random(1)
  const run = async () => {
    for (let round = 0; round < 20; round++)
      for (const recursive of ['off', 'on'] as const)
        await fuzz([schema], writers[0] as (typeof writers)[0], random, {recursive, length: 60, track})
  }
  await expect(run()).rejects.toThrow(/old_val of|leads to|new_val of|what fails/)
})

function rewritten(shape: TableShape, from: string, to: string): Recorder {
  const {stash, before, after} = recorder(shape)
  const rewrite = ({name, sql}: Trigger) => ({name, sql: sql.replaceAll(from, to)})
  expect([...before, ...after].some(({sql}) => sql.includes(from))).toBe(true)
  return {stash, before: before.map(rewrite), after: after.map(rewrite)}
}

function without(shape: TableShape, suffix: string): Recorder {
  const all = recorder(shape)
  return {...all, after: all.after.filter(({name}) => !name.endsWith(suffix))}
}
