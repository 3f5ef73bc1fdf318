import type {Cursor, Storage} from '../storage/storage.ts'
import type {Failure} from '../told.ts'
import {type DocumentSet, failureOf} from './set.ts'

/** A document of a set: its key and its own text, and the text of what stands for it in the set. */
export interface Match {
  readonly key: string
  readonly text: string
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
      const page = await storage.page(table, cursor, pageSize)
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

  async *#filter(documents: readonly {key: string; text: string}[]): AsyncGenerator<readonly Match[]> {
    if (this.#set.isWhole) return yield documents.map(({key, text}) => ({key, text, shown: text}))
    let matching: Match[] = []
    let start = performance.now()
    for (const {key, text} of documents) {
      if (this.#signal?.aborted) return
      if (performance.now() - start > slice) {
        yield matching
        matching = []
        start = performance.now()
      }
      try {
        const shown = await this.#set.member(text)
        if (shown !== null) matching.push({key, text, shown})
      } catch (error) {
        this.#failures.push(failureOf(error, {key}))
      }
    }
    yield matching
  }
}

/** Milliseconds after which what has been found is handed on, also when expressions run into their time limit. */
const slice = 100

const pageSize = 500
