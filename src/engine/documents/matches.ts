import type {Cursor, Storage, Stored} from '../storage/storage.ts'
import type {Failure} from '../told.ts'
import {type DocumentSet, failureOf} from './set.ts'

/** A document of a set: its key and its own text, and the text of what stands for it in the set. */
export interface Match extends Stored {
  readonly shown: string
}

/** What is found in a table, in its order: the documents of a set, and the failures of its expressions on others. */
export type Found = Match | Failure

export function isMatch(found: Found): found is Match {
  return 'shown' in found
}

export function isFailure(found: Found): found is Failure {
  return !isMatch(found)
}

/** What a set has of a table, page by page. */
export async function* findIn(
  storage: Storage,
  table: string,
  set: DocumentSet,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Found[]> {
  let cursor: Cursor | undefined
  do {
    const page = await storage.page(table, cursor, pageSize, set.comparisons)
    yield* matching(set, page.documents, signal)
    cursor = page.next
  } while (cursor !== undefined && !signal?.aborted)
}

/** What a set has of these documents; bit by bit when it takes long. */
export async function* matching(
  set: DocumentSet,
  documents: readonly Stored[],
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Found[]> {
  if (set.isWhole) return yield documents.map(({key, text}) => ({key, text, shown: text}))
  let found: Found[] = []
  let start = performance.now()
  for (const {key, text} of documents) {
    if (signal?.aborted) return
    if (performance.now() - start > slice) {
      yield found
      found = []
      start = performance.now()
    }
    try {
      let shown = set.member(text)
      if (shown instanceof Promise) shown = await shown
      if (shown !== null) found.push({key, text, shown})
    } catch (error) {
      found.push(failureOf(error, {key}))
    }
  }
  yield found
}

/** Milliseconds after which what has been found is handed on, also when expressions run into their time limit. */
const slice = 100

const pageSize = 500
