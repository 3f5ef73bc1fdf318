import {LitefeedError} from './error.ts'
import type {RawEvent} from './storage/line.ts'
import type {Position} from './storage/storage.ts'

/** Lines to show, of a feed or of a list. */
export interface Told {
  /** UTF-8, a newline after each line. */
  readonly lines: Uint8Array
  readonly count: number
  /** Instead of the lines: each with its event, for those who deliver them one by one. */
  readonly items?: readonly Item[]
  /** What is not shown because an expression failed on it. */
  readonly failures: readonly Failure[]
}

/** An event to deliver, and the line for it, without its newline: what `map` made of it, or the event itself. */
export interface Item {
  readonly event: RawEvent
  readonly line: string
}

/** An expression that failed on one event, or on one document. */
export interface Failure {
  readonly expression: string
  /** Where it happened: the change's position, or the document's key as JSON. */
  readonly place: {readonly seq: Position} | {readonly key: string}
  readonly message: string
}

/** Ends what should not go on after a failure. */
export function failureError({expression, place, message}: Failure): LitefeedError {
  const where = 'seq' in place ? `the event with seq ${place.seq}` : `the document with the key ${place.key}`
  return new LitefeedError('EXPRESSION_FAILED', `${expression} failed on ${where}: ${message}`)
}
