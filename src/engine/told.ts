import type {Position} from './storage/storage.ts'

/** Lines to show. */
export interface Told {
  /** UTF-8, a newline after each line. */
  readonly lines: Uint8Array
  readonly count: number
  readonly failures: readonly Failure[]
}

/** An expression that failed on one event, or on one document. */
export interface Failure {
  readonly expression: string
  /** Where it happened: the change's position, or the document's key as JSON. */
  readonly place: {readonly seq: Position} | {readonly key: string}
  readonly message: string
}
