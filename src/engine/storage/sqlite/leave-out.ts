import type {Comparison, Comparisons} from '../storage.ts'
import {documentField, eventField, type Field, isField, type SpelledField} from './comparable.ts'
import {isMalformed} from './failure.ts'
import {Fragment, fragment, joined} from './fragment.ts'
import type {Order} from './spelled-order.ts'
import type {Constant} from './spelling.ts'
import {docText} from './sql.ts'

/**
 * A condition over the columns of the log that is false only for changes which may be left out; undefined when it never is.
 * Joined by AND and OR, which SQLite makes jumps: a CASE around the two sides costs as much as a look at one of them.
 */
export function keepsChange(filter: Comparisons, where: Comparisons): Fragment | undefined {
  const event = keeps(filter, eventField)
  // The new value first: what is kept for it is spared a look at the old one.
  const [next, old] = ['new_val', 'old_val'].map(side => {
    const kept = keeps(where, path => documentField(side, path))
    return kept && fragment`${new Fragment(side, [])} IS NOT NULL AND ${kept}`
  })
  const either = next && old && fragment`(${next} OR ${old})`
  // The event first: who filters within a set asks for less than the set.
  return event && either ? fragment`${event} AND ${either}` : (event ?? either)
}

/** The same over a document, the column `doc`. */
export function keepsDocument(where: Comparisons): Fragment | undefined {
  return keeps(where, path => documentField(docText('doc'), path))
}

/**
 * Reads with a condition or, where SQLite had to parse a text that is no JSON (another program may have turned the checks
 * off), again without it: an expression may never look at such a text. One whose spelling alone says enough is not parsed, and
 * left out.
 */
export function leavingOut<T>(condition: Fragment | undefined, read: (condition: Fragment | undefined) => T): T {
  try {
    return read(condition)
  } catch (error) {
    if (condition === undefined || !isMalformed(error)) throw error
    return read(undefined)
  }
}

type Find = (path: readonly string[]) => Field | SpelledField | undefined

/** Each comparison is decided (1: left out, 0: kept) or leaves it to the next one (NULL), in their order. */
function keeps(comparisons: Comparisons, find: Find): Fragment | undefined {
  const steps: Fragment[] = []
  for (const [index, comparison] of comparisons.entries()) {
    const step = stepOf(comparison, find, index === comparisons.length - 1)
    if (step !== undefined) steps.push(step)
    // An order that nobody looked at may be undecided, and no two fields are looked at so closely that it is not.
    if (isOrder(comparison) && (step === undefined || typeof comparison.value === 'object')) break
  }
  if (steps.length === 0) return undefined
  return fragment`(${steps.length === 1 ? joined(steps, '') : fragment`coalesce(${joined(steps, ', ')})`}) IS NOT TRUE`
}

function stepOf(comparison: Comparison, find: Find, isLast: boolean): Fragment | undefined {
  const {path, op, value} = comparison
  const field = find(path)
  if (field === undefined) return undefined
  if (typeof value === 'object' && value !== null) {
    const other = find(value.path)
    if (other === undefined || !isField(field) || !isField(other)) return undefined
    if (op === '>' || op === '>=') return orderOfFields(other, field, op === '>')
    return orderOfFields(field, other, op === '<')
  }
  if (!isComparable(value)) return undefined
  if (!isField(field)) {
    const isNot = op === '=' ? field.isNot(value) : undefined
    return isNot && fragment`CASE WHEN ${isNot} THEN 1 END`
  }
  switch (op) {
    case '=':
      return unlike(field, value)
    case '!=':
      return fragment`CASE WHEN (${field.type} IS NULL OR ${equals(field, value)}) AND ${field.isSure} THEN 1 END`
    default:
      return order(field, op, value, isLast)
  }
}

function unlike(field: Field, value: Constant): Fragment {
  const looked = fragment`${differs(field, value)} AND ${field.isSure}`
  const isNot = field.isNot?.(value)
  const isLikely = field.isLikely?.(value)
  const notLikely = isLikely === undefined ? looked : fragment`NOT ${isLikely} AND ${looked}`
  return fragment`CASE ${when(isNot, '1')} WHEN ${notLikely} THEN 1 END`
}

function when(condition: Fragment | undefined, answer: '0' | '1' | 'NULL'): Fragment {
  return condition === undefined ? fragment`` : fragment`WHEN ${condition} THEN ${new Fragment(answer, [])}`
}

function differs({type, value: found}: Field, value: Constant): Fragment {
  if (typeof value === 'number') return fragment`(${found} BETWEEN ${below(value)} AND ${above(value)}) IS NOT TRUE`
  return typeof value === 'string' ? fragment`${found} IS NOT ${value}` : fragment`${type} IS NOT ${String(value)}`
}

/** Without a margin this time, so that it holds for whole numbers only. */
function equals({type, value: found}: Field, value: Constant): Fragment {
  if (typeof value === 'number') return fragment`(${type} = 'integer' AND ${found} = ${value})`
  return typeof value === 'string'
    ? fragment`(${type} = 'text' AND ${found} = ${value})`
    : fragment`${type} = ${String(value)}`
}

function order(field: Field, op: Order, value: Constant, isLast: boolean): Fragment | undefined {
  const {type, value: found, isSure} = field
  const isDecided = (types: Fragment, holds: Fragment) =>
    isLast
      ? // What is kept by the first step is spared the others: each look at a field costs a tenth of a parse.
        fragment`WHEN ${holds} OR ${type} NOT IN (${types}) THEN 0 WHEN ${isSure} THEN 1 END`
      : fragment`WHEN ${type} NOT IN (${types}) THEN 0
          WHEN (${holds}) IS NOT TRUE AND ${isSure} THEN 1
          WHEN NOT ${isSure} THEN 0 END`
  if (typeof value === 'number') {
    const holds = op.startsWith('<') ? fragment`${found} <= ${above(value)}` : fragment`${found} >= ${below(value)}`
    const looked = isDecided(fragment`'integer', 'real'`, holds)
    const isNot = field.isNotInOrder?.(op, value)
    const isSo = field.isNotInOrder?.(opposites[op], value)
    return fragment`CASE ${when(isNot, '1')} ${when(isSo, isLast ? '0' : 'NULL')} ${looked}`
  }
  // Before the first character that is not of ASCII, bytes and UTF-16 units have one order; behind it they do not.
  if (typeof value !== 'string' || !/^[\x20-\x7e]*$/.test(value)) return undefined
  const holds = {
    '<': fragment`${found} < ${value}`,
    '<=': fragment`${found} <= ${value}`,
    '>': fragment`${found} > ${value}`,
    '>=': fragment`${found} >= ${value}`,
  }[op as '<' | '<=' | '>' | '>=']
  return fragment`CASE ${isDecided(fragment`'text'`, holds)}`
}

const opposites = {'<': '>=', '<=': '>', '>': '<=', '>=': '<'} as const

/** That the first is less than the second, or not more. Only numbers are looked at. */
function orderOfFields(less: Field, more: Field, strictly: boolean): Fragment {
  const [one, other] = [less.value, more.value]
  const isSure = fragment`${less.isSure} AND ${more.isSure}`
  const isMuchMore = fragment`${one} - ${other} > ${margin} * (abs(${one} * 1.0) + abs(${other} * 1.0)) + ${least}`
  // Past the first step one is not less than the other; where that is so for whole numbers it is so for their doubles.
  const isSureWhole = fragment`${less.isSureWhole} AND ${more.isSureWhole}`
  const notLess = strictly ? isSureWhole : fragment`${isMuchMore} AND ${isSureWhole}`
  // The first step spares the others those that are kept: each look at a field costs a tenth of a parse.
  return fragment`CASE ${spelledInOrder(more, less)} WHEN ${one} < ${other} THEN 0
    WHEN ${less.type} = 'integer' AND ${more.type} = 'integer' THEN ${notLess}
    WHEN ${less.type} NOT IN ('integer', 'real') OR ${more.type} NOT IN ('integer', 'real') THEN 0
    WHEN (${one} IS NULL OR ${other} IS NULL OR ${isMuchMore}) AND ${isSure} THEN 1 END`
}

/** Before anything is parsed: that the first number is less than the second, by more than the doubt about their last bits. */
function spelledInOrder({spelled: less}: Field, {spelled: more}: Field): Fragment {
  if (less === undefined || more === undefined) return fragment``
  const difference = fragment`${more.number} - ${less.number}`
  return fragment`WHEN ${difference} > abs(${less.number}) * ${margin} + ${least} AND ${less.isNumber} AND ${more.isNumber} THEN 1`
}

/**
 * SQLite makes of some digits another double than JavaScript does, and keeps whole numbers past 2^53. A margin is wide enough
 * for both, and for all that a constant may be.
 */
const margin = 1e-12
const least = 1e-290

function below(value: number): number {
  return value - Math.abs(value) * margin - least
}

function above(value: number): number {
  return value + Math.abs(value) * margin + least
}

/** U+FFFD may stand for bytes that are no UTF-8, and half of a surrogate pair is no character to SQLite. */
function isComparable(value: Constant): boolean {
  if (typeof value === 'number') return Math.abs(value) < 2 ** 53
  return typeof value !== 'string' || (value.isWellFormed() && !/[\0\ufffd]/.test(value))
}

function isOrder({op}: Comparison): boolean {
  return op !== '=' && op !== '!='
}
