import {setImmediate as nextTurn} from 'node:timers/promises'
import type {Storage, Verdict, Write, WriteOptions} from '../storage/storage.ts'
import {type Key, keyText} from './key.ts'
import type {Tally} from './result.ts'

/** One write as the table plans it. */
export type Item = (Write | Reckoning) & {
  readonly generated?: boolean
  /** Where the input had it; set by whoever reads the input. */
  line?: number | undefined
  /** Whether it is one that was selected, and goes by its key. */
  readonly isSelected?: boolean
}

/** A document whose key and text are known: nothing is left to do but to insert it. */
export interface Ready {
  readonly key: Key
  readonly insert: string
  line: number | undefined
}

/**
 * A write whose decision takes an expression, and so cannot be made inside a transaction: it is made before, and holds only
 * if the old value is still the same. `seen` is the old value when that is known already. Undefined: not this document.
 */
export interface Reckoning {
  readonly key: Key
  readonly seen?: string
  readonly reckon: (old: string | null) => Promise<Verdict | undefined>
}

/** A document that was refused, and where the input had it or, as JSON text, the key by which it was selected. */
export interface Refused {
  readonly line?: number | undefined
  readonly key?: string
  readonly reason: string
}

/** Carries out one batch and adds it up. Returns what was refused. */
export async function carryOut(
  storage: Storage,
  table: string,
  items: readonly Item[],
  tally: Tally,
  options: WriteOptions,
): Promise<Refused[]> {
  const refused: Refused[] = []
  let waiting = items
  while (waiting.length > 0) {
    const ready = waiting.every(isPlain) ? {items: waiting, writes: waiting} : await decide(storage, table, waiting)
    const {outcomes, position} = await storage.write(table, ready.writes, options)
    tally.seq = position
    const again: Item[] = []
    for (let index = 0; index < ready.items.length; index++) {
      const [item, write, outcome] = [ready.items[index], ready.writes[index], outcomes[index]]
      if (item === undefined || write === undefined || outcome === undefined) continue
      // The old value is no longer the one that the expression saw; `seen` is of no use any more.
      if (outcome.verdict.kind === 'moved' && 'reckon' in item) again.push(withoutSeen(item))
      const reason = tally.add(write, item.generated ?? false, outcome)
      if (reason === undefined) continue
      refused.push(item.isSelected ? {key: keyText(item.key), reason} : {line: item.line, reason})
    }
    waiting = again
  }
  return refused
}

function isPlain(item: Item): item is Item & Write {
  return !('reckon' in item)
}

/**
 * Evaluates the decisions that need it, in order, against the old values as they are now and, of a key that comes again, as the
 * one before leaves it: to find that out by the write would take one for each time that it comes.
 */
async function decide(
  storage: Storage,
  table: string,
  items: readonly Item[],
): Promise<{items: Item[]; writes: Write[]}> {
  const unseen = items.filter(item => 'reckon' in item && item.seen === undefined)
  const found =
    unseen.length === 0
      ? []
      : await storage.get(
          table,
          unseen.map(item => item.key),
        )
  const olds = new Map(unseen.map((item, index) => [item, found[index] ?? null]))
  const left = new Map<string, string | null>()
  const ready: {items: Item[]; writes: Write[]} = {items: [], writes: []}
  let turn = performance.now()
  for (const item of items) {
    let write: Write | undefined
    const key = keyText(item.key)
    if (isPlain(item)) {
      write = item
      left.delete(key)
    } else {
      const before = left.get(key)
      const seen = before === undefined ? (item.seen ?? olds.get(item) ?? null) : before
      const verdict = await item.reckon(seen)
      if (verdict !== undefined) write = {key: item.key, decide: old => (old === seen ? verdict : {kind: 'moved'})}
      left.set(key, verdict === undefined ? seen : leftBy(verdict, seen))
    }
    if (write !== undefined) {
      ready.items.push(item)
      ready.writes.push(write)
    }
    // Expressions wait for nothing, and a signal has to be heard.
    if (performance.now() - turn > atATime) {
      await nextTurn()
      turn = performance.now()
    }
  }
  return ready
}

function leftBy(verdict: Verdict, old: string | null): string | null {
  if (verdict.kind === 'store') return verdict.text
  return verdict.kind === 'remove' ? null : old
}

function withoutSeen(item: Item & Reckoning): Item {
  const {seen: _, ...rest} = item
  return rest
}

/** Milliseconds. */
const atATime = 50
