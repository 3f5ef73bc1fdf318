import {type Node, plainPath} from './ast.ts'
import {giveUp, spend} from './budget.ts'
import {compileFilter} from './filter.ts'
import {compileGroup} from './group.ts'
import {compilePlaces} from './places.ts'
import {type Closure, decline, type Scope} from './scope.ts'
import {compileSort} from './sort.ts'
import {collectFields, fieldOf, type Items, newSequence, settle} from './value.ts'

/** One step of a path: the results for all inputs in one list. */
type Step = (inputs: readonly unknown[], isLast: boolean) => Items

/** `a.b.c`: each step is evaluated on every result of the one before. */
export function compilePath(node: Node, scope: Scope): Closure {
  const names = plainPath(node)
  if (names !== undefined) return compileNames(names)
  const first = (node.steps as readonly Node[])[0] as Node
  const [begin, ...steps] = compileSteps(node, scope) as [Step, ...Step[]]
  const group = node.group === undefined ? undefined : compileGroup(node.group.lhs, scope)
  return input => {
    let items = begin(Array.isArray(input) && first.type !== 'variable' ? input : sequenceOf(input), steps.length === 0)
    for (let index = 0; index < steps.length && items.length > 0; index++)
      items = (steps[index] as Step)(items, index === steps.length - 1)
    if (node.keepSingletonArray) items = keepingSingleton(items)
    return group === undefined ? items : group(items)
  }
}

/** A path of names alone, which is most of them. As long as there are no arrays it is one lookup after the other. */
function compileNames(names: readonly string[]): Closure {
  const steps = names.map(nameStep)
  return input => {
    let value = input
    for (let index = 0; index < names.length; index++) {
      if (Array.isArray(value)) return value.length === 0 ? undefined : namesOfItems(value, steps, index)
      value = fieldOf(value, names[index] as string)
      if (value === undefined) return undefined
    }
    return value
  }
}

function namesOfItems(array: readonly unknown[], steps: readonly Step[], start: number): unknown {
  let items: Items = array as Items
  for (let index = start; index < steps.length && items.length > 0; index++)
    items = (steps[index] as Step)(items, index === steps.length - 1)
  return settle(items, false)
}

function compileSteps({steps = [], group}: Node, scope: Scope): Step[] {
  const placed = steps.findIndex(step => step.tuple)
  if (placed !== -1 && (group !== undefined || steps[0]?.consarray)) decline('a place and more')
  const before = placed === -1 ? steps : steps.slice(0, placed)
  const made = before.map((step, index) =>
    index === 0 && step.consarray ? compileConstructedStep(step, scope) : compileStep(step, scope),
  )
  return placed === -1 ? made : [...made, compilePlaces(steps.slice(placed), scope)]
}

function compileStep(node: Node, scope: Scope): Step {
  if (node.type === 'sort') return compileSort(node, scope)
  const {stages, ...bare} = node
  if (stages === undefined && node.type === 'name' && !node.keepArray) return nameStep(String(node.value))
  const run = scope.compile(bare)
  const filters = (stages ?? []).map(stage => compileFilter(stage, scope))
  return eachInput(input => {
    let value = run(input)
    for (const filter of filters) value = filter(value)
    return value
  })
}

function nameStep(name: string): Step {
  return eachInput(input => {
    if (!Array.isArray(input)) return fieldOf(input, name)
    const items = newSequence()
    collectFields(input, name, items)
    return settle(items, false)
  })
}

/** The results in one list. An array among them gives its items; the last step keeps one that is all there is as it is. */
function eachInput(run: Closure): Step {
  return (inputs, isLast) => {
    spend(inputs.length + 1)
    const items = newSequence()
    let count = 0
    let only: unknown
    for (const input of inputs) {
      const value = run(input)
      if (value === undefined) continue
      count++
      only = value
      if (!Array.isArray(value) || (value as Items).cons) items.push(value)
      else {
        spend(value.length)
        for (const item of value) items.push(item)
      }
    }
    return isLast && count === 1 && Array.isArray(only) && (only as Items).sequence !== true ? only : items
  }
}

/** An array constructor that begins a path is evaluated once, on all inputs. */
function compileConstructedStep(node: Node, scope: Scope): Step {
  const run = scope.compile(node)
  return inputs => {
    const items = run(inputs)
    return Array.isArray(items) ? items : giveUp()
  }
}

/** One item stays an array when any step has `[]` behind it. */
function keepingSingleton(items: Items): Items {
  const sequence = items.cons && !items.sequence ? sequenceOf(items) : items
  // An array of the input has no mark, and gets none: it would mean nothing there.
  if (sequence.sequence) sequence.keepSingleton = true
  return sequence
}

function sequenceOf(item: unknown): Items {
  const items = newSequence()
  items.push(item)
  return items
}
