// Expressions beside what they come to, said in JavaScript.
import {type Doc, isDoc, type Value, valueAt} from './values.ts'

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

function pick(document: Doc, names: readonly string[]): Doc {
  return Object.fromEntries(Object.entries(document).filter(([name]) => names.includes(name)))
}

function drop(document: Doc, names: readonly string[]): Doc {
  return Object.fromEntries(Object.entries(document).filter(([name]) => !names.includes(name)))
}

function withInner(document: Doc, inner: Value | undefined, change: (inner: Doc) => Doc): Doc {
  return isDoc(inner) ? {...document, o: change(inner)} : document
}
