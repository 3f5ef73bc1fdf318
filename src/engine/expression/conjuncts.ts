import {type Node, operandsOf, plainPath} from './closure/ast.ts'
import {depthOf, maxDepth} from './closure/depth.ts'

/** A comparison of a field with a constant, or of the order of two fields. */
export interface Conjunct {
  /** Names of fields, each within the one before. At least one. */
  readonly path: readonly string[]
  readonly op: '=' | '!=' | '<' | '<=' | '>' | '>='
  /** A number, a string or another field where `op` is about order; otherwise a constant. */
  readonly value: string | number | boolean | null | {readonly path: readonly string[]}
}

/**
 * Comparisons that say of many inputs, without the expression, that it is not true for them.
 *
 * The value of a conjunct's path is what is found by going from field to field; it is missing where one is. On an input that
 * is an object a conjunct is one of three:
 *
 * - undecided, if there is an array on the way (as the value itself is none), or if `op` is about order and the value is
 *   there but not of the type of the conjunct's; of two fields, if one is there but neither a number nor a string, or if
 *   they are not of one type;
 * - true, if the value is there and the comparison holds. Numbers compare as doubles and strings by UTF-16 units; equality
 *   is of value and type, so that 1 is not true and null is not missing; an array or an object equals no constant;
 * - false otherwise.
 *
 * Go through them in order: where one is false, and all before it are true, the expression is not true and does not fail, and
 * the input can be left out. At an order that is undecided, and behind the last, only the expression itself knows. The order
 * matters, as an expression that fails on an input has to tell so, which a later conjunct must not hide. An equality never
 * fails: where it is undecided, or nobody looked, the later ones count all the same.
 */
export function conjunctsOf(ast: Node): readonly Conjunct[] {
  // One as deep as this may fail for its depth.
  if (depthOf(ast) > maxDepth) return []
  const conjuncts: Conjunct[] = []
  for (const part of partsOf(ast)) {
    const conjunct = toConjunct(part)
    if (conjunct !== undefined) conjuncts.push(conjunct)
    else if (!isSafe(part)) break
  }
  return conjuncts
}

/** What `and` joins, from left to right. */
function partsOf(node: Node): Node[] {
  const bare = withoutParentheses(node)
  return isOperator(bare, ['and']) ? operandsOf(bare).flatMap(partsOf) : [bare]
}

function toConjunct(node: Node): Conjunct | undefined {
  if (!isOperator(node, [...equalities, ...orders])) return undefined
  const [left, right] = operandsOf(node).map(withoutParentheses) as [Node, Node]
  const op = node.value as Conjunct['op']
  const [field, against, shown] = isConstant(left) ? [right, left, flipped[op]] : [left, right, op]
  const path = fieldPath(field)
  if (path === undefined) return undefined
  const other = fieldPath(against)
  if (other !== undefined && orders.includes(op)) return {path, op, value: {path: other}}
  if (!isConstant(against)) return undefined
  const value = against.value as Conjunct['value']
  // An order of anything else fails for each input that has the field.
  if (orders.includes(op) && typeof value !== 'number' && typeof value !== 'string') return undefined
  return {path, op: shown, value}
}

/** A plain path, also one from `$` or `$$` on, which at the top are the input. */
function fieldPath(node: Node): string[] | undefined {
  const [first, ...rest] = node.steps ?? []
  const isInput = first?.type === 'variable' && (first.value === '' || first.value === '$') && !isAdorned(first)
  const path = plainPath(isInput ? {...node, steps: rest} : node)
  return path?.length === 0 ? undefined : path
}

/** Whether a part gives true or false for every input, and never fails. */
function isSafe(node: Node): boolean {
  const bare = withoutParentheses(node)
  if (isOperator(bare, ['and', 'or'])) return operandsOf(bare).every(isSafe)
  if (isOperator(bare, [...equalities, 'in'])) return operandsOf(bare).every(isSafeValue)
  return isExists(bare) && (bare.arguments ?? []).every(isSafeValue)
}

function isSafeValue(node: Node): boolean {
  const bare = withoutParentheses(node)
  return isConstant(bare) || fieldPath(bare) !== undefined || isSafe(bare) || isSafeArray(bare)
}

function isSafeArray(node: Node): boolean {
  return node.type === 'unary' && node.value === '[' && !isAdorned(node) && (node.expressions ?? []).every(isConstant)
}

function isExists({type, procedure, arguments: args, ...rest}: Node): boolean {
  if (type !== 'function' || procedure?.type !== 'variable' || procedure.value !== 'exists') return false
  return args?.length === 1 && !isAdorned(rest) && !isAdorned(procedure)
}

function withoutParentheses(node: Node): Node {
  const [only, ...more] = node.type === 'block' ? (node.expressions ?? []) : []
  return only === undefined || more.length > 0 || isAdorned(node) ? node : withoutParentheses(only)
}

function isOperator(node: Node, operators: readonly string[]): boolean {
  return node.type === 'binary' && operators.includes(String(node.value)) && !isAdorned(node)
}

function isConstant(node: Node): boolean {
  return ['string', 'number', 'value'].includes(node.type) && !isAdorned(node)
}

/** Whether there is something behind the node that changes its value. */
function isAdorned(node: object): boolean {
  return ['predicate', 'stages', 'group', 'keepArray', 'focus', 'index', 'tuple'].some(field => field in node)
}

const equalities: readonly string[] = ['=', '!=']
const orders: readonly string[] = ['<', '<=', '>', '>=']
const flipped = {'=': '=', '!=': '!=', '<': '>', '<=': '>=', '>': '<', '>=': '<='} as const
