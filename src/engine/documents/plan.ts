import type {Expression} from '../expression/expression.ts'
import type {Verdict} from '../storage/storage.ts'
import {merged, prepare, refusing, replaced, sameDocument} from './document.ts'
import {parse, resultText, stringify} from './json.ts'
import type {Key} from './key.ts'
import {refusalReason} from './result.ts'
import type {Item, Ready} from './write.ts'

/** What `insert` does with a key that is taken. */
export type Conflict = 'error' | 'skip' | 'update' | 'replace'

/** The verdict that stores this text, unless it is what is there. */
export function storing(old: string | null, text: string): Verdict {
  return old !== null && sameDocument(old, text) ? {kind: 'unchanged'} : {kind: 'store', text}
}

/** A document that is ready, or a value and, unless it comes from a program, the text that it was parsed from. */
export type Value = Ready | {readonly value: unknown; readonly text?: string}

/** The value with all its digits. Throws Refusal for what is no JSON. */
export function givenValue(incoming: Value): unknown {
  if ('insert' in incoming) return refusing(() => parse(incoming.insert))
  return incoming.text === undefined ? incoming.value : parse(incoming.text)
}

/** Inserts a value. Throws Refusal. */
export function insertion(incoming: Value, conflict: Conflict, expression: Expression | undefined): Item {
  if ('insert' in incoming && conflict === 'error' && expression === undefined) return incoming
  const {key, text, generated} =
    'insert' in incoming
      ? {key: incoming.key, text: incoming.insert, generated: false}
      : prepare(incoming.value, incoming.text)
  if (expression !== undefined) return {key, generated, reckon: old => resolveConflict(expression, key, old, text)}
  switch (conflict) {
    case 'error':
      return {key, generated, insert: text}
    case 'skip':
      return {key, generated, decide: old => (old === null ? {kind: 'store', text} : {kind: 'skipped'})}
    case 'update':
      return {
        key,
        generated,
        decide: old => verdictOf(() => storing(old, old === null ? text : merged(key, old, parse(text)))),
      }
    case 'replace':
      return {key, generated, decide: old => storing(old, text)}
  }
}

/** Merges `patch` into the document with this key. Null is no change, as it is to RethinkDB. */
export function patching(key: Key, patch: unknown): (old: string | null) => Verdict {
  return old => {
    if (old === null) return {kind: 'skipped'}
    return patch === null ? {kind: 'unchanged'} : verdictOf(() => storing(old, merged(key, old, patch)))
  }
}

/** Puts `value` in the place of the document with this key; null deletes it. */
export function replacing(key: Key, value: unknown): (old: string | null) => Verdict {
  return old => (value === null ? removal(old) : verdictOf(() => storing(old, replaced(key, value))))
}

export function removal(old: string | null): Verdict {
  return old === null ? {kind: 'skipped'} : {kind: 'remove'}
}

/** Merges what the expression makes of the document. Nothing is no change. */
export async function patchingBy(expression: Expression, key: Key, old: string | null): Promise<Verdict> {
  if (old === null) return {kind: 'skipped'}
  const value = await resultOf(expression, () => JSON.parse(old), [old])
  if ('kind' in value) return value
  return value.value === undefined ? {kind: 'unchanged'} : patching(key, value.value)(old)
}

/** Puts what the expression makes of the document, or of null, in its place. */
export async function replacingBy(expression: Expression, key: Key, old: string | null): Promise<Verdict> {
  const value = await resultOf(expression, () => (old === null ? null : JSON.parse(old)), [old])
  if ('kind' in value) return value
  if (value.value === undefined)
    return {
      kind: 'refused',
      reason: `the expression has no result for the document ${stringify(key)}; null would delete it`,
    }
  return replacing(key, value.value)(old)
}

async function resolveConflict(expression: Expression, key: Key, old: string | null, text: string): Promise<Verdict> {
  if (old === null) return {kind: 'store', text}
  const value = await resultOf(
    expression,
    () => ({id: JSON.parse(stringify(key) as string), old_val: JSON.parse(old), new_val: JSON.parse(text)}),
    [old, text, stringify(key) as string],
  )
  if ('kind' in value) return value
  if (value.value === undefined)
    return {
      kind: 'refused',
      reason: `the expression has no result for the conflict at ${stringify(key)}; null would delete the document`,
    }
  return replacing(key, value.value)(old)
}

async function resultOf(
  expression: Expression,
  input: () => unknown,
  sources: readonly (string | null)[],
): Promise<{value: unknown} | Verdict> {
  try {
    const result = await expression.evaluate(input())
    // Through JSON: the evaluator's own arrays and functions stay behind, and long numbers get their digits back.
    const text = resultText(result, sources)
    return {value: text === undefined ? undefined : parse(text)}
  } catch (error) {
    return {kind: 'refused', reason: (error as Error).message}
  }
}

function verdictOf(decide: () => Verdict): Verdict {
  try {
    return refusing(decide)
  } catch (error) {
    return {kind: 'refused', reason: refusalReason(error)}
  }
}
