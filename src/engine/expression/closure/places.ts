import type {Node} from './ast.ts'
import {spend} from './budget.ts'
import {assignedIn, type Closure, decline, type Scope, unassigned} from './scope.ts'
import {type Items, newSequence} from './value.ts'

/**
 * The steps of a path from the first one with a place on, as in `items#$i.{"at": $i}`: each item comes with the places that it
 * and those it was found in had among the results of their steps.
 */
export function compilePlaces(steps: readonly Node[], scope: Scope): (inputs: readonly unknown[]) => Items {
  if (steps.some(step => step.stages !== undefined || step.type === 'sort')) decline('a condition behind a place')
  if (steps.flatMap(assignedIn).length > 0) decline('an assignment behind a place')
  const names = [...new Set(steps.flatMap(({index = []}) => index))]
  if (names.includes('') || names.includes('$')) decline('a place without a name')
  const {scope: inner, parameters: slots} = scope.ofFunction(names, steps)
  const parts = steps.map(({index = '', tuple: _, ...bare}) => ({
    run: inner.compile(bare),
    named: names.indexOf(index),
  }))
  return inputs => {
    let found: readonly Placed[] = inputs.map(item => ({item, places: []}))
    for (const {run, named} of parts) {
      spend(found.length * (1 + slots.length))
      found = found.flatMap(({item, places}) => {
        for (const [index, slot] of slots.entries()) slot.value = index in places ? places[index] : unassigned
        return placed(run(item), named, places)
      })
    }
    const items = newSequence()
    for (const {item} of found) items.push(item)
    return items
  }
}

interface Placed {
  readonly item: unknown
  /** As many of the named places as the steps so far give, in the order of the names. */
  readonly places: readonly number[]
}

function placed(value: ReturnType<Closure>, named: number, before: readonly number[]): Placed[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) return [{item: value, places: withPlace(before, named, 0)}]
  spend(value.length)
  return value.map((item, place) => ({item, places: withPlace(before, named, place)}))
}

function withPlace(places: readonly number[], named: number, place: number): readonly number[] {
  if (named === -1) return places
  const all = [...places]
  all[named] = place
  return all
}
