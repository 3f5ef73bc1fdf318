import {canonicalKey} from '../../documents/key.ts'
import {comparePlaces, type Order, type Place, placeOf} from '../../documents/order.ts'
import type {Ordered, Stored} from '../storage.ts'
import type {Connection} from './connection.ts'
import {type Id, idOfKey} from './ids.ts'
import {readBounds} from './log.ts'
import {isCoarse, isPlainPath, orderKey} from './order-key.ts'
import type {Readable} from './readable.ts'
import {docText, identifier, keyJson} from './sql.ts'

/**
 * The name of the index by which a table is read in the order of a field. Names of indexes are one space for all tables, in which
 * ASCII letters have no case; fields have.
 */
export function orderIndexName(table: string, path: readonly string[]): string {
  const fields = path.map(name => name.replaceAll(/[A-Z^]/g, letter => `^${letter.toLowerCase()}`))
  return `_litefeed_order_${JSON.stringify([table, ...fields])}`
}

/**
 * The statement that makes the index, when it would pay and is not there: reading a small table whole costs less than what
 * an index costs each write.
 */
export function missingIndex(
  connection: Connection,
  {name: table, kind}: Readable,
  path: readonly string[],
): string | undefined {
  // A table that an application owns gets no index of ours.
  if (kind === 'tracked' || !isPlainPath(path)) return undefined
  const name = orderIndexName(table, path)
  const sql = `CREATE INDEX ${identifier(name)} ON ${identifier(table)} (${orderKey(path)}, typeof(id) <> 'blob', id)`
  const known = connection.prepare(`SELECT sql FROM sqlite_schema WHERE type = 'index' AND name = ?`).get(name)
  if (known !== undefined) return undefined
  const [rows] = connection.prepare(`SELECT max(rowid) FROM ${identifier(table)}`).get() as [number | null]
  return (rows ?? 0) > rowsWorthAnIndex ? sql : undefined
}

/** See Storage.ordered. Must run in a read transaction. */
export function readOrdered(
  connection: Connection,
  {name: table, sql}: Readable,
  order: Order,
  after: Stored | undefined,
  limit: number,
): Ordered {
  const position = readBounds(connection).newest
  const start = after && placed(order, after)
  const comesAfter = (document: Placed) => start === undefined || comparePlaces(order, document.place, start.place) > 0
  const name = orderIndexName(table, order.path)
  const indexed = connection.prepare(`SELECT 1 FROM sqlite_schema WHERE type = 'index' AND name = ?`).get(name)
  if (indexed === undefined) {
    const all = readRows(connection, sql, [])
    const found = sortedPlaces(order, all).filter(comesAfter)
    return {documents: found.slice(0, limit).map(({stored}) => stored), last: found.length <= limit, position}
  }
  const walk = new Walk(connection, table, order)
  const unsure = sortedPlaces(order, walk.group('')).filter(comesAfter)
  let from = start?.stored
  for (;;) {
    const {rows, last} = walk.next(from, limit)
    const found = sortedPlaces(order, rows).filter(comesAfter)
    const end = found.at(-1)
    // What comes later than the end of this page belongs to one of the next.
    const others = last
      ? unsure
      : unsure.filter(one => end !== undefined && comparePlaces(order, one.place, end.place) < 0)
    const documents = [...found, ...others].sort((one, other) => comparePlaces(order, one.place, other.place))
    if (documents.length > 0 || last) return {documents: documents.map(({stored}) => stored), last, position}
    from = rows.at(-1)
  }
}

/** A walk through the index, in groups: rows that the index cannot tell apart are read together, and have to be sorted. */
class Walk {
  readonly #connection: Connection
  readonly #source: string
  readonly #key: string
  readonly #descending: boolean

  constructor(connection: Connection, table: string, {path, descending}: Order) {
    this.#connection = connection
    this.#source = `${identifier(table)} INDEXED BY ${identifier(orderIndexName(table, path))}`
    this.#key = orderKey(path)
    this.#descending = descending
  }

  /** The rows that follow a document, whole groups, at least `limit` when there are so many. A few may come before it. */
  next(from: Stored | undefined, limit: number): {rows: Stored[]; last: boolean} {
    let rows: Row[] = []
    const [more, direction] = this.#descending ? ['<', 'DESC'] : ['>', 'ASC']
    const whole = [this.#key, `typeof(id) <> 'blob'`, 'id']
    const read = (condition: string, values: readonly unknown[], order = whole) => {
      const sql = `SELECT ${columns}, ${this.#key}, id FROM ${this.#source} WHERE ${condition}
        ORDER BY ${order.map(term => `${term} ${direction}`).join(', ')} LIMIT ?`
      // There may be more than a call takes arguments.
      if (rows.length < limit) rows = rows.concat(this.#rows(sql, [...values, limit - rows.length]))
    }
    // In the order of the ids alone, for SQLite does not see that the rest is the same, and would read and sort all that are tied.
    const tied = (scalar: 0 | 1) => `${this.#key} = ? AND (typeof(id) <> 'blob') = ${scalar}`
    const at = from && this.#placeOf(from)
    // The group in which the document itself stands is not counted: all of it may come before the document.
    let again: Row[] = []
    if (at === undefined || at.key === '') read(`${this.#key} > ''`, [])
    else {
      if (isCoarse(at.key)) again = this.group(at.key)
      else if (at.id instanceof Uint8Array) {
        again = this.group(at.key, 0)
        if (!this.#descending) read(tied(1), [at.key], ['id'])
      } else {
        read(`${tied(1)} AND id ${more} ?`, [at.key, at.id], ['id'])
        if (this.#descending) read(tied(0), [at.key], ['id'])
      }
      read(`${this.#key} ${more} ? AND ${this.#key} > ''`, [at.key])
    }
    const last = rows.length < limit
    return {rows: [...again, ...(last ? rows : this.#completed(rows))], last}
  }

  /** The rows that share a text of the index; of them those whose key is a blob (0), or is none (1). */
  group(key: string, scalar?: 0 | 1): Row[] {
    const some = scalar === undefined ? '' : `AND (typeof(id) <> 'blob') = ${scalar}`
    return this.#rows(`SELECT ${columns}, ${this.#key}, id FROM ${this.#source} WHERE ${this.#key} = ? ${some}`, [key])
  }

  /** The rest of the group to which the last row belongs. */
  #completed(rows: Row[]): Row[] {
    const end = rows.at(-1)
    if (end === undefined) return rows
    if (isCoarse(end.order)) return [...rows.filter(row => row.order !== end.order), ...this.group(end.order)]
    if (!(end.id instanceof Uint8Array)) return rows
    const others = rows.filter(row => row.order !== end.order || !(row.id instanceof Uint8Array))
    return [...others, ...this.group(end.order, 0)]
  }

  #placeOf({key, text}: Stored): {key: string; id: Id} {
    const [order] = this.#connection.prepare(`SELECT ${this.#key} FROM (SELECT ? AS doc)`).get(text) as [string]
    return {key: order, id: idOfKey(key)}
  }

  #rows(sql: string, values: readonly unknown[]): Row[] {
    const statement = this.#connection.prepare(sql)
    statement.safeIntegers()
    return (statement.all(...values) as [string, string, string, Id][]).map(([key, text, order, id]) => ({
      key: canonicalKey(key),
      text,
      order,
      id,
    }))
  }
}

interface Row extends Stored {
  readonly order: string
  readonly id: Id
}

interface Placed {
  readonly stored: Stored
  readonly place: Place
}

const columns = `${keyJson('id', 'doc')} AS key, ${docText('doc')} AS text`
const rowsWorthAnIndex = 10_000

function readRows(connection: Connection, sql: string, values: readonly unknown[]): Stored[] {
  return (connection.prepare(sql).all(...values) as [string, string][]).map(([key, text]) => ({
    key: canonicalKey(key),
    text,
  }))
}

function placed(order: Order, {key, text}: Stored): Placed | undefined {
  const place = placeOf(order, key, text)
  return place && {stored: {key, text}, place}
}

function sortedPlaces(order: Order, documents: readonly Stored[]): Placed[] {
  const found = documents.map(document => placed(order, document)).filter(document => document !== undefined)
  return found.sort((one, other) => comparePlaces(order, one.place, other.place))
}
