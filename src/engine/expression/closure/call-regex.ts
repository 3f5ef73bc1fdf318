import type {Node} from './ast.ts'
import {giveUp, spend} from './budget.ts'
import {context, textOrNothing} from './call-text.ts'
import {estimate, mayTakeLong} from './regex-cost.ts'
import {type Closure, decline, type Scope} from './scope.ts'

/** `$contains(text, /pattern/)`. With the pattern alone the context is the text. */
export function compileContainsRegex(nodes: readonly Node[], scope: Scope): Closure {
  const pattern = nodes.at(-1)?.value
  if (!(pattern instanceof RegExp) || nodes.length > 2 || 'predicate' in (nodes.at(-1) as Node)) decline('a regex')
  const text = nodes.length === 1 ? context : scope.compile(nodes[0] as Node)
  // Of its own, since it remembers a place.
  const regex = new RegExp(pattern as RegExp)
  const cost = estimate(regex.source)
  return input => {
    const whole = textOrNothing(text(input))
    if (whole === undefined) return undefined
    if (mayTakeLong(cost, whole)) giveUp()
    spend(whole.length >> 3)
    regex.lastIndex = 0
    return regex.test(whole)
  }
}
