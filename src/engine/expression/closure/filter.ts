import type {Stage} from './ast.ts'
import {giveUp, spend} from './budget.ts'
import {type Closure, decline, type Scope} from './scope.ts'
import {type Items, isTrue, newSequence} from './value.ts'

/** Brackets behind a value: a condition on each item, or its index. */
export function compileFilter({type, expr}: Stage, scope: Scope): Closure {
  if (type !== 'filter') decline(`stage ${type}`)
  if (expr.type === 'number') return pickIndex(Math.floor(expr.value as number))
  const condition = scope.compile(expr)
  return value => {
    const items = Array.isArray(value) ? value : [refuseTupleStream(value)]
    spend(items.length + 1)
    const kept = newSequence()
    for (let index = 0; index < items.length; index++) {
      const item = items[index]
      keep(kept, item, index, items.length, condition(item))
    }
    return kept
  }
}

function pickIndex(wanted: number): Closure {
  return value => {
    const items = Array.isArray(value) ? value : [refuseTupleStream(value)]
    const item = items[wanted < 0 ? items.length + wanted : wanted]
    if (Array.isArray(item)) return item
    const kept = newSequence()
    if (item !== undefined) kept.push(item)
    return kept
  }
}

/** A result that is a number, or all numbers, is the index of an item to keep, and not a condition. */
function keep(kept: Items, item: unknown, index: number, length: number, result: unknown): void {
  if (typeof result === 'boolean') {
    if (result) kept.push(item)
    return
  }
  const indexes = isNumber(result) ? [result] : result
  if (Array.isArray(indexes) && areNumbers(indexes)) {
    spend(indexes.length)
    for (const wanted of indexes) {
      const whole = Math.floor(wanted)
      if ((whole < 0 ? length + whole : whole) === index) kept.push(item)
    }
  } else if (isTrue(result)) kept.push(item)
}

function areNumbers(values: readonly unknown[]): values is number[] {
  let all = true
  // To the end: a number that is not finite fails wherever it stands.
  for (const value of values) if (!isNumber(value)) all = false
  return all
}

function isNumber(value: unknown): value is number {
  if (typeof value !== 'number' || Number.isNaN(value)) return false
  return Number.isFinite(value) || giveUp()
}

/** The official evaluator takes an object with this key for a structure of its own. */
export function refuseTupleStream(value: unknown): unknown {
  if (typeof value === 'object' && value !== null && (value as {tupleStream?: unknown}).tupleStream) giveUp()
  return value
}
