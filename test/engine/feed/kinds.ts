// The kinds of feeds, and of each what it shows of a database: worked out here in plain JavaScript, the slow way.
import type {FeedOptions} from '../../../src/engine/feed/options.ts'
import type {Random} from '../../support.ts'
import {canonical, compare, type Doc, isDoc, type Value, valueAt} from './values.ts'

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

/** An expression, and what it comes to. */
export interface Condition {
  readonly text: string
  readonly holds: (document: Doc) => boolean
}

export interface Projection {
  readonly options: {readonly pluck?: readonly string[]; readonly without?: readonly string[]; readonly select?: string}
  /** Undefined where there is nothing, or an expression fails. */
  readonly of: (document: Doc) => Value | undefined
}

/** Documents by table and key, the key as canonical text. */
export type Tables = ReadonlyMap<string, ReadonlyMap<string, Doc>>

/** What a feed shows of one document. */
export interface Shown {
  readonly table: string
  readonly key: Value
  readonly value: Value
}

export type SetOptions = FeedOptions & {
  readonly where?: string
  readonly pluck?: readonly string[]
  readonly without?: readonly string[]
  readonly select?: string
  readonly orderBy?: string
  readonly limit?: number
  readonly includeOffsets?: boolean
  readonly squash?: number
}

export function optionsOf({tables, keys, where, projection, window, squash}: Kind): SetOptions {
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

/**
 * Keys of all kinds; some differ in nothing but their type, and two are the same as doubles. No value of a document is that
 * double as well: where two numbers are one to an expression, nobody knows which of them its result means, and it fails.
 */
export const keys: readonly Value[] = [
  ...[0, 1, 2, 3, -1, 10, 2.5, 2n ** 54n - 1n, 2n ** 54n + 1n],
  ...['', '1', 'a', 'b', 'ü', '\ue000', '🦆', 'it"s\\', 'true'],
  ...[true, false, [], [1], [1, 'a'], ['a'], [true, [2]]],
]

export const conditions: readonly Condition[] = [
  {text: 'true', holds: () => true},
  {text: 'kind = "a"', holds: ({kind}) => kind === 'a'},
  // Of nothing JSONata says neither that it is equal nor that it is not.
  {
    text: 'kind != "b" or $not($exists(v))',
    holds: ({kind, v}) => (kind !== undefined && kind !== 'b') || v === undefined,
  },
  {text: 'n % 2 = 0', holds: ({n}) => n !== undefined && Number(n) % 2 === 0},
  {text: 'flag', holds: ({flag}) => flag === true},
  {text: '$exists(o.x)', holds: document => valueAt(document, 'o.x') !== undefined},
  // Fails on what is not a number.
  {text: 'v > 2', holds: ({v}) => (typeof v === 'number' || typeof v === 'bigint') && v > 2},
  {text: '$uppercase(s) = "A"', holds: ({s}) => typeof s === 'string' && s.toUpperCase() === 'A'},
]

export const projections: readonly Projection[] = [
  {options: {pluck: ['id', 'n']}, of: document => pick(document, ['id', 'n'])},
  {options: {pluck: ['kind']}, of: document => pick(document, ['kind'])},
  {options: {pluck: ['v', 'o.x']}, of: ({o, ...rest}) => withInner(pick(rest, ['v']), o, inner => pick(inner, ['x']))},
  {options: {without: ['v', 's', 'o']}, of: document => drop(document, ['v', 's', 'o'])},
  {
    options: {without: ['o.y', 'n']},
    of: ({o, ...rest}) => withInner(drop(rest, ['n']), o, inner => drop(inner, ['y'])),
  },
  {options: {select: 'v'}, of: ({v}) => v},
  {options: {select: 'o.x'}, of: document => valueAt(document, 'o.x')},
  {options: {select: '{"kind": kind, "n": n}'}, of: document => pick(document, ['kind', 'n'])},
  {options: {select: '$exists(n) ? n * 2'}, of: ({n}) => (n === undefined ? undefined : Number(n) * 2)},
  {options: {select: 'n > 4 ? $'}, of: document => (Number(document.n) > 4 ? document : undefined)},
  {options: {select: '$merge([$, {"k": 1}])'}, of: document => ({...document, k: 1})},
  // Fails on what is not a string.
  {options: {select: '$uppercase(s)'}, of: ({s}) => (typeof s === 'string' ? s.toUpperCase() : undefined)},
  {options: {pluck: ['id', 'n', 'kind'], without: ['id']}, of: document => pick(document, ['n', 'kind'])},
  {options: {pluck: ['n'], select: '$exists(kind) ? "left" : n'}, of: ({n}) => n},
  {options: {without: ['kind'], select: 'kind'}, of: () => undefined},
]

function fieldOf(orderBy: string): string {
  return orderBy.replace(/:(asc|desc)$/, '')
}

function pick(document: Doc, names: readonly string[]): Doc {
  return Object.fromEntries(Object.entries(document).filter(([name]) => names.includes(name)))
}

function drop(document: Doc, names: readonly string[]): Doc {
  return Object.fromEntries(Object.entries(document).filter(([name]) => !names.includes(name)))
}

function withInner(document: Doc, inner: Value | undefined, change: (inner: Doc) => Doc): Doc {
  return isDoc(inner) ? {...document, o: change(inner)} : document
}

/** Whether two lists hold the same, in any order. */
export function sameInAnyOrder(one: readonly Value[], other: readonly Value[]): boolean {
  return canonical(one.map(canonical).toSorted()) === canonical(other.map(canonical).toSorted())
}
