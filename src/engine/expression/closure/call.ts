import type {Node} from './ast.ts'
import {arrayFunctions} from './call-arrays.ts'
import {compileIterator, isIterator} from './call-functions.ts'
import {numberFunctions} from './call-numbers.ts'
import {compileContainsRegex} from './call-regex.ts'
import {textFunctions} from './call-text.ts'
import {valueFunctions} from './call-values.ts'
import {type Closure, decline, type Scope} from './scope.ts'

/**
 * How a call of a built-in function is compiled, from its arguments; undefined when with so many it is not. What a function
 * does is decided by its signature, too: when an argument is missing the context takes its place, a missing value passes
 * through, and anything of another type is an error. Whatever is not plainly right gives up.
 */
export type BuiltIn = (args: readonly Closure[]) => Closure | undefined

const builtIns: Readonly<Record<string, BuiltIn>> = {
  ...arrayFunctions,
  ...numberFunctions,
  ...textFunctions,
  ...valueFunctions,
}

export function isBuiltIn(name: string): boolean {
  return Object.hasOwn(builtIns, name) || isIterator(name)
}

/** `$f(a, b)`, with the arguments that `~>` puts before them. */
export function compileCall(node: Node, scope: Scope, before: readonly Node[]): Closure {
  const {procedure} = node as {procedure: Node}
  const name = String(procedure.value)
  // With anything else behind it the name stands for what that gives.
  const isPlain = procedure.type === 'variable' && !('predicate' in procedure || 'group' in procedure)
  if (!isPlain || !isBuiltIn(name) || scope.find(name).length > 0) decline(`call of ${procedure.type} ${name}`)
  const nodes = [...before, ...(node.arguments ?? [])]
  if (isIterator(name)) return compileIterator(name, nodes, scope)
  if (name === 'contains' && nodes.at(-1)?.type === 'regex') return compileContainsRegex(nodes, scope)
  const args = nodes.map(scope.compile)
  return builtIns[name]?.(args) ?? decline(`$${name} with ${args.length} arguments`)
}

/**
 * What a function calls last is a call of its own in the tree, which the official evaluator makes when the function is left:
 * without a context, and it takes the result as it is. So only calls that need no context and give no sequence.
 */
export function compileLastCall(node: Node, scope: Scope): Closure {
  const {body} = node
  const name = body?.procedure?.type === 'variable' ? String(body.procedure.value) : ''
  const isAlike = node.thunk === true && body?.type === 'function' && !('group' in body || 'keepArray' in body)
  const needed = givesNoSequence.get(name)
  if (!isAlike || needed === undefined || (body.arguments ?? []).length < needed) decline('a function')
  return compileCall(body as Node, scope, [])
}

/** The number of arguments with which they need no context. */
const givesNoSequence = new Map([
  ...'uppercase lowercase length trim abs floor ceil sqrt round number'.split(' ').map(name => [name, 1] as const),
  ...'exists type not boolean string count sum max min average merge join'.split(' ').map(name => [name, 1] as const),
  ...'substringBefore substringAfter contains substring split power'.split(' ').map(name => [name, 2] as const),
])
