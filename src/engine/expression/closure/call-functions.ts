import type {Node} from './ast.ts'
import {giveUp, spend} from './budget.ts'
import {type Closure, decline, type Scope, unassigned} from './scope.ts'
import {isTrue, newSequence, refuseFunctions} from './value.ts'

/** A function that is written where it is used. `input` is the context of that place. */
type Call = (input: unknown, args: readonly unknown[]) => unknown

/** What a built-in function does with an array, or an object, and a function. */
type Iterator = (value: unknown, call: (...args: readonly unknown[]) => unknown, initial: unknown) => unknown

/** The functions that call a function. https://docs.jsonata.org/higher-order-functions */
const iterators: Readonly<Record<string, Iterator>> = {
  map: overItems((items, call) => {
    const results = newSequence()
    items.forEach((item, index) => {
      const result = call(item, index, items)
      if (result !== undefined) results.push(result)
    })
    return results
  }),
  filter: overItems((items, call) => {
    const kept = newSequence()
    items.forEach((item, index) => {
      if (isTrue(call(item, index, items))) kept.push(item)
    })
    return kept
  }),
  single: overItems((items, call) => {
    const found = items.filter((item, index) => isTrue(call(item, index, items)))
    return found.length === 1 ? found[0] : giveUp()
  }),
  reduce: overItems((items, call, initial) => {
    const isSeeded = initial !== undefined || items.length === 0
    let result = isSeeded ? initial : items[0]
    for (let index = isSeeded ? 0 : 1; index < items.length; index++) result = call(result, items[index], index, items)
    return result
  }),
  each: overFields((fields, object, call) => {
    const results = newSequence()
    for (const [key, value] of fields) {
      const result = call(value, key, object)
      if (result !== undefined) results.push(result)
    }
    return results
  }),
  sift: overFields((fields, object, call) => {
    const kept = Object.create(null)
    for (const [key, value] of fields) if (isTrue(call(value, key, object))) kept[key] = value
    return Object.keys(kept).length === 0 ? undefined : kept
  }),
}

export function isIterator(name: string): boolean {
  return Object.hasOwn(iterators, name)
}

export function compileIterator(name: string, nodes: readonly Node[], scope: Scope): Closure {
  const [list, callback, first, ...more] = nodes
  const iterate = iterators[name] as Iterator
  if (list === undefined || callback === undefined || more.length > 0) return decline(`$${name} of ${nodes.length}`)
  if (first !== undefined && name !== 'reduce') decline(`$${name} of three`)
  if (name === 'reduce' && (callback.arguments ?? []).length < 2) decline('$reduce with too few parameters')
  const value = scope.compile(list)
  const call = compileFunction(callback, scope)
  const initial = first === undefined ? () => undefined : scope.compile(first)
  return input => {
    const over = value(input)
    const from = initial(input)
    refuseFunctions(over)
    refuseFunctions(from)
    return iterate(over, (...args) => call(input, args), from)
  }
}

function compileFunction(node: Node, scope: Scope): Call {
  const {type, arguments: parameters = [], body, signature} = node
  const isPlain = !['predicate', 'group', 'keepArray'].some(field => field in node)
  if (type !== 'lambda' || body === undefined || signature !== undefined || !isPlain)
    return decline(`a ${type} as function`)
  const names = parameters.map(({value}) => String(value))
  if (names.includes('') || names.includes('$')) decline('a parameter without a name')
  const {scope: inner, parameters: slots} = scope.ofFunction(names, [body])
  const run = inner.compile(body)
  const own = inner.own
  return (input, args) => {
    spend(1 + own.length)
    for (const slot of own) slot.value = unassigned
    for (let index = 0; index < slots.length; index++) (slots[index] as {value: unknown}).value = args[index]
    return run(input)
  }
}

function overItems(
  iterate: (items: readonly unknown[], call: Parameters<Iterator>[1], initial: unknown) => unknown,
): Iterator {
  return (value, call, initial) => {
    if (value === undefined) return undefined
    return iterate(Array.isArray(value) ? value : [value], call, initial)
  }
}

function overFields(
  iterate: (fields: readonly [string, unknown][], object: unknown, call: Parameters<Iterator>[1]) => unknown,
): Iterator {
  return (value, call) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return giveUp()
    return iterate(Object.entries(value), value, call)
  }
}
