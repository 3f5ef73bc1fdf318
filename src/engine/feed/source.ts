import type {RawEvent} from '../storage/line.ts'
import type {Change, Changes, Position, Range} from '../storage/storage.ts'
import type {Failure} from '../told.ts'
import type {Earlier, Flow} from './flow.ts'
import type {Start} from './start.ts'
import type {Teller} from './tell.ts'

/** What a change did to what a feed follows. S is what stands for a document there. */
export interface Delta<S> {
  readonly seq: Position
  readonly ts_ms: number
  readonly table: string
  readonly key: string
  /** Of merged changes the last one; `seq` is the position from which nothing after it is missed. */
  readonly last?: Position
  /** Null when the document did not belong to it. */
  readonly old: S | null
  readonly new: S | null
}

/** What changes did. */
export interface Followed<S> {
  readonly deltas: readonly Delta<S>[]
  /** How many of the changes are dealt with: fewer than all when it takes long, or when the feed is to end at a failure. */
  readonly tried: number
  readonly failures: readonly Failure[]
}

/** A part of what is there at the beginning. */
export interface Part {
  readonly events: readonly RawEvent[]
  readonly failures: readonly Failure[]
  /** Everything up to here is in the parts so far. */
  readonly position: Position
}

/** What changes are told as. */
export interface Shown extends Omit<Followed<unknown>, 'deltas'> {
  readonly events: readonly RawEvent[]
}

/** What a feed follows: tables, a set of documents, or a window. */
export interface Source<S> {
  /** Whether the initial part has to be read also when nobody wants to see it. */
  readonly needsInitial: boolean
  initial(start: Start): AsyncGenerator<Part>
  /** What follows the initial part, which ended at `position`. */
  flow(teller: Teller, position: Position, earlier?: Earlier): Flow
  /** Changes to `show`, as this source looks at them. */
  read(range: Range): Promise<Changes>
  /** The events of these changes, each for itself. */
  show(changes: readonly Change[]): Promise<Shown>
  follow(changes: readonly Change[]): Promise<Followed<S>>
  /** The events of deltas that belong together: of one change, or merged. */
  events(deltas: readonly Delta<S>[]): readonly RawEvent[]
  /** Whether one and the other are the same to whoever reads the feed. */
  same(one: S, other: S): boolean
  /** About how much memory it takes, in characters. */
  size(side: S): number
}
