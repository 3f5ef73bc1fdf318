import {giveUp, spend} from './budget.ts'
import {append, type Items, newSequence, refuseFunctions} from './value.ts'

/** `*`: the values of all fields, those in arrays by themselves. */
export function allFields(input: unknown): unknown {
  // Of an array it gives the items, and the evaluator's own marks.
  if (Array.isArray(input)) giveUp()
  let items: Items = newSequence()
  if (typeof input !== 'object' || input === null) return items
  refuseFunctions(input)
  for (const value of Object.values(input)) {
    if (typeof value === 'function') giveUp()
    if (Array.isArray(value)) items = append(items, flatten(value, [])) as Items
    else items.push(value)
    spend(1)
  }
  return items
}

/** `**`: the input and everything in it that is not an array. */
export function allDescendants(input: unknown): unknown {
  if (input === undefined) return undefined
  const items = newSequence()
  descend(input, items)
  return items.length === 1 ? items[0] : items
}

function flatten(array: readonly unknown[], into: unknown[]): unknown[] {
  spend(array.length)
  for (const item of array) {
    if (Array.isArray(item)) flatten(item, into)
    else into.push(item)
  }
  return into
}

function descend(value: unknown, into: unknown[]): void {
  spend(1)
  if (Array.isArray(value)) {
    for (const item of value) descend(item, into)
    return
  }
  refuseFunctions(value)
  into.push(value)
  if (typeof value === 'object' && value !== null) for (const field of Object.values(value)) descend(field, into)
}
