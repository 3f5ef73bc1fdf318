import {childrenOf, type Node} from '../closure/ast.ts'

/**
 * Whether values may grow from step to step: by a function that can call itself or is called with its own result, or by
 * steps that are written in the expression often enough. Functions that are given to `$map` and the like are called with
 * items.
 */
export function mayGrow(ast: Node): boolean {
  const own = new Set(ownNames(ast))
  // An assignment, or a call of what was assigned: what one gives may be what the next is given.
  const isStep = ({type, procedure}: Node) =>
    type === 'bind' || (type === 'function' && (procedure?.type !== 'variable' || own.has(procedure.value)))
  if ([...own].some(name => plainFunctions.has(String(name)))) return true
  return isRecursive(ast) || countOf(ast, isConcatenation) > 8 || countOf(ast, isStep) > 4
}

/** The names that are assigned to, and those of parameters. */
function ownNames(node: Node): unknown[] {
  const names = node.type === 'bind' ? [node.lhs as Node] : node.type === 'lambda' ? (node.arguments ?? []) : []
  return [...names.map(({value}) => value), ...childrenOf(node).flatMap(ownNames)]
}

function isRecursive(node: Node): boolean {
  const {type, procedure, arguments: args = []} = node
  if (type === 'partial' || (type === 'apply' && !isChained(node))) return true
  if (type === 'lambda') return !isThunk(node) && callsUnknown(node.body as Node)
  if (type === 'variable' && (node.value === 'reduce' || node.value === 'eval')) return true
  const name = procedure?.type === 'variable' ? String(procedure.value) : ''
  const [, callback] = args
  if (name === 'reduce' && callback?.type === 'variable' && plainFunctions.has(String(callback.value)))
    return args.some(isRecursive)
  // Functions that are given to these are called with items, and what they give is not given to them again.
  if (type === 'function' && overItems.has(name))
    return args.map(arg => (arg.type === 'lambda' ? (arg.body as Node) : arg)).some(isRecursive)
  return childrenOf(node).some(isRecursive)
}

/** What a function calls last is made a function, too, so that the stack does not grow. */
function isThunk(node: Node): boolean {
  return node.thunk === true && !isRecursive(node.body as Node)
}

/** `a ~> $f(b)`, whose parts are looked at as those of a call, and `a ~> |b|{}|`. */
function isChained({rhs}: Node): boolean {
  return rhs?.type === 'function' || rhs?.type === 'transform'
}

/** Whether the body of a function calls one that it is given, or that a variable holds, which may be itself. */
function callsUnknown(node: Node): boolean {
  const {type, procedure, arguments: args = []} = node
  if (type === 'partial' || type === 'apply' || type === 'transform') return true
  if (type === 'function') {
    const name = procedure?.type === 'variable' ? String(procedure.value) : ''
    if (!plainFunctions.has(name)) return true
    return args.some(callsUnknown)
  }
  return childrenOf(node).some(callsUnknown)
}

const overItems = new Set(['map', 'filter', 'single', 'each', 'sift', 'sort'])

/** Functions that call no other. */
const plainFunctions = new Set(
  `abs average boolean ceil count exists floor formatNumber fromMillis length lookup lowercase max min not number power round
   sqrt string substring substringAfter substringBefore sum toMillis trim type uppercase`.split(/\s+/),
)

function isConcatenation({type, value}: Node): boolean {
  return type === 'binary' && value === '&'
}

function countOf(node: Node, test: (node: Node) => boolean): number {
  return childrenOf(node).reduce((count, child) => count + countOf(child, test), test(node) ? 1 : 0)
}

/** The name of a function that no expression can call or assign to. */
export const boundName = '(bound of a range)'

/**
 * Has the bounds of ranges checked: the official evaluator counts from one to the other by adding 1, which past 2^53 does
 * nothing, so that it would never end. Changes the tree, and with it what the program does.
 */
export function checkRanges(node: Node): void {
  checkRange(node)
  childrenOf(node).forEach(checkRanges)
}

export function checkRange(node: Node): void {
  if (node.type !== 'binary' || node.value !== '..') return
  const range = node as {lhs: Node; rhs: Node}
  range.lhs = checked(range.lhs)
  range.rhs = checked(range.rhs)
}

function checked(bound: Node): Node {
  if (bound.type === 'number' ? Number.isSafeInteger(bound.value) : neverNumbers.has(bound.type)) return bound
  if (bound.procedure?.value === boundName) return bound
  return {
    type: 'function',
    value: '(',
    ...(bound.position === undefined ? {} : {position: bound.position}),
    procedure: {type: 'variable', value: boundName},
    arguments: [bound],
  }
}

const neverNumbers = new Set(['string', 'value', 'regex', 'lambda'])

/** The names of all variables, functions among them, that are looked up. */
export function variablesOf(node: Node, into = new Set<unknown>()): Set<unknown> {
  if (node.type === 'variable') into.add(node.value)
  for (const child of childrenOf(node)) variablesOf(child, into)
  return into
}

/** Whether there is a `*`, or may be one in a text for `$eval`. */
export function hasWildcard(node: Node): boolean {
  const {type, value} = node
  return type === 'wildcard' || (type === 'variable' && value === 'eval') || childrenOf(node).some(hasWildcard)
}

/** Whether `*` of this value takes longer than any evaluation may: it copies all items that it has for each field. */
export function isWideForWildcard(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const lists = Object.values(value).filter(Array.isArray)
  return lists.length * lists.reduce((sum, list) => sum + list.length, 0) > 4e8
}
