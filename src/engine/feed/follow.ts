import type {Change} from '../storage/storage.ts'
import type {Failure} from '../told.ts'
import type {FeedOptions} from './options.ts'
import type {Delta, Followed} from './source.ts'

/**
 * Follows changes one by one, and stops early when it takes long or when the feed is to end at a failure. `follow` adds what
 * a change did; a promise only where it needs one.
 */
export async function followEach<S>(
  changes: readonly Change[],
  {onError, signal}: FeedOptions,
  follow: (change: Change, deltas: Delta<S>[], failures: Failure[]) => void | Promise<void>,
): Promise<Followed<S>> {
  const deltas: Delta<S>[] = []
  const failures: Failure[] = []
  const start = performance.now()
  let tried = 0
  for (const change of changes) {
    if (failures.length > 0 && onError === 'fail') break
    if (tried > 0 && (signal?.aborted || performance.now() - start > slice)) break
    tried++
    const followed = follow(change, deltas, failures)
    if (followed !== undefined) await followed
  }
  return {deltas, tried, failures}
}

/** Milliseconds after which what there is to tell is told. */
const slice = 100
