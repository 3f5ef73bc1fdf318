import {childrenOf, type Node, pairsOf, plainPath} from './ast.ts'
import {giveUp, refill} from './budget.ts'
import {compileCall, compileLastCall, isBuiltIn} from './call.ts'
import {depthOf, maxDepth} from './depth.ts'
import {compileFilter} from './filter.ts'
import {compileGroup} from './group.ts'
import {compileArray, compileBinary, compileNegation} from './operators.ts'
import {compilePath} from './path.ts'
import {assignedIn, type Closure, Declined, decline, Scope, type Slot, unassigned} from './scope.ts'
import {collectFields, fieldOf, isTrue, newSequence, settle} from './value.ts'
import {allDescendants, allFields} from './wildcard.ts'

/** What a program gives that was not certain of its result. */
export const uncertain: unique symbol = Symbol('uncertain')

/** The value for an input, or `uncertain`. Never throws, never changes the input, always ends soon. */
export type Program = (input: unknown) => unknown

/** Undefined for an expression that has something which is not compiled. */
export function compile(ast: Node): Program | undefined {
  const root: Slot = {value: undefined}
  const run = compiled(ast, root)
  if (run === undefined) return undefined
  return input => {
    // The official evaluator treats an array at the top as one item, in places.
    if (Array.isArray(input)) return uncertain
    refill()
    root.value = input
    try {
      return run(input)
    } catch {
      // Uncertain, or too deep for the stack, or the input is an object that fails when it is read.
      return uncertain
    }
  }
}

function compiled(ast: Node, root: Slot): Closure | undefined {
  try {
    checkFields(ast)
    if (depthOf(ast) > maxDepth) return undefined
    const scope = new Scope((node, inner) => compileNode(node, inner, root), [ast])
    const run = scope.compile(ast)
    return scope.own.length === 0 ? run : starting(scope.own, run)
  } catch (error) {
    if (error instanceof Declined || error instanceof RangeError) return undefined
    throw error
  }
}

/** A node, with what may be behind any: conditions, a grouping, `[]`. */
function compileNode(node: Node, scope: Scope, root: Slot): Closure {
  const make = kinds[node.type] ?? decline(node.type)
  if (node.tuple !== undefined || node.index !== undefined) decline('a place')
  const run = make(node, scope, root)
  const filters = (node.predicate ?? []).map(stage => compileFilter(stage, scope))
  const group = node.group === undefined || node.type === 'path' ? undefined : compileGroup(node.group.lhs, scope)
  const keepArray = node.keepArray === true
  if (filters.length === 0 && group === undefined && !keepArray && isSettled(node)) return run
  return input => {
    let value = run(input)
    for (const filter of filters) value = filter(value)
    if (group !== undefined) value = group(value)
    return settle(value, keepArray)
  }
}

/** Whether the kind gives no sequence, or settles it itself. */
function isSettled(node: Node): boolean {
  return settled.has(node.type) || (node.type === 'binary' && node.value !== '..') || plainPath(node) !== undefined
}

const settled = new Set(['unary', 'string', 'number', 'value', 'condition', 'block', 'bind'])

/** What a node has beyond these fields, such as a position bound by `#$i`, changes how it is evaluated. */
function checkFields(node: Node): void {
  for (const field of Object.keys(node)) if (!fields.has(field)) decline(`${node.type} with ${field}`)
  childrenOf(node).forEach(checkFields)
}

const fields = new Set(
  `type value position name predicate stages group keepArray keepSingletonArray consarray steps index tuple expressions expression
   arguments procedure body signature thunk condition then else terms lhs rhs`.split(/\s+/),
)

const kinds: Readonly<Record<string, (node: Node, scope: Scope, root: Slot) => Closure>> = {
  path: compilePath,
  binary: compileBinary,
  unary: compileUnary,
  name: ({value}) => compileName(String(value)),
  string: literal,
  number: literal,
  value: literal,
  wildcard: () => allFields,
  descendant: () => allDescendants,
  condition: compileCondition,
  block: compileBlock,
  bind: compileAssignment,
  variable: compileVariable,
  function: compileCallNode,
  lambda: compileLastCall,
  apply: compileChain,
}

function literal({value}: Node): Closure {
  return () => value
}

function compileName(name: string): Closure {
  return input => {
    if (!Array.isArray(input)) return fieldOf(input, name)
    const items = newSequence()
    collectFields(input, name, items)
    return items
  }
}

function compileUnary(node: Node, scope: Scope): Closure {
  switch (node.value) {
    case '-':
      return compileNegation(node, scope)
    case '[':
      // The official evaluator works on the items all at once: what one assigns, another would see or not.
      if ((node.expressions ?? []).some(item => assignedIn(item).length > 0)) decline('an assignment in an array')
      return compileArray(node, scope)
    case '{':
      return compileGroup(pairsOf(node), scope)
    default:
      return decline(`unary ${node.value}`)
  }
}

function compileCallNode(node: Node, scope: Scope): Closure {
  return compileCall(node, scope, [])
}

function compileCondition(node: Node, scope: Scope): Closure {
  const [condition, whenTrue] = [node.condition, node.then].map(part => scope.compile(part as Node)) as [
    Closure,
    Closure,
  ]
  const otherwise = node.else === undefined ? () => undefined : scope.compile(node.else)
  return input => (isTrue(condition(input)) ? whenTrue(input) : otherwise(input))
}

function compileBlock(node: Node, scope: Scope): Closure {
  const parts = node.expressions ?? []
  const inner = scope.inner(parts)
  const runs = parts.map(inner.compile)
  const last = runs.at(-1) ?? (() => undefined)
  const before = runs.slice(0, -1)
  const run: Closure = input => {
    for (const part of before) part(input)
    return last(input)
  }
  if (inner.own.length > 0) return starting(inner.own, run)
  return before.length === 0 ? last : run
}

/** Each evaluation of a block begins without its variables. */
function starting(slots: readonly Slot[], run: Closure): Closure {
  return input => {
    for (const slot of slots) slot.value = unassigned
    return run(input)
  }
}

function compileAssignment(node: Node, scope: Scope): Closure {
  const name = String((node.lhs as Node).value)
  const run = scope.compile(node.rhs as Node)
  const [slot] = scope.find(name)
  if (slot === undefined || name === '' || name === '$' || isBuiltIn(name)) return decline(`assignment to $${name}`)
  return input => {
    const value = run(input)
    slot.value = value
    return value
  }
}

function compileVariable({value: name}: Node, scope: Scope, root: Slot): Closure {
  if (name === '') return refuseWrapper
  if (name === '$') return () => root.value
  const slots = scope.find(String(name))
  // A built-in function, one that a caller gives, or a mistake.
  if (slots.length === 0) decline(`$${name}`)
  return () => {
    for (const {value} of slots) if (value !== unassigned) return value
    return giveUp()
  }
}

/** `$`. The official evaluator takes an object with this key for its own wrapper of an array. */
function refuseWrapper(input: unknown): unknown {
  if (typeof input === 'object' && input !== null && (input as {outerWrapper?: unknown}).outerWrapper) giveUp()
  return input
}

/** `a ~> $f(b)` is `$f(a, b)`. */
function compileChain(node: Node, scope: Scope): Closure {
  const {lhs, rhs} = node as {lhs: Node; rhs: Node}
  return rhs.type === 'function' ? compileCall(rhs, scope, [lhs]) : decline('~> without a call')
}
