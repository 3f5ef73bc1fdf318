import {type Node, operandsOf} from './ast.ts'
import {giveUp, spend} from './budget.ts'
import {type Closure, decline, type Scope} from './scope.ts'
import {bounded, toText} from './text.ts'
import {areEqual, isTrue, newSequence} from './value.ts'

export function compileBinary(node: Node, scope: Scope): Closure {
  const [left, right] = operandsOf(node).map(scope.compile) as [Closure, Closure]
  const make = operators[String(node.value)] ?? decline(`operator ${node.value}`)
  return make(left, right)
}

export function compileNegation(node: Node, scope: Scope): Closure {
  const run = scope.compile(node.expression as Node)
  return input => {
    const value = run(input)
    return value === undefined ? undefined : -numberOf(value)
  }
}

const operators: Readonly<Record<string, (left: Closure, right: Closure) => Closure>> = {
  and: (left, right) => input => isTrue(left(input)) && isTrue(right(input)),
  or: (left, right) => input => isTrue(left(input)) || isTrue(right(input)),
  '=': (left, right) => input => {
    const one = left(input)
    const other = right(input)
    return one !== undefined && other !== undefined && areEqual(one, other)
  },
  '!=': (left, right) => input => {
    const one = left(input)
    const other = right(input)
    return one !== undefined && other !== undefined && !areEqual(one, other)
  },
  '<': comparison((one, other) => one < other),
  '<=': comparison((one, other) => one <= other),
  '>': comparison((one, other) => one > other),
  '>=': comparison((one, other) => one >= other),
  '+': arithmetic((one, other) => one + other),
  '-': arithmetic((one, other) => one - other),
  '*': arithmetic((one, other) => one * other),
  '/': arithmetic((one, other) => one / other),
  '%': arithmetic((one, other) => one % other),
  '&': (left, right) => input => {
    const one = left(input)
    const other = right(input)
    return bounded((one === undefined ? '' : toText(one)) + (other === undefined ? '' : toText(other)))
  },
  in: (left, right) => input => {
    const one = left(input)
    const other = right(input)
    if (one === undefined || other === undefined) return false
    if (!Array.isArray(other)) return one === other
    spend(other.length)
    // Not `includes`, for which NaN is itself.
    return other.indexOf(one) !== -1
  },
  '..': (left, right) => input => range(left(input), right(input)),
}

/** Two numbers or two strings; nothing with either gives nothing. */
function comparison(compare: (one: number, other: number) => boolean): (left: Closure, right: Closure) => Closure {
  return (left, right) => input => {
    const one = left(input)
    const other = right(input)
    if (typeof one === 'number' && typeof other === 'number') return compare(one, other)
    if (typeof one === 'string' && typeof other === 'string') return compare(one as never, other as never)
    if (one === undefined && isComparable(other)) return undefined
    if (other === undefined && isComparable(one)) return undefined
    return giveUp()
  }
}

function isComparable(value: unknown): boolean {
  return value === undefined || typeof value === 'number' || typeof value === 'string'
}

function arithmetic(compute: (one: number, other: number) => number): (left: Closure, right: Closure) => Closure {
  return (left, right) => input => {
    const one = left(input)
    const other = right(input)
    const first = one === undefined ? undefined : numberOf(one)
    const second = other === undefined ? undefined : numberOf(other)
    return first === undefined || second === undefined ? undefined : compute(first, second)
  }
}

/** Anything but a finite number is an error there. */
function numberOf(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : giveUp()
}

/** `[1..5]` */
function range(first: unknown, last: unknown): unknown {
  // Past these there are numbers that do not change when 1 is added.
  if (first !== undefined && !Number.isSafeInteger(first)) giveUp()
  if (last !== undefined && !Number.isSafeInteger(last)) giveUp()
  if (first === undefined || last === undefined || (first as number) > (last as number)) return undefined
  spend((last as number) - (first as number) + 1)
  const items = newSequence()
  for (let item = first as number; item <= (last as number); item++) items.push(item)
  return items
}

/** `[a, b]`: what is nothing is left out, and the items of an array come by themselves unless it is a constructor, too. */
export function compileArray(node: Node, scope: Scope): Closure {
  const parts = (node.expressions ?? []).map(item => ({run: scope.compile(item), isArray: item.value === '['}))
  return input => {
    const items: unknown[] = []
    for (const {run, isArray} of parts) {
      const value = run(input)
      if (value === undefined) continue
      if (isArray || !Array.isArray(value)) items.push(value)
      else {
        spend(value.length)
        for (const item of value) items.push(item)
      }
    }
    if (node.consarray) Object.defineProperty(items, 'cons', {value: true})
    return items
  }
}
