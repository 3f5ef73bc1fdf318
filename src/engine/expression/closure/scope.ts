import {childrenOf, type Node} from './ast.ts'

/** A part of an expression, ready to run. Throws when it is not certain; see budget.ts. */
export type Closure = (input: unknown) => unknown

/** Says at compile time that an expression has something that is not compiled. */
export class Declined extends Error {}

export function decline(what: string): never {
  throw new Declined(what)
}

/** A variable. There is no recursion, so that one place is enough for all evaluations of its block. */
export interface Slot {
  value: unknown
}

/** What a slot holds that has not been assigned since its block began. */
export const unassigned: unique symbol = Symbol('unassigned')

/** The variables of a block, and those around it. */
export class Scope {
  /** Compiles a part that sees these variables. Here, so that the files of the compiler need not import each other in circles. */
  readonly compile: (node: Node) => Closure
  readonly #make: (node: Node, scope: Scope) => Closure
  readonly #outer: Scope | undefined
  readonly #slots = new Map<string, Slot>()

  /** `parts` are what the block consists of: a variable that one of them assigns anywhere is one of this scope. */
  constructor(
    make: (node: Node, scope: Scope) => Closure,
    parts: readonly Node[],
    outer?: Scope,
    names: string[] = [],
  ) {
    this.#make = make
    this.#outer = outer
    this.compile = node => make(node, this)
    for (const name of [...names, ...parts.flatMap(assignedIn)]) this.#slots.set(name, {value: unassigned})
  }

  inner(parts: readonly Node[]): Scope {
    return new Scope(this.#make, parts, this)
  }

  /** The variables of a function, or what is like one, and the slots of its parameters. */
  ofFunction(names: string[], parts: readonly Node[]): {scope: Scope; parameters: Slot[]} {
    const scope = new Scope(this.#make, parts, this, names)
    return {scope, parameters: names.map(name => scope.#slots.get(name) as Slot)}
  }

  get own(): readonly Slot[] {
    return [...this.#slots.values()]
  }

  /** The places where a variable may be found, the nearest first. */
  find(name: string): Slot[] {
    const slot = this.#slots.get(name)
    return [...(slot === undefined ? [] : [slot]), ...(this.#outer?.find(name) ?? [])]
  }
}

/** The variables that a part assigns outside of any block or function of its own. */
export function assignedIn(node: Node): string[] {
  if (node.type === 'block' || node.type === 'lambda') return []
  const own = node.type === 'bind' ? [String((node.lhs as Node).value)] : []
  return [...own, ...childrenOf(node).flatMap(assignedIn)]
}
