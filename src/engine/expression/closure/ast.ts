/**
 * A node of the tree that `program.ast()` gives, as far as this folder reads it. Not part of jsonata's documented interface:
 * the package is pinned to one version, and what a node has beyond these fields makes the compiler decline it.
 */
export interface Node {
  readonly type: string
  readonly value?: unknown
  readonly position?: number
  /** Conditions and indexes in brackets; on the step of a path they are called stages. */
  readonly predicate?: readonly Stage[]
  readonly stages?: readonly Stage[]
  /** A grouping in braces behind the node. */
  readonly group?: {readonly lhs: readonly Pair[]}
  /** `[]` behind the node, or behind a step of the path: one item stays an array. */
  readonly keepArray?: boolean
  readonly keepSingletonArray?: boolean
  /** An array constructor that begins or ends a path, and is not flattened. */
  readonly consarray?: boolean
  readonly steps?: readonly Node[]
  /** Of a step such as `a#$i`: the name. It and the steps behind it are evaluated in another way, and the former is marked. */
  readonly index?: string
  readonly tuple?: boolean
  readonly expressions?: readonly Node[]
  readonly expression?: Node
  readonly arguments?: readonly Node[]
  readonly procedure?: Node
  readonly body?: Node
  /** Of a function that declares the types of its parameters. */
  readonly signature?: unknown
  /** A function made of the last call of another, which is its body. */
  readonly thunk?: boolean
  readonly condition?: Node
  readonly then?: Node
  readonly else?: Node
  /** Of a transformation, `|pattern|update, delete|`. */
  readonly pattern?: Node
  readonly update?: Node
  readonly delete?: Node
  readonly terms?: readonly {readonly descending: boolean; readonly expression: Node}[]
  /** The operands; of an object constructor `lhs` is its pairs. */
  readonly lhs?: Node | readonly Pair[]
  readonly rhs?: Node
}

export type Pair = readonly [Node, Node]

export interface Stage {
  readonly type: string
  readonly expr: Node
}

/** The pairs of an object constructor. */
export function pairsOf(node: Node): readonly Pair[] {
  return Array.isArray(node.lhs) ? node.lhs : []
}

/** The operands of a binary node. */
export function operandsOf({lhs, rhs}: Node): [Node, Node] {
  return [lhs as Node, rhs as Node]
}

/** The conditions behind a node, whether it is a step or stands alone. */
export function filtersOf({predicate = [], stages = []}: Node): readonly Stage[] {
  return [...predicate, ...stages]
}

/** The nodes right below a node, in no particular order. */
export function childrenOf(node: Node): Node[] {
  const pairs = [...pairsOf(node), ...(node.group?.lhs ?? [])]
  const single = [
    ...[node.expression, node.procedure, node.body, node.condition, node.then, node.else, node.rhs],
    ...[node.pattern, node.update, node.delete],
  ]
  return [
    ...(Array.isArray(node.lhs) || node.lhs === undefined ? [] : [node.lhs as Node]),
    ...single.filter(child => child !== undefined),
    ...pairs.flat(),
    ...filtersOf(node).map(({expr}) => expr),
    ...(node.terms ?? []).map(({expression}) => expression),
    ...(node.steps ?? []),
    ...(node.expressions ?? []),
    ...(node.arguments ?? []),
  ].filter(child => typeof child === 'object')
}

/** The name when the node is one alone, without brackets or marks behind it. */
export function plainName(node: Node): string | undefined {
  if (node.type !== 'name' || !Object.keys(node).every(field => plainFields.has(field))) return undefined
  return String(node.value)
}

/** The names when the node is a path of them and nothing more, such as `new_val.room_id`. */
export function plainPath(node: Node): string[] | undefined {
  if (node.type !== 'path' || !Object.keys(node).every(field => field === 'type' || field === 'steps')) return undefined
  const names = (node.steps ?? []).map(plainName)
  return names.every(name => name !== undefined) ? names : undefined
}

const plainFields = new Set(['type', 'value', 'position'])
