import {sameDocument} from '../documents/document.ts'
import {type DocumentSet, failureOf} from '../documents/set.ts'
import {changeType, type RawEvent} from '../storage/line.ts'
import type {Change, Position, Storage} from '../storage/storage.ts'
import type {Failure} from '../told.ts'
import {type Conditions, EventFlow, type Flow, PlainFlow} from './flow.ts'
import {followEach} from './follow.ts'
import {readInitial} from './initial.ts'
import type {FeedOptions} from './options.ts'
import {SlowMembers} from './slow-members.ts'
import type {Delta, Followed, Part, Source} from './source.ts'
import type {Start} from './start.ts'
import type {Teller} from './tell.ts'

/** Tables, or a set of documents in them. What stands for a document is its text, or that of its projection. */
export class SetSource implements Source<string> {
  readonly needsInitial = false
  readonly #storage: Storage
  readonly #options: FeedOptions
  readonly #set: DocumentSet
  readonly #slow = new SlowMembers()

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
    return followEach<string>(changes, this.#options, (change, deltas, failures) => {
      const old = this.#slow.take(change) ?? this.#member(change.old_val, change, failures)
      // One after the other, since each has a time limit of its own.
      if (old instanceof Promise) return this.#settle(change, old, undefined, deltas, failures)
      const next = this.#member(change.new_val, change, failures)
      if (next instanceof Promise) return this.#settle(change, old, next, deltas, failures)
      this.#add(change, old, next, deltas)
    })
  }

  events(deltas: readonly Delta<string>[]): RawEvent[] {
    return deltas.map(({seq, ts_ms, table, key, old, new: next}) => {
      return {seq, ts_ms, table, key, type: changeType(old, next), old_val: old, new_val: next}
    })
  }

  same(one: string, other: string): boolean {
    return sameDocument(one, other)
  }

  size(side: string): number {
    return side.length
  }

  async #settle(
    change: Change,
    old: Promise<string | null> | string | null,
    next: Promise<string | null> | undefined,
    deltas: Delta<string>[],
    failures: Failure[],
  ): Promise<void> {
    const before = await old
    const answer = next ?? this.#member(change.new_val, change, failures)
    const member = await answer
    if (answer instanceof Promise) this.#slow.put(change, member)
    this.#add(change, before, member, deltas)
  }

  #add(change: Change, old: string | null, next: string | null, deltas: Delta<string>[]): void {
    if (old === null && next === null) return
    if (this.#set.projects && old !== null && next !== null && sameDocument(old, next)) return
    // Not by spreading the rest of the change, which costs as much as a parse.
    deltas.push({seq: change.seq, ts_ms: change.ts_ms, table: change.table, key: change.key, old, new: next})
  }

  /** What stands for the document; one on which an expression fails is not in the set. */
  #member(text: string | null, change: Change, failures: Failure[]): string | null | Promise<string | null> {
    if (text === null) return null
    try {
      const member = this.#set.member(text)
      return member instanceof Promise ? member.catch(error => refuse(error, change, failures)) : member
    } catch (error) {
      return refuse(error, change, failures)
    }
  }
}

function refuse(error: unknown, {seq}: Change, failures: Failure[]): null {
  failures.push(failureOf(error, {seq}))
  return null
}

function deltaOf({seq, ts_ms, table, key, old_val, new_val}: Change): Delta<string> {
  return {seq, ts_ms, table, key, old: old_val, new: new_val}
}
