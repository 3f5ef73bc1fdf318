import {childrenOf, type Node, pairsOf} from './ast.ts'

/**
 * The most evaluations that the official evaluator has begun and not ended at any time for this node, which is what its limit
 * of depth counts. The items of an array constructor and the values of an object are all begun before the first ends.
 */
export function depthOf(node: Node): number {
  const depths = new Map(childrenOf(node).map(child => [child, depthOf(child)]))
  const atOnce = [...pairsOf(node), ...(node.group?.lhs ?? [])].map(([, value]) => value).concat(node.expressions ?? [])
  const together = atOnce.reduce((total, child) => total + (depths.get(child) ?? 0), 0)
  return 1 + Math.max(together, ...depths.values())
}

/** The deepest that is compiled: far from the 500 of the official evaluator. */
export const maxDepth = 200
