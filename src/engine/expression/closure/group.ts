import type {Pair} from './ast.ts'
import {giveUp, goDeeper, spend} from './budget.ts'
import {depthOf} from './depth.ts'
import {refuseTupleStream} from './filter.ts'
import {assignedIn, type Closure, decline, type Scope} from './scope.ts'
import {append, type Items} from './value.ts'

/** `{key: value}`, by itself or behind a path: items with the same key go into one group, of which the value is made. */
export function compileGroup(pairs: readonly Pair[], scope: Scope): Closure {
  // The official evaluator works on the values all at once: what one assigns, another would see or not.
  if (pairs.flat().some(part => assignedIn(part).length > 0)) decline('an assignment in an object')
  const names = pairs.map(([key]) => (key.type === 'string' && isBare(key) ? String(key.value) : undefined))
  const values = pairs.map(([, value]) => scope.compile(value))
  const areFixed = names.every(name => name !== undefined && !isReserved(name)) && new Set(names).size === names.length
  const fixed = areFixed ? (names as string[]) : undefined
  const keys = pairs.map(([key]) => scope.compile(key))
  const depths = pairs.map(([, value]) => depthOf(value))
  const grouped: Closure = input => {
    const groups = collect(input, keys)
    const result = Object.create(null)
    let deepest = 0
    for (const [, {pair}] of groups) deepest += depths[pair] as number
    if (groups.length > pairs.length) goDeeper(deepest)
    for (const [key, {pair, data}] of groups) setField(result, key, (values[pair] as Closure)(data))
    return result
  }
  if (fixed === undefined) return grouped
  return input => {
    if (Array.isArray(input)) return grouped(input)
    refuseTupleStream(input)
    const result = Object.create(null)
    for (let index = 0; index < fixed.length; index++)
      setField(result, fixed[index] as string, (values[index] as Closure)(input))
    return result
  }
}

interface Group {
  readonly pair: number
  data: unknown
}

/** The groups in the order of an object's keys, in which whole numbers come first. */
function collect(input: unknown, keys: readonly Closure[]): [string, Group][] {
  const groups: Record<string, Group> = Object.create(null)
  const items: readonly unknown[] = Array.isArray(input) ? input : [refuseTupleStream(input)]
  spend(items.length * keys.length)
  // The official evaluator adds an item to an empty array, and one of the input stays so.
  if (items.length === 0 && !(items as Items).sequence) giveUp()
  for (const item of items.length === 0 ? [undefined] : items) {
    for (const [pair, makeKey] of keys.entries()) {
      const key = makeKey(item)
      if (key === undefined) continue
      if (typeof key !== 'string' || isReserved(key)) giveUp()
      const group = groups[key]
      if (group === undefined) groups[key] = {pair, data: item}
      else if (group.pair !== pair) giveUp()
      else group.data = append(group.data, item)
    }
  }
  return Object.entries(groups)
}

function setField(object: Record<string, unknown>, key: string, value: unknown): void {
  if (value !== undefined) object[key] = value
}

/** Such a key is an error there. */
function isReserved(key: string): boolean {
  return key === '_jsonata_lambda' || key === '_jsonata_function'
}

function isBare(key: object): boolean {
  return !('predicate' in key || 'group' in key)
}
