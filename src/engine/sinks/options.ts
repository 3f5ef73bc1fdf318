import {checkChoice, LitefeedError, shown} from '../error.ts'
import type {Position} from '../storage/storage.ts'
import type {Failure} from '../told.ts'
import type {Parcel} from './sink.ts'

export interface PipeOptions {
  /** What becomes of an event that the receiver will never take: the pipe ends, goes on without it, or buries it. `stop` when absent. */
  readonly onPoison?: 'stop' | 'skip' | 'dlq' | undefined
  /** With `dlq`: keeps such events; resolves when they are on disk. */
  readonly bury?: ((refused: readonly Refused[]) => Promise<void>) | undefined
  /** Ends the pipe in order: nothing more is sent, and what is under way is waited for. */
  readonly signal?: AbortSignal | undefined
}

/** Throws MISUSE. */
export function checkPipeOptions({onPoison, bury, signal}: PipeOptions): void {
  checkChoice('onPoison', onPoison, ['stop', 'skip', 'dlq'])
  if ((onPoison === 'dlq') !== (bury !== undefined))
    throw new LitefeedError('MISUSE', '`onPoison` dlq and `bury`, which keeps what is refused, go together')
  if (bury !== undefined && typeof bury !== 'function') throw new LitefeedError('MISUSE', '`bury` is a function')
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new LitefeedError('MISUSE', `\`signal\` is an AbortSignal, and ${shown(signal)} is none`)
}

export interface Refused {
  readonly parcel: Parcel
  readonly reason: string
}

/** How far a pipe is. */
export interface PipeStatus {
  readonly position: Position
  /** How many changes the log has after it. */
  readonly lag: number
  readonly delivered: number
  readonly refused: number
  /** How often something was sent again. */
  readonly retried: number
  /** What has happened since the last status. */
  readonly warnings: readonly string[]
  readonly failures: readonly Failure[]
}
