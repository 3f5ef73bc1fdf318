import type {Durability} from '../storage/storage.ts'
import type {Failure} from '../told.ts'
import type {Key} from './key.ts'
import type {Conflict} from './plan.ts'
import type {Tally} from './result.ts'
import type {Ready, Refused} from './write.ts'

export interface WriteOptions {
  /** hard (the default): on disk before the promise resolves and before a feed shows it. soft: the system writes it when it likes. */
  readonly durability?: Durability | undefined
  /** Put the old and the new value of every document that changed into the result. */
  readonly returnChanges?: boolean | undefined
  /** Ends a write of selected documents between two of them; what is written stays. A stream of documents ends by itself. */
  readonly signal?: AbortSignal | undefined
}

export interface InsertOptions extends WriteOptions {
  /** What happens to a document whose key is taken; `error` when absent. */
  readonly conflict?: Conflict | undefined
  /** A JSONata expression over {id, old_val, new_val}, instead of `conflict`: its result is stored, null deletes. */
  readonly conflictExpr?: string | undefined
}

/** Which documents a write is about: those with these keys, those for which a JSONata expression is true, or all. */
export type Selected = {readonly keys: readonly Key[]} | {readonly where: string} | {readonly all: true}

/** What a document becomes: a value, or what a JSONata expression makes of the document. */
export type Made = {readonly value: unknown} | {readonly expr: string}

/**
 * A document that is ready to be inserted, a value to be written, or why a piece of input is none. `line` is where the input
 * had it. `text` is what the value was parsed from by a plain JSON.parse; without it the value has all its digits.
 */
export type Incoming =
  | Ready
  | ({readonly line?: number} & ({readonly value: unknown; readonly text?: string} | {readonly refused: string}))

/** Input as it arrives; each batch is committed by itself. */
export type Source = AsyncIterable<readonly Incoming[]>

/** How far a write is, after each batch. */
export interface WriteProgress {
  readonly tally: Tally
  /** What this batch refused. */
  readonly refused: readonly Refused[]
  readonly failures: readonly Failure[]
}
