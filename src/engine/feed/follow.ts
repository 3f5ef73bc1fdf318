import type {Change} from '../storage/storage.ts'
import type {Failure} from '../told.ts'
import type {FeedOptions} from './options.ts'

/** What became of changes, one by one. */
export interface Each<T> {
  readonly results: readonly T[]
  /** How many of the changes are dealt with: fewer than all when it takes long, or when the feed is to end at a failure. */
  readonly tried: number
  readonly failures: readonly Failure[]
}

/**
 * Follows changes one by one, and stops early when it takes long or when the feed is to end at a failure. `follow` adds what
 * becomes of a change; a promise only where it needs one.
 */
export async function followEach<T>(
  changes: readonly Change[],
  {onError, signal}: FeedOptions,
  follow: (change: Change, results: T[], failures: Failure[]) => void | Promise<void>,
): Promise<Each<T>> {
  const results: T[] = []
  const failures: Failure[] = []
  const start = performance.now()
  let tried = 0
  // Only what the official evaluator answers can take long.
  let isSlow = false
  for (const change of changes) {
    if (failures.length > 0 && onError === 'fail') break
    if ((isSlow || tried % 16 === 15) && (signal?.aborted || performance.now() - start > slice)) break
    tried++
    const followed = follow(change, results, failures)
    isSlow = followed !== undefined
    if (isSlow) await followed
  }
  return {results, tried, failures}
}

/** Milliseconds after which what there is to tell is told. */
const slice = 100
