import {LitefeedError} from '../error.ts'
import type {Bounds, Position} from './storage.ts'

/** Throws HISTORY_LOST unless the log goes on from this position without a gap. */
export function checkPosition({oldest, newest}: Bounds, after: Position): void {
  if (after > newest)
    throw lost(
      `position ${after} is beyond the log: its oldest change is ${oldest}, its newest ${newest}`,
      'was an older copy of the file restored?',
    )
  if (after + 1 < oldest)
    throw lost(`the changes after ${after} are gone: the oldest kept is ${oldest}, the newest ${newest}`)
}

function lost(message: string, question = ''): LitefeedError {
  return new LitefeedError('HISTORY_LOST', message, {
    hint: `${question} start over with --since beginning --include-initial`.trim(),
  })
}
