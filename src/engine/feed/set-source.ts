import {sameDocument} from '../documents/document.ts'
import {type DocumentSet, failureOf} from '../documents/set.ts'
import {changeEvent, type RawEvent} from '../storage/line.ts'
import type {Change, Position, Storage} from '../storage/storage.ts'
import type {Failure} from '../told.ts'
import {type Conditions, EventFlow, type Flow, PlainFlow} from './flow.ts'
import {readInitial} from './initial.ts'
import type {FeedOptions} from './options.ts'
import type {Delta, Followed, Part, Source} from './source.ts'
import type {Start} from './start.ts'
import type {Teller} from './tell.ts'

/** Tables, or a set of documents in them. What stands for a document is its text, or that of its projection. */
export class SetSource implements Source<string> {
  readonly needsInitial = false
  readonly #storage: Storage
  readonly #options: FeedOptions
  readonly #set: DocumentSet
  readonly #known = new Known()

  constructor(storage: Storage, options: FeedOptions, set: DocumentSet) {
    this.#storage = storage
    this.#options = options
    this.#set = set
  }

  initial(start: Start): AsyncGenerator<Part> {
    return readInitial(this.#storage, this.#options, this.#set, start, changes => this.follow(changes))
  }

  flow(teller: Teller, position: Position): Flow {
    const {squash} = this.#options
    return teller.isPlain && this.#set.isWhole && squash === undefined
      ? new PlainFlow(this.#storage, this.#options, position)
      : new EventFlow(this.#storage, this.#options, this, teller, position, this.#conditions(teller))
  }

  #conditions({comparisons}: Teller): Conditions {
    // A filter is about events, and only here they are the changes of the log: a set makes others of them, and so does merging.
    if (this.#set.isWhole && this.#options.squash === undefined) return {filter: comparisons}
    return {where: this.#set.comparisons}
  }

  async follow(changes: readonly Change[]): Promise<Followed<string>> {
    if (this.#set.isWhole) return {deltas: changes.map(deltaOf), tried: changes.length, failures: []}
    const deltas: Delta<string>[] = []
    const failures: Failure[] = []
    const start = performance.now()
    let tried = 0
    for (const change of changes) {
      if (failures.length > 0 && this.#options.onError === 'fail') break
      if (tried > 0 && (this.#options.signal?.aborted || performance.now() - start > slice)) break
      tried++
      const {old_val, new_val, ...rest} = change
      const place = `${change.table} ${change.key}`
      const known = old_val === null ? null : this.#known.take(place, old_val)
      let old = known === undefined ? this.#member(old_val, change, failures) : known
      if (old instanceof Promise) old = await old
      let next = this.#member(new_val, change, failures)
      if (next instanceof Promise) next = await next
      if (new_val !== null) this.#known.put(place, new_val, next)
      if (old === null && next === null) continue
      if (this.#set.projects && old !== null && next !== null && sameDocument(old, next)) continue
      deltas.push({...rest, old, new: next})
    }
    return {deltas, tried, failures}
  }

  events(deltas: readonly Delta<string>[]): RawEvent[] {
    return deltas.map(delta => changeEvent({...delta, old_val: delta.old, new_val: delta.new}))
  }

  same(one: string, other: string): boolean {
    return sameDocument(one, other)
  }

  size(side: string): number {
    return side.length
  }

  /** What stands for the document; one on which an expression fails is not in the set. */
  #member(text: string | null, {seq}: Change, failures: Failure[]): string | null | Promise<string | null> {
    if (text === null) return null
    const fail = (error: unknown) => {
      failures.push(failureOf(error, {seq}))
      return null
    }
    try {
      const member = this.#set.member(text)
      return member instanceof Promise ? member.catch(fail) : member
    } catch (error) {
      return fail(error)
    }
  }
}

function deltaOf({seq, ts_ms, table, key, old_val, new_val}: Change): Delta<string> {
  return {seq, ts_ms, table, key, old: old_val, new: new_val}
}

/**
 * What stands for the newest documents, so that it is worked out once for each: the new value of a change is the old value
 * of the next one of the same document. Forgets the oldest ones.
 */
class Known {
  readonly #members = new Map<string, {readonly text: string; readonly member: string | null}>()
  #size = 0

  /** What stands for the document, null when it is not in the set; undefined when that is not known. */
  take(place: string, text: string): string | null | undefined {
    const known = this.#members.get(place)
    if (known === undefined) return undefined
    this.#members.delete(place)
    this.#size -= sizeOf(known)
    return known.text === text ? known.member : undefined
  }

  put(place: string, text: string, member: string | null): void {
    if (text.length > mostCharacters / 100) return
    const known = {text, member}
    this.#members.set(place, known)
    this.#size += sizeOf(known)
    if (this.#size <= mostCharacters) return
    for (const [oldest, value] of this.#members) {
      this.#members.delete(oldest)
      this.#size -= sizeOf(value)
      if (this.#size <= mostCharacters / 2) break
    }
  }
}

function sizeOf({text, member}: {text: string; member: string | null}): number {
  return 100 + text.length + (member === null || member === text ? 0 : member.length)
}

/** In memory, about as many bytes. */
const mostCharacters = 16e6

/** Milliseconds after which what there is to tell is told. */
const slice = 100
