import {setImmediate as nextTurn} from 'node:timers/promises'
import {LitefeedError} from '../error.ts'
import {Expression} from '../expression/expression.ts'
import {oneLine} from '../storage/line.ts'
import type {Storage} from '../storage/storage.ts'
import {type Failure, failureError, type Told} from '../told.ts'
import {resultText} from './json.ts'
import {checkKinds, expression, field, type Kinds, number, onError, setKinds, signal} from './kinds.ts'
import {type Found, findIn, isFailure, type Match} from './matches.ts'
import {comparePlaces, type Order, type Place, parseOrder, placeOf} from './order.ts'
import {DocumentSet, type SetOptions} from './set.ts'

const kinds: Kinds<ListOptions> = {...setKinds, orderBy: field, limit: number, map: expression, onError, signal}

export interface ListOptions extends SetOptions {
  /** A field of the stored document, `age` or `address.city`, with `:desc` the greatest first. Documents without it are left out. */
  readonly orderBy?: string | undefined
  readonly limit?: number | undefined
  /** A JSONata expression over what stands for the document in the set; its result instead. */
  readonly map?: string | undefined
  /** What an expression that fails on a document does: `skip` the document, or `fail`. `skip` when absent. */
  readonly onError?: 'skip' | 'fail' | undefined
  /** Ends the list. */
  readonly signal?: AbortSignal | undefined
}

/** The documents of a table as lines. Without `orderBy` in the order of the keys: numbers, strings, then the others. */
export async function* listDocuments(storage: Storage, table: string, options: ListOptions): AsyncGenerator<Told> {
  checkKinds(options, kinds)
  const {map, limit = Number.POSITIVE_INFINITY, orderBy} = options
  const order = orderBy === undefined ? undefined : parseOrder(orderBy)
  if (limit !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new LitefeedError('MISUSE', `\`limit\` must be a whole number from 0 on, not ${limit}`)
  }
  const pages = findIn(storage, table, await DocumentSet.compile(options), options.signal)
  const mapper = new Mapper(map === undefined ? undefined : await Expression.compile(map), options.signal)
  let left = limit
  for await (const found of order === undefined ? pages : sorted(pages, order, limit)) {
    for await (const told of mapper.tell(found, left)) {
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

class Mapper {
  readonly #map: Expression | undefined
  readonly #signal: AbortSignal | undefined

  constructor(map: Expression | undefined, signal: AbortSignal | undefined) {
    this.#map = map
    this.#signal = signal
  }

  /** The lines of the documents, at most `limit`, and the failures up to the last of them. */
  async *tell(found: readonly Found[], limit: number): AsyncGenerator<Told> {
    let lines: string[] = []
    let failures: Failure[] = []
    let left = limit
    let start = performance.now()
    for (const one of found) {
      if (lines.length === left || this.#signal?.aborted) break
      if (isFailure(one)) {
        failures.push(one)
        continue
      }
      if (performance.now() - start > slice) {
        yield {lines: Buffer.from(lines.join('')), count: lines.length, failures}
        left -= lines.length
        lines = []
        failures = []
        start = performance.now()
      }
      const {key, shown} = one
      try {
        if (this.#map === undefined) lines.push(`${oneLine(shown)}\n`)
        else {
          let result = this.#map.evaluate(JSON.parse(shown))
          if (result instanceof Promise) result = await result
          const line = resultText(result, [shown])
          if (line !== undefined) lines.push(`${line}\n`)
        }
      } catch (error) {
        failures.push({expression: this.#map?.text ?? '', place: {key}, message: (error as Error).message})
      }
    }
    yield {lines: Buffer.from(lines.join('')), count: lines.length, failures}
  }
}

/** Milliseconds after which what there is to tell is told, also when expressions run into their time limit. */
const slice = 100

/** All documents that have the field, in its order. Holds little more than `limit` of them. */
async function* sorted(
  pages: AsyncIterable<readonly Found[]>,
  order: Order,
  limit: number,
): AsyncGenerator<readonly Found[]> {
  let best: {document: Match; place: Place}[] = []
  // What comes after it is not among the first `limit`.
  let last: Place | undefined
  const cut = () => {
    best.sort((one, other) => comparePlaces(order, one.place, other.place))
    best = best.slice(0, limit)
    last = best.length === limit ? best.at(-1)?.place : undefined
  }
  for await (const found of pages) {
    const failures: Failure[] = []
    for (const document of found) {
      if (isFailure(document)) {
        failures.push(document)
        continue
      }
      const place = placeOf(order, document.key, document.text)
      if (place === undefined || (last !== undefined && comparePlaces(order, place, last) > 0)) continue
      best.push({document: limit === Number.POSITIVE_INFINITY ? document : copyOf(document), place})
    }
    if (best.length > 2 * limit + 10_000) cut()
    if (failures.length > 0) yield failures
  }
  cut()
  for (let at = 0; at < best.length; at += pageSize) yield best.slice(at, at + pageSize).map(({document}) => document)
}

/** Without the rest of the page that it was read with. */
function copyOf({key, text, shown}: Match): Match {
  const copy = (of: string) => Buffer.from(of).toString()
  const kept = copy(text)
  return {key: copy(key), text: kept, shown: shown === text ? kept : copy(shown)}
}

const pageSize = 500
