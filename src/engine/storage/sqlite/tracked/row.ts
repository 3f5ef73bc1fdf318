import {identifier, literal, now} from '../sql.ts'
import {documentJson, keyJson} from './json.ts'
import type {TableShape} from './shape.ts'
import {agrees, type UniqueKey} from './unique.ts'

/** What the triggers and the readers of a table say about its rows in SQL. A row goes by the name that qualifies its columns. */
export class Rows {
  readonly shape: TableShape
  /** The table, quoted. */
  readonly table: string
  /** Where a BEFORE trigger leaves what the AFTER trigger needs, quoted. */
  readonly stash: string

  constructor(shape: TableShape) {
    this.shape = shape
    this.table = identifier(shape.name)
    this.stash = identifier(stashName(shape.name))
  }

  /** The row as JSON text. */
  document(row: string): string {
    return documentJson(row, this.shape.columns)
  }

  /** The key as JSON text. A row whose primary key holds NULL goes by its rowid: there may be several. */
  key(row: string): string {
    const {key, rowid, nullableKey} = this.shape
    if (this.hasRowidKey) return `CAST(${row}.${rowid} AS TEXT)`
    const text = keyJson(
      row,
      key.map(({name}) => name),
    )
    if (!nullableKey) return text
    const isNull = key.map(({name}) => `${row}.${identifier(name)} IS NULL`).join(' OR ')
    return `CASE WHEN ${isNull} THEN '{"$rowid":' || ${row}.${rowid} || '}' ELSE ${text} END`
  }

  get hasRowidKey(): boolean {
    const {key, rowid} = this.shape
    return key.length === 0 || (key.length === 1 && rowid === identifier(key[0]?.name ?? ''))
  }

  /** Whether the key of `old` is that of `new`. */
  get sameKey(): string {
    const {key, rowid, nullableKey} = this.shape
    if (this.hasRowidKey) return `old.${rowid} = new.${rowid}`
    const same = key.map(({name}) => `old.${identifier(name)} IS new.${identifier(name)} COLLATE BINARY`)
    return [...same, ...(nullableKey ? [`old.${rowid} = new.${rowid}`] : [])].join(' AND ')
  }

  /** Whether two rows are one: in the same place of the table, whatever it holds. */
  sameRow(one: string, other: string): string {
    return this.#places.map(({sql, collate}) => `${one}.${sql} = ${other}.${sql} ${collate}`).join(' AND ')
  }

  /** Where a row is, to be kept in the stash: its rowid, or its primary key in a table WITHOUT ROWID. */
  place(row: string): string {
    return this.#places.map(({sql}) => `${row}.${sql}`).join(', ')
  }

  get placeColumns(): string {
    return this.#places.map((_, at) => `place${at}`).join(', ')
  }

  /** Whether an entry of the stash is of the row. */
  stashed(row: string, entry = 's'): string {
    return this.#places.map(({sql, collate}, at) => `${row}.${sql} = ${entry}.place${at} ${collate}`).join(' AND ')
  }

  get #places(): readonly {readonly sql: string; readonly collate: string}[] {
    const {rowid, key} = this.shape
    if (rowid !== undefined) return [{sql: rowid, collate: ''}]
    return key.map(({name, collation}) => ({sql: identifier(name), collate: `COLLATE ${identifier(collation)}`}))
  }

  /** Conditions on rows `t`, each of which may use an index: any row that is in the way of `new` fulfils one. */
  get inTheWay(): readonly {readonly condition: string; readonly unique?: UniqueKey}[] {
    const {rowid, unique} = this.shape
    const ofRowid = rowid === undefined ? [] : [{condition: `t.${rowid} = new.${rowid}`}]
    return [...ofRowid, ...unique.flatMap(key => agrees(key, this.shape).map(condition => ({condition, unique: key})))]
  }

  /** A row of the log out of a SELECT that has the columns k, o and n: nothing when the two sides are the same. */
  log(select: string): string {
    return `INSERT INTO _litefeed_changes (ts_ms, tbl, key, old_val, new_val)
      SELECT ${now}, ${literal(this.shape.name)}, k, o, n FROM (${select}) WHERE o IS NOT n;`
  }
}

/** The name of the table that holds what the triggers of a table tell each other. */
export function stashName(table: string): string {
  return `_litefeed_stash_${table}`
}

/** The name of the table that holds the rows as they were when a migration of a table began. */
export function imagesName(table: string): string {
  return `_litefeed_migrate_${table}`
}

export function triggerName(table: string, suffix: string): string {
  return `_litefeed_${table}_${suffix}`
}
