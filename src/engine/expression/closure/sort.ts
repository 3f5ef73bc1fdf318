import type {Node} from './ast.ts'
import {giveUp, spend} from './budget.ts'
import {compileFilter} from './filter.ts'
import type {Closure, Scope} from './scope.ts'
import type {Items} from './value.ts'

/** `^(price, >name)`: the items in order. Those without a value come last. */
export function compileSort(node: Node, scope: Scope): (inputs: readonly unknown[]) => Items {
  const terms = (node.terms ?? []).map(({descending, expression}) => ({
    sign: descending ? -1 : 1,
    key: scope.compile(expression),
  }))
  const filters = (node.stages ?? []).map(stage => compileFilter(stage, scope))
  return inputs => {
    const sorted: Items = inputs.length <= 1 ? (inputs as Items) : sort(inputs, terms)
    return filters.reduce<Items>((items, filter) => filter(items) as Items, sorted)
  }
}

type Terms = readonly {readonly sign: number; readonly key: Closure}[]

function sort(inputs: readonly unknown[], terms: Terms): unknown[] {
  spend(inputs.length * terms.length * 20)
  const rows = inputs.map(input => ({input, keys: terms.map(({key}) => key(input))}))
  // The values of later terms are looked at only where the earlier ones are the same. One that is no string and no number
  // gives up in any case, and is not so rare a mistake that it would matter.
  terms.forEach((_, index) => {
    requireOneType(rows.map(({keys}) => keys[index]))
  })
  rows.sort((one, other) => {
    for (const [index, {sign}] of terms.entries()) {
      const order = compareKeys(one.keys[index], other.keys[index], sign)
      if (order !== 0) return order
    }
    return 0
  })
  return rows.map(({input}) => input)
}

function requireOneType(keys: readonly unknown[]): void {
  const types = new Set(keys.map(key => typeof key))
  types.delete('undefined')
  if (types.size > 1) giveUp()
  for (const type of types) if (type !== 'string' && type !== 'number') giveUp()
  if (keys.some(Number.isNaN)) giveUp()
}

function compareKeys(one: unknown, other: unknown, sign: number): number {
  if (one === other) return 0
  if (one === undefined) return 1
  if (other === undefined) return -1
  return (one as string) < (other as string) ? -sign : sign
}
