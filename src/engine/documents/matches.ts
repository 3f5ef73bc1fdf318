import type {Cursor, Storage, Stored} from '../storage/storage.ts'
import type {Failure} from '../told.ts'
import {type DocumentSet, failureOf} from './set.ts'

/** A document of a set: its key and its own text, and the text of what stands for it in the set. */
export interface Match extends Stored {
  readonly shown: string
}

/** The documents of a table that belong to a set, page by page. */
export class Matches {
  readonly #set: DocumentSet
  readonly #signal: AbortSignal | undefined
  #failures: Failure[] = []

  constructor(set: DocumentSet, signal: AbortSignal | undefined) {
    this.#set = set
    this.#signal = signal
  }

  async *of(storage: Storage, table: string): AsyncGenerator<readonly Match[]> {
    let cursor: Cursor | undefined
    do {
      const page = await storage.page(table, cursor, pageSize, this.#set.comparisons)
      yield* this.#filter(page.documents)
      cursor = page.next
    } while (cursor !== undefined && !this.#signal?.aborted)
  }

  /** The documents on which an expression failed since the last call. */
  takeFailures(): Failure[] {
    const failures = this.#failures
    this.#failures = []
    return failures
  }

  async *#filter(documents: readonly Stored[]): AsyncGenerator<readonly Match[]> {
    for await (const {matches, failures} of matching(this.#set, documents, this.#signal)) {
      this.#failures.push(...failures)
      yield matches
    }
  }
}

/** Those of the documents that belong to a set, in their order, and the failures of its expressions; bit by bit when it takes long. */
export async function* matching(
  set: DocumentSet,
  documents: readonly Stored[],
  signal: AbortSignal | undefined,
): AsyncGenerator<{readonly matches: readonly Match[]; readonly failures: readonly Failure[]}> {
  if (set.isWhole) return yield {matches: documents.map(({key, text}) => ({key, text, shown: text})), failures: []}
  let matches: Match[] = []
  let failures: Failure[] = []
  let start = performance.now()
  for (const {key, text} of documents) {
    if (signal?.aborted) return
    if (performance.now() - start > slice) {
      yield {matches, failures}
      matches = []
      failures = []
      start = performance.now()
    }
    try {
      let shown = set.member(text)
      if (shown instanceof Promise) shown = await shown
      if (shown !== null) matches.push({key, text, shown})
    } catch (error) {
      failures.push(failureOf(error, {key}))
    }
  }
  yield {matches, failures}
}

/** Milliseconds after which what has been found is handed on, also when expressions run into their time limit. */
const slice = 100

const pageSize = 500
