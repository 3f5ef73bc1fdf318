import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect, onTestFailed, onTestFinished} from 'vitest'
import type {Change, Storage} from '../src/engine/storage/storage.ts'

/** A directory that is gone after the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'litefeed-'))
  onTestFinished(() => rm(directory, {recursive: true, force: true}))
  return directory
}

/** Whether more is tried than in a usual run. */
export const isLong = process.env.LITEFEED_FUZZ === 'long'

/** How often a random test runs: `LITEFEED_FUZZ=long` asks for more. */
export function rounds(usual: number): number {
  return isLong ? usual * 50 : usual
}

/** The same in every run, so that a change that passes goes on passing; the long run looks further. */
const defaultSeed =
  process.env.LITEFEED_SEED !== undefined
    ? Number(process.env.LITEFEED_SEED)
    : isLong
      ? (Math.random() * 2 ** 32) >>> 0
      : 1

/** Random numbers that can be had again: a test that fails prints its seed, and `LITEFEED_SEED` sets it. */
export class Random {
  readonly seed: number
  #state: number

  constructor(seed = defaultSeed) {
    this.seed = seed
    this.#state = seed
    onTestFailed(() => console.error(`LITEFEED_SEED=${seed} runs it again`))
  }

  /** From 0 to 1. https://gist.github.com/tommyettinger/46a874533244883189143505d203312c (mulberry32) */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from 0 on, less than `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T
  }
}

/** The first `count` of what a feed tells; fewer when it ends before. Ends the feed. */
export async function take<T>(feed: AsyncIterable<T>, count: number): Promise<T[]> {
  const taken: T[] = []
  for await (const item of feed) {
    taken.push(item)
    if (taken.length === count) break
  }
  return taken
}

/** Everything that a feed which ends by itself tells. */
export function all<T>(feed: AsyncIterable<T>): Promise<T[]> {
  return take(feed, Number.POSITIVE_INFINITY)
}

/** The changes after a position, read in batches of `limit`, to the end of the log. */
export async function readLog(storage: Storage, after = 0, limit = 500): Promise<Change[]> {
  const changes: Change[] = []
  for (let position = after; ; ) {
    const read = await storage.changes({after: position, limit})
    changes.push(...read.changes)
    if (read.drained) return changes
    position = read.position
  }
}

/**
 * The documents that a log leads to, by table and key. Fails when a change does not follow from the one before it, or when
 * the log has a hole.
 */
export function replay(
  changes: readonly Change[],
  start: ReadonlyMap<string, string> = new Map(),
): Map<string, string> {
  const documents = new Map(start)
  for (const [index, {seq, table, key, old_val, new_val}] of changes.entries()) {
    const place = `${table} ${key}`
    expect(seq, 'the log is dense').toBe((changes[0]?.seq ?? 0) + index)
    expect(old_val, `old_val of change ${seq} of ${place}`).toBe(documents.get(place) ?? null)
    if (new_val === null) documents.delete(place)
    else documents.set(place, new_val)
  }
  return documents
}

/** The documents that are there, by table and key. */
export async function stored(storage: Storage): Promise<Map<string, string>> {
  const {documents} = await storage.snapshot({})
  return new Map(documents.map(({table, key, text}) => [`${table} ${key}`, text as string]))
}
