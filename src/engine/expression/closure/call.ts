import type {Node} from './ast.ts'
import {arrayFunctions} from './call-arrays.ts'
import {numberFunctions} from './call-numbers.ts'
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
  return Object.hasOwn(builtIns, name)
}

/** `$f(a, b)`, with the arguments that `~>` puts before them. */
export function compileCall(node: Node, scope: Scope, before: readonly Node[]): Closure {
  const {procedure} = node as {procedure: Node}
  const name = String(procedure.value)
  // With anything else behind it the name stands for what that gives.
  const isPlain = procedure.type === 'variable' && !('predicate' in procedure || 'group' in procedure)
  if (!isPlain || !isBuiltIn(name)) decline(`call of ${procedure.type} ${name}`)
  const args = [...before, ...(node.arguments ?? [])].map(scope.compile)
  return builtIns[name]?.(args) ?? decline(`$${name} with ${args.length} arguments`)
}
