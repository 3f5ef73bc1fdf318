import {sameDocument} from '../documents/document.ts'
import {type DocumentSet, failureOf} from '../documents/set.ts'
import {changeEvent, changeType, type RawEvent} from '../storage/line.ts'
import {LineEvent, lineEvents} from '../storage/line-event.ts'
import type {Change, Changes, Position, Range, Storage} from '../storage/storage.ts'
import type {Failure} from '../told.ts'
import {EventFlow} from './event-flow.ts'
import {type Conditions, type Earlier, type Flow, PlainFlow} from './flow.ts'
import {followEach} from './follow.ts'
import {readInitial} from './initial.ts'
import type {FeedOptions} from './options.ts'
import {SlowMembers} from './slow-members.ts'
import type {Delta, Followed, Part, Shown, Source} from './source.ts'
import {SquashFlow} from './squash-flow.ts'
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

  flow(teller: Teller, position: Position, earlier?: Earlier): Flow {
    const conditions = this.#conditions(teller)
    if (this.#options.squash !== undefined)
      return new SquashFlow(this.#storage, this.#options, this, teller, position, conditions, earlier)
    return teller.isPlain && this.#set.isWhole
      ? new PlainFlow(this.#storage, this.#options, position)
      : new EventFlow(this.#options, this, teller, position, conditions)
  }

  #conditions({comparisons}: Teller): Conditions {
    // A filter is about events, and only here they are the changes of the log: a set makes others of them, and so does merging.
    if (this.#set.isWhole && this.#options.squash === undefined) return {filter: comparisons}
    return {where: this.#set.comparisons}
  }

  async read(range: Range): Promise<Changes> {
    const {lines, position, drained} = await this.#storage.lines(range)
    return {changes: lineEvents(lines), position, drained}
  }

  async show(changes: readonly Change[]): Promise<Shown> {
    if (this.#set.isWhole) return {events: changes.map(asEvent), tried: changes.length, failures: []}
    const {results, ...rest} = await this.#each(changes, (change, old, next) => this.#event(change, old, next))
    return {events: results, ...rest}
  }

  async follow(changes: readonly Change[]): Promise<Followed<string>> {
    if (this.#set.isWhole) return {deltas: changes.map(change => deltaOf(change)), tried: changes.length, failures: []}
    const {results, ...rest} = await this.#each(changes, deltaOf)
    return {deltas: results, ...rest}
  }

  events(deltas: readonly Delta<string>[]): RawEvent[] {
    return deltas.map(({seq, ts_ms, table, key, old, new: next, last}) => {
      return {seq, ts_ms, table, key, type: changeType(old, next), old_val: old, new_val: next, last}
    })
  }

  same(one: string, other: string): boolean {
    return sameDocument(one, other)
  }

  size(side: string): number {
    return side.length
  }

  /** What becomes of changes that are any in this set. */
  #each<T>(changes: readonly Change[], make: (change: Change, old: string | null, next: string | null) => T) {
    return followEach<T>(changes, this.#options, (change, results, failures) => {
      const add = (old: string | null, next: string | null) => {
        if (old === null && next === null) return
        if (this.#set.projects && old !== null && next !== null && sameDocument(old, next)) return
        results.push(make(change, old, next))
      }
      const old = this.#slow.take(change) ?? this.#member(change.old_val, change, failures)
      // One after the other, since each has a time limit of its own.
      if (old instanceof Promise) return this.#settle(change, old, undefined, failures, add)
      const next = this.#isAlike(change) ? old && change.new_val : this.#member(change.new_val, change, failures)
      if (next instanceof Promise) return this.#settle(change, old, next, failures, add)
      add(old, next)
    })
  }

  #isAlike({old_val, new_val}: Change): boolean {
    return old_val !== null && new_val !== null && this.#set.isAlike(old_val, new_val)
  }

  async #settle(
    change: Change,
    old: Promise<string | null> | string | null,
    next: Promise<string | null> | undefined,
    failures: Failure[],
    add: (old: string | null, next: string | null) => void,
  ): Promise<void> {
    const before = await old
    const answer = next ?? this.#member(change.new_val, change, failures)
    const member = await answer
    if (answer instanceof Promise) this.#slow.put(change, member)
    add(before, member)
  }

  /** The change itself, or what is left of it, where its values are in the set as they are. */
  #event(change: Change, old: string | null, next: string | null): RawEvent {
    if (this.#set.projects || !(change instanceof LineEvent)) return partOf(change, old, next)
    if (old === null && change.old_val !== null) return change.withoutSide('old_val')
    return next === null && change.new_val !== null ? change.withoutSide('new_val') : change
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

function partOf({seq, ts_ms, table, key}: Change, old_val: string | null, new_val: string | null): RawEvent {
  return {seq, ts_ms, table, key, type: changeType(old_val, new_val), old_val, new_val}
}

function asEvent(change: Change): RawEvent {
  return change instanceof LineEvent ? change : changeEvent(change)
}

// Not by spreading the change, which costs as much as a parse.
function deltaOf(change: Change, old = change.old_val, next = change.new_val): Delta<string> {
  return {seq: change.seq, ts_ms: change.ts_ms, table: change.table, key: change.key, old, new: next}
}
