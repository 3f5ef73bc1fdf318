// The kinds of feeds, and of each what it shows of a database: worked out here in plain JavaScript, the slow way.
import type {FeedOptions} from '../../../src/engine/feed/options.ts'
import type {Random} from '../../support.ts'
import {keys} from './documents.ts'
import {type Condition, conditions, type Projection, projections} from './expressions.ts'
import {compare, type Doc, type Value, valueAt} from './values.ts'

export interface Kind {
  /** Every table when absent. */
  readonly tables?: readonly string[]
  readonly keys?: readonly Value[]
  readonly where?: Condition
  readonly projection?: Projection
  readonly window?: {readonly orderBy: string; readonly limit: number; readonly offsets: boolean}
  /** Milliseconds. */
  readonly squash?: number
}

/** Documents by table and key, the key as canonical text. */
export type Tables = ReadonlyMap<string, ReadonlyMap<string, Doc>>

/** What a feed shows of one document. */
export interface Shown {
  readonly table: string
  readonly key: Value
  readonly value: Value
}

/** What `changes` and `list` take. */
export type KindOptions = FeedOptions & {
  readonly where?: string
  readonly pluck?: readonly string[]
  readonly without?: readonly string[]
  readonly select?: string
  readonly orderBy?: string
  readonly limit?: number
  readonly includeOffsets?: boolean
  readonly squash?: number
}

export function optionsOf({tables, keys, where, projection, window, squash}: Kind): KindOptions {
  return {
    ...(tables && {tables}),
    ...(keys && {keys: keys as NonNullable<FeedOptions['keys']>}),
    ...(where && {where: where.text}),
    ...projection?.options,
    ...(window && {orderBy: window.orderBy, limit: window.limit, includeOffsets: window.offsets}),
    ...(squash !== undefined && {squash}),
  }
}

export function follows({tables, keys}: Kind, table: string, key: Value): boolean {
  return (tables?.includes(table) ?? true) && (keys?.some(one => compare(one, key) === 0) ?? true)
}

/** What stands for a document; null when it is not in the set. */
export function memberOf({where, projection}: Kind, document: Doc | null): Value | null {
  if (document === null || (where !== undefined && !where.holds(document))) return null
  return projection === undefined ? document : (projection.of(document) ?? null)
}

/** What there is to show: of a window in its order, of a set in any. */
export function queryOf(kind: Kind, tables: Tables): Shown[] {
  const found: (Shown & {readonly place: Value | undefined})[] = []
  for (const [table, documents] of tables) {
    for (const document of documents.values()) {
      const key = document.id as Value
      const value = follows(kind, table, key) ? memberOf(kind, document) : null
      const place = kind.window && valueAt(document, fieldOf(kind.window.orderBy))
      if (value !== null && (kind.window === undefined || place !== undefined)) found.push({table, key, value, place})
    }
  }
  if (kind.window === undefined) return found
  const sign = kind.window.orderBy.endsWith(':desc') ? -1 : 1
  return found
    .toSorted((one, other) => sign * (compare(one.place as Value, other.place as Value) || compare(one.key, other.key)))
    .slice(0, kind.window.limit)
}

/** A kind of any kind. */
export function randomKind(random: Random): Kind {
  const set = {
    ...(random.chance(0.5) && {where: random.pick(conditions)}),
    ...(random.chance(0.5) && {projection: random.pick(projections)}),
    ...(random.chance(0.3) && {squash: random.pick([0, 1, 20])}),
  }
  if (random.chance(0.5)) {
    const orderBy = `${random.pick(['v', 'v', 'n', 'o.x', 'id', 's'])}${random.pick(['', ':asc', ':desc'])}`
    return {...set, tables: ['t'], window: {orderBy, limit: 1 + random.below(10), offsets: random.chance(0.6)}}
  }
  return {
    ...set,
    ...random.pick([{tables: ['t']}, {tables: ['t']}, {tables: ['u', 't']}, {}]),
    ...(random.chance(0.2) && {keys: Array.from({length: 1 + random.below(3)}, () => random.pick(keys))}),
  }
}

function fieldOf(orderBy: string): string {
  return orderBy.replace(/:(asc|desc)$/, '')
}
