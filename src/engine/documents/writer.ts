import {setImmediate as nextTurn} from 'node:timers/promises'
import {Expression} from '../expression/expression.ts'
import type {Storage, Verdict} from '../storage/storage.ts'
import {Refusal, refusing} from './document.ts'
import {type Key, storedKey, toKey} from './key.ts'
import {findIn, isFailure, isMatch} from './matches.ts'
import type {InsertOptions, Made, Selected, Source, WriteOptions, WriteProgress} from './options.ts'
import {givenValue, insertion, patching, patchingBy, removal, replacing, replacingBy, type Value} from './plan.ts'
import {refusalReason, Tally} from './result.ts'
import {DocumentSet} from './set.ts'
import {carryOut, type Item, type Refused} from './write.ts'

/** Writes to one table, step by step: whoever takes the steps sees how far it is, and may stop between two of them. */
export class Writer {
  readonly #storage: Storage
  readonly #table: string

  constructor(storage: Storage, table: string) {
    this.#storage = storage
    this.#table = table
  }

  /** Inserts what the source brings. The table is made if it does not exist. */
  async *insert(source: Source, options: InsertOptions): AsyncGenerator<WriteProgress> {
    const {conflict = 'error', conflictExpr} = options
    const expression = conflictExpr === undefined ? undefined : await Expression.compile(conflictExpr)
    await this.#storage.create(this.#table)
    yield* this.#fromSource(source, incoming => insertion(incoming, conflict, expression), options)
  }

  /** Merges what the source brings, each into the document that has its id. */
  updateFrom(source: Source, options: WriteOptions): AsyncGenerator<WriteProgress> {
    return this.#fromSource(source, incoming => withKeyOf(givenValue(incoming), patching), options)
  }

  /** Replaces the documents that have the ids of what the source brings. */
  replaceFrom(source: Source, options: WriteOptions): AsyncGenerator<WriteProgress> {
    return this.#fromSource(source, incoming => withKeyOf(givenValue(incoming), replacing), options)
  }

  async *update(selected: Selected, made: Made, options: WriteOptions): AsyncGenerator<WriteProgress> {
    if ('value' in made) return yield* this.#selected(selected, key => patching(key, made.value), options)
    const expression = await Expression.compile(made.expr)
    yield* this.#selected(selected, key => old => patchingBy(expression, key, old), options)
  }

  async *replace(selected: Selected, made: Made, options: WriteOptions): AsyncGenerator<WriteProgress> {
    if ('value' in made) return yield* this.#selected(selected, key => replacing(key, made.value), options)
    const expression = await Expression.compile(made.expr)
    yield* this.#selected(selected, key => old => replacingBy(expression, key, old), options)
  }

  delete(selected: Selected, options: WriteOptions): AsyncGenerator<WriteProgress> {
    return this.#selected(selected, () => removal, options)
  }

  /** Deletes every document, each a change of its own, and the table. */
  async drop(options: WriteOptions): Promise<Tally> {
    const tally = new Tally(options.returnChanges ?? false)
    const {deleted, position} = await this.#storage.drop(this.#table, {durability: options.durability ?? 'hard'})
    tally.seq = position
    if (!options.returnChanges) {
      tally.deleted = deleted
      return tally
    }
    for (let after = position - deleted; after < position; ) {
      const read = await this.#storage.changes({after, until: position, limit: 500})
      for (const {old_val} of read.changes)
        tally.add({key: '', decide: removal}, false, {old: old_val, verdict: {kind: 'remove'}})
      after = read.position
    }
    return tally
  }

  async *#fromSource(
    source: Source,
    plan: (incoming: Value) => Item,
    options: WriteOptions,
  ): AsyncGenerator<WriteProgress> {
    const tally = await this.#begin(options)
    yield {tally, refused: [], failures: []}
    for await (const batch of source) {
      const items: Item[] = []
      const refused: Refused[] = []
      const first = tally.firstError
      for (const incoming of batch) {
        try {
          if ('refused' in incoming) throw new Refusal(incoming.refused)
          const item = plan(incoming)
          item.line = incoming.line
          items.push(item)
        } catch (error) {
          refused.push({line: incoming.line, reason: tally.refuse(refusalReason(error))})
        }
      }
      refused.push(...(await this.#carryOut(items, tally, options)))
      // What the storage refuses is known last, wherever it stood.
      refused.sort((one, other) => (one.line ?? 0) - (other.line ?? 0))
      tally.firstError = first ?? refused[0]?.reason
      yield {tally, refused, failures: []}
    }
  }

  async *#selected(
    selected: Selected,
    decide: (key: Key) => Decide,
    options: WriteOptions,
  ): AsyncGenerator<WriteProgress> {
    const tally = await this.#begin(options)
    yield {tally, refused: [], failures: []}
    if ('keys' in selected) {
      const items = selected.keys.map(key => itemOf(key, decide(key), options.signal))
      yield {tally, refused: await this.#carryOut(items, tally, options), failures: []}
      return
    }
    const set = await DocumentSet.compile('where' in selected ? selected : {})
    for await (const found of findIn(this.#storage, this.#table, set, options.signal)) {
      const items: Item[] = []
      const refused: Refused[] = []
      for (const {key: text, text: document} of found.filter(isMatch)) {
        try {
          const key = refusing(() => storedKey(text))
          items.push(
            set.isWhole
              ? {...itemOf(key, decide(key), options.signal), seen: document}
              : itemWhere(set, key, document, decide(key), options.signal),
          )
        } catch (error) {
          refused.push({key: text, reason: tally.refuse(refusalReason(error))})
        }
      }
      const failures = found.filter(isFailure)
      refused.push(...(await this.#carryOut(items, tally, options)))
      yield {tally, refused, failures}
      // Nothing here waits for anything but SQLite, which does not let go, and a signal has to be heard.
      await nextTurn()
    }
  }

  /** A table that cannot be written is refused also when there is nothing to write. */
  async #begin({returnChanges = false, durability = 'hard'}: WriteOptions): Promise<Tally> {
    const tally = new Tally(returnChanges)
    tally.seq = (await this.#storage.write(this.#table, [], {durability})).position
    return tally
  }

  #carryOut(items: readonly Item[], tally: Tally, {durability = 'hard'}: WriteOptions): Promise<Refused[]> {
    return carryOut(this.#storage, this.#table, items, tally, {durability})
  }
}

type Decide = (old: string | null) => Verdict | Promise<Verdict>

/** A decision that an expression takes part in is async, and cannot be made inside a transaction. */
function itemOf(key: Key, decide: Decide, signal: AbortSignal | undefined): Item {
  return {key, isSelected: true, reckon: async old => (signal?.aborted ? undefined : decide(old))}
}

/** The decision holds for the document only while the condition does. */
function itemWhere(set: DocumentSet, key: Key, seen: string, decide: Decide, signal: AbortSignal | undefined): Item {
  return {
    key,
    seen,
    isSelected: true,
    reckon: async old => {
      if (old === null || signal?.aborted) return undefined
      if (old !== seen && !(await set.has(old))) return undefined
      return decide(old)
    },
  }
}

function withKeyOf(value: unknown, decide: (key: Key, value: unknown) => (old: string | null) => Verdict): Item {
  const id = refusing(() => {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'id'))
      throw new RangeError('a document with an `id` is needed here')
    return toKey((value as {id: unknown}).id)
  })
  return {key: id, decide: decide(id, value)}
}
