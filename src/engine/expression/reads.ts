import {childrenOf, filtersOf, type Node} from './closure/ast.ts'

/**
 * The fields of an input, which is an object, that an expression can tell from missing ones: without the others its result
 * is the same. Undefined when that is not known, or may be any. Not counted are the fields by which the official evaluator
 * marks structures of its own, which no expression names but all see: `_jsonata_function`, `_jsonata_lambda`,
 * `outerWrapper` and `tupleStream`.
 */
export function readsOf(ast: Node): Reads | undefined {
  const names: Names = new Map()
  return read(ast, true, names) ? names : undefined
}

/** By the name of a field: which fields of it are read, if it is an object; undefined when it may be any. */
export type Reads = ReadonlyMap<string, ReadonlySet<string> | undefined>

type Names = Map<string, Set<string> | undefined>

/** Collects the names; false when it may be any. `atTop` says whether the context of the node is the input. */
function read(node: Node, atTop: boolean, names: Names): boolean {
  if (Object.keys(node).some(field => unusual.has(field))) return false
  switch (node.type) {
    case 'path':
      return readPath(node, atTop, names)
    case 'name':
      if (atTop) names.set(String(node.value), undefined)
      return readBehind(node, false, names)
    case 'variable':
      return !isInput(node, atTop) && readBehind(node, false, names)
    case 'wildcard':
    case 'descendant':
      return !atTop && readBehind(node, false, names)
    case 'function':
      return readCall(node, node.arguments ?? [], atTop, names)
    case 'apply': {
      const [left, right] = [node.lhs, node.rhs] as [Node, Node]
      if (right.type !== 'function') return false
      return readCall(right, [left, ...(right.arguments ?? [])], atTop, names) && readBehind(node, false, names)
    }
    case 'parent':
    case 'partial':
    case 'transform':
      return false
    case 'lambda':
      // A signature may ask for the context.
      return node.signature === undefined && read(node.body as Node, atTop, names)
    case 'bind':
      return read(node.rhs as Node, atTop, names)
    default: {
      const behind = [...filtersOf(node).map(({expr}) => expr), ...(node.group?.lhs ?? []).flat()]
      const within = childrenOf(node).filter(child => !behind.includes(child))
      return within.every(child => read(child, atTop, names)) && behind.every(child => read(child, false, names))
    }
  }
}

function readPath(node: Node, atTop: boolean, names: Names): boolean {
  let isTop = atTop
  for (const [index, step] of (node.steps ?? []).entries()) {
    const isLast = index === (node.steps ?? []).length - 1
    if (isInput(step, isTop)) {
      // The whole input, unless a field is taken from it.
      if (isLast || Object.keys(step).some(field => unusual.has(field))) return false
      isTop = true
      if (!readBehind(step, isTop, names)) return false
    } else if (step.type === 'sort') {
      if (Object.keys(step).some(field => unusual.has(field)) || (isLast && isTop)) return false
      if (!(step.terms ?? []).every(({expression}) => read(expression, isTop, names))) return false
      if (!readBehind(step, isTop, names)) return false
    } else {
      const within = isTop && isBareName(step) ? (node.steps ?? [])[index + 1] : undefined
      if (within?.type === 'name') addWithin(names, String(step.value), String(within.value))
      else if (!read(step, isTop, names)) return false
      isTop = false
    }
  }
  return readBehind(node, false, names)
}

function addWithin(names: Names, name: string, field: string): void {
  const fields = names.get(name)
  if (fields !== undefined) fields.add(field)
  else if (!names.has(name)) names.set(name, new Set([field]))
}

/** A name with nothing behind it. */
function isBareName(node: Node): boolean {
  return node.type === 'name' && Object.keys(node).every(field => ['type', 'value', 'position'].includes(field))
}

/** Conditions and groupings behind a node. */
function readBehind(node: Node, atTop: boolean, names: Names): boolean {
  return [...filtersOf(node).map(({expr}) => expr), ...(node.group?.lhs ?? []).flat()].every(part =>
    read(part, atTop, names),
  )
}

/** A call with too few arguments takes the context for the first. */
function readCall({procedure, ...node}: Node, args: readonly Node[], atTop: boolean, names: Names): boolean {
  if (procedure?.type !== 'variable' || procedure.value === 'eval') return false
  if (atTop && args.length < (complete.get(String(procedure.value)) ?? Number.POSITIVE_INFINITY)) return false
  return args.every(arg => read(arg, atTop, names)) && readBehind(node, false, names)
}

function isInput(node: Node, atTop: boolean): boolean {
  return node.type === 'variable' && (node.value === '$' || (node.value === '' && atTop))
}

/** With so many arguments a function does not look at the context. */
const complete = new Map([
  ...'exists not boolean type string number length uppercase lowercase trim'.split(' ').map(name => [name, 1] as const),
  ...'abs floor ceil sqrt round count sum max min average'.split(' ').map(name => [name, 1] as const),
  ...'keys reverse distinct merge join toMillis fromMillis'.split(' ').map(name => [name, 1] as const),
  ...'contains split append lookup power substringBefore substringAfter'.split(' ').map(name => [name, 2] as const),
  ...'map filter single reduce each sift'.split(' ').map(name => [name, 2] as const),
  ['substring', 2] as const,
  ...'now millis'.split(' ').map(name => [name, 0] as const),
])

/** A place or an ancestor that is given a name, by which it may be read elsewhere. */
const unusual = new Set(['focus', 'index', 'ancestor', 'tuple', 'seekingParent'])
