import {childrenOf, type Node} from '../closure/ast.ts'

/**
 * Whether values may grow from step to step: by a function that can call itself or is called with its own result, or by
 * steps that are written in the expression often enough. Functions that are given to `$map` and the like are called with
 * items.
 */
export function mayGrow(ast: Node): boolean {
  return isRecursive(ast) || countOf(ast, isConcatenation) > 8 || countOf(ast, ({type}) => type === 'bind') > 3
}

function isRecursive(node: Node): boolean {
  if (['lambda', 'partial', 'apply'].includes(node.type) && !isThunk(node) && !isChainedCall(node)) return true
  if (node.type !== 'function') return childrenOf(node).some(isRecursive)
  const {procedure, arguments: args = []} = node
  const name = procedure?.type === 'variable' ? String(procedure.value) : ''
  if (name === 'reduce' || name === 'eval') return true
  // A variable may hold the function that is being called.
  if (!overItems.has(name)) return [...args, procedure as Node].some(isRecursive)
  return args.map(arg => (arg.type === 'lambda' ? (arg.body as Node) : arg)).some(isRecursive)
}

/** What a function calls last is made a function, too, so that the stack does not grow. */
function isThunk(node: Node): boolean {
  return node.thunk === true && !isRecursive(node.body as Node)
}

/** `a ~> $f(b)`, whose parts are looked at as those of a call. */
function isChainedCall({type, rhs}: Node): boolean {
  return type === 'apply' && rhs?.type === 'function'
}

const overItems = new Set(['map', 'filter', 'single', 'each', 'sift', 'sort'])

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

export function hasWildcard(node: Node): boolean {
  return node.type === 'wildcard' || childrenOf(node).some(hasWildcard)
}

/** Whether `*` of this value takes longer than any evaluation may: it copies all items that it has for each field. */
export function isWideForWildcard(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const lists = Object.values(value).filter(Array.isArray)
  return lists.length * lists.reduce((sum, list) => sum + list.length, 0) > 4e8
}
