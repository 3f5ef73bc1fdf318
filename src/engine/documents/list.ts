import {setImmediate as nextTurn} from 'node:timers/promises'
import {LitefeedError} from '../error.ts'
import {Expression} from '../expression/expression.ts'
import {oneLine} from '../storage/line.ts'
import type {Cursor, Storage} from '../storage/storage.ts'
import {failureError, type Told} from '../told.ts'
import {restoreDigits, stringify} from './json.ts'
import {compareValues, type Order, parseOrder, valueAt} from './order.ts'

export interface ListOptions {
  /** A JSONata expression over the document; only those for which it is true. */
  readonly where?: string | undefined
  /** A field, `age` or `address.city`, with `:desc` the greatest first. Documents without the field are left out. */
  readonly orderBy?: string | undefined
  readonly limit?: number | undefined
  /** A JSONata expression over the document; its result instead of the document. */
  readonly map?: string | undefined
  /** What an expression that fails on a document does: `skip` the document, or `fail`. `skip` when absent. */
  readonly onError?: 'skip' | 'fail' | undefined
  /** Ends the list. */
  readonly signal?: AbortSignal | undefined
}

/** The documents of a table as lines. Without `orderBy` in the order of the keys: numbers, strings, then the others. */
export async function* listDocuments(storage: Storage, table: string, options: ListOptions): AsyncGenerator<Told> {
  const {where, map, limit = Number.POSITIVE_INFINITY, orderBy} = options
  if (orderBy === '') throw new LitefeedError('MISUSE', 'orderBy needs the name of a field')
  if (limit !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new LitefeedError('MISUSE', `limit must be a whole number from 0 on, not ${limit}`)
  }
  const matches = new Matches(where === undefined ? undefined : await Expression.compile(where), options.signal)
  const mapper = new Mapper(map === undefined ? undefined : await Expression.compile(map), options.signal)
  const found =
    orderBy === undefined ? matches.of(storage, table) : sorted(matches.of(storage, table), parseOrder(orderBy), limit)
  let left = limit
  for await (const documents of found) {
    for await (const told of mapper.tell(documents, left, matches.takeFailures())) {
      left -= told.count
      yield told
      const [failure] = told.failures
      if (failure !== undefined && options.onError === 'fail') throw failureError(failure)
    }
    if (left === 0 || options.signal?.aborted) return
    // Reading is synchronous underneath: without this a signal would wait for the end of the table.
    await nextTurn()
  }
}

interface Stored {
  readonly key: string
  readonly text: string
}

/** The documents for which a condition holds, page by page. */
export class Matches {
  readonly #where: Expression | undefined
  readonly #signal: AbortSignal | undefined
  #failures: Failures = []

  constructor(where: Expression | undefined, signal: AbortSignal | undefined) {
    this.#where = where
    this.#signal = signal
  }

  async *of(storage: Storage, table: string): AsyncGenerator<readonly Stored[]> {
    let cursor: Cursor | undefined
    do {
      const page = await storage.page(table, cursor, pageSize)
      if (this.#where === undefined) yield page.documents
      else yield* this.#filter(page.documents, this.#where)
      cursor = page.next
    } while (cursor !== undefined && !this.#signal?.aborted)
  }

  /** The documents on which the condition failed since the last call. */
  takeFailures(): Failures {
    const failures = this.#failures
    this.#failures = []
    return failures
  }

  async *#filter(documents: readonly Stored[], where: Expression): AsyncGenerator<readonly Stored[]> {
    let matching: Stored[] = []
    let start = performance.now()
    for (const document of documents) {
      if (this.#signal?.aborted) return
      if (performance.now() - start > slice) {
        yield matching
        matching = []
        start = performance.now()
      }
      try {
        if (await where.test(JSON.parse(document.text))) matching.push(document)
      } catch (error) {
        this.#failures.push({expression: where.text, place: {key: document.key}, message: (error as Error).message})
      }
    }
    yield matching
  }
}

class Mapper {
  readonly #map: Expression | undefined
  readonly #signal: AbortSignal | undefined

  constructor(map: Expression | undefined, signal: AbortSignal | undefined) {
    this.#map = map
    this.#signal = signal
  }

  /** The lines of the documents, at most `limit`, with the failures there were before and those of the mapping. */
  async *tell(documents: readonly Stored[], limit: number, earlier: Failures): AsyncGenerator<Told> {
    let lines: string[] = []
    let failures = earlier
    let left = limit
    let start = performance.now()
    for (const {key, text} of documents) {
      if (lines.length === left || this.#signal?.aborted) break
      if (performance.now() - start > slice) {
        yield {lines: Buffer.from(lines.join('')), count: lines.length, failures}
        left -= lines.length
        lines = []
        failures = []
        start = performance.now()
      }
      try {
        const line =
          this.#map === undefined
            ? oneLine(text)
            : stringify(restoreDigits(await this.#map.evaluate(JSON.parse(text)), [text]))
        if (line !== undefined) lines.push(`${line}\n`)
      } catch (error) {
        failures.push({expression: this.#map?.text ?? '', place: {key}, message: (error as Error).message})
      }
    }
    yield {lines: Buffer.from(lines.join('')), count: lines.length, failures}
  }
}

/** Milliseconds after which what there is to tell is told, also when expressions run into their time limit. */
const slice = 100

type Failures = Told['failures'][number][]

/** All documents that have the field, in its order; ties by key, which is how they come. Holds little more than `limit` of them. */
async function* sorted(
  pages: AsyncIterable<readonly Stored[]>,
  {path, descending}: Order,
  limit: number,
): AsyncGenerator<readonly Stored[]> {
  let best: {document: Stored; value: unknown; arrival: number}[] = []
  let arrival = 0
  const sign = descending ? -1 : 1
  const cut = () => {
    best.sort((one, other) => sign * (compareValues(one.value, other.value) || one.arrival - other.arrival))
    best = best.slice(0, limit)
  }
  for await (const documents of pages) {
    for (const document of documents) {
      const value = valueAt(JSON.parse(document.text), path)
      if (value !== undefined) best.push({document, value, arrival: arrival++})
    }
    if (best.length > 2 * limit + 10_000) cut()
  }
  cut()
  for (let at = 0; at < best.length; at += pageSize) yield best.slice(at, at + pageSize).map(({document}) => document)
  if (best.length === 0) yield []
}

const pageSize = 500
