import {setTimeout as sleep} from 'node:timers/promises'
import {LitefeedError} from '../../error.ts'
import type {Doomed, Keep, Pruned, Retention} from '../retention.ts'
import type {Bounds, Position} from '../storage.ts'
import type {Connection} from './connection.ts'
import {readConsumers} from './consumers.ts'
import {readBounds} from './log.ts'
import {countAtOnce, countOn, type Rule, readRule, size, uncounted} from './retention-rule.ts'

/** The log grows at one end and is removed from the other. */
export class LogRetention implements Retention {
  readonly #connection: Connection
  #rows = firstRows

  constructor(connection: Connection) {
    this.#connection = connection
  }

  rule(): Promise<Keep | undefined> {
    return this.#connection.read(() => readRule(this.#connection)?.keep)
  }

  async setRule(keep: Keep | undefined): Promise<void> {
    await this.#connection.write('hard', () => {
      this.#connection.prepare('DELETE FROM _litefeed_retention').run()
      if (keep === undefined) return
      const {oldest} = readBounds(this.#connection)
      this.#connection
        .prepare('INSERT INTO _litefeed_retention (keep, bytes, counted) VALUES (?, 0, ?)')
        .run(JSON.stringify(keep), oldest - 1)
    })
    if (keep !== undefined && 'bytes' in keep) while (await this.#count()) {}
  }

  firstKept(keep: Keep): Promise<Position> {
    return this.#connection.read(() => {
      const {oldest, newest} = readBounds(this.#connection)
      if ('count' in keep) return newest - keep.count + 1
      if ('age' in keep) return this.#firstSince(Date.now() - keep.age) ?? newest
      const [last] =
        (this.#connection
          .prepare(
            `SELECT seq FROM (SELECT seq, sum(${size}) OVER (ORDER BY seq DESC ROWS UNBOUNDED PRECEDING) AS total
            FROM _litefeed_changes) WHERE total > ? LIMIT 1`,
          )
          .get(keep.bytes) as [Position] | undefined) ?? []
      return last === undefined ? oldest : last + 1
    })
  }

  async prune(what?: Doomed): Promise<Pruned> {
    if (what === undefined && (await this.rule()) === undefined)
      return {
        ...(await this.#connection.read(() => readBounds(this.#connection))),
        removed: 0,
        more: false,
        heldBy: undefined,
      }
    while (await this.#connection.read(() => uncounted(this.#connection) >= countAtOnce)) await this.#count()
    // Most writes have nothing to remove, and shall not wait for a lock to find that out.
    const due = await this.#connection.read(() => this.#due(what, slack))
    if (due.end <= due.oldest) return {...due, removed: 0, more: false}
    let start = 0
    const pruned = await this.#connection.write('soft', () => {
      start = performance.now()
      const {end, heldBy, oldest, newest} = this.#due(what, () => 0)
      const next = Math.min(end, oldest + this.#fitting(oldest))
      if (next > oldest) remove(this.#connection, next)
      return {removed: Math.max(0, next - oldest), oldest: Math.max(oldest, next), newest, more: next < end, heldBy}
    })
    const took = performance.now() - start
    if (took > 6) this.#rows = Math.max(1, this.#rows >> 1)
    else if (took < 3) this.#rows = Math.min(mostRows, this.#rows * 2)
    if (pruned.more) await sleep(took)
    return pruned
  }

  /** After a write has succeeded, that nothing can be removed now is no reason for it to fail. */
  async apply(): Promise<void> {
    const start = performance.now()
    try {
      // A batch at a time, and as many as keep pace with writes in bulk.
      while ((await this.prune()).more && performance.now() - start < 50) {}
    } catch (error) {
      if (!(error instanceof LitefeedError && ['BUSY', 'FULL', 'IO'].includes(error.code))) throw error
    }
  }

  /** The first change that stays. The rule of the file, when it is exceeded by less than `slack`, can wait. */
  #due(what: Doomed | undefined, slack: (keep: Keep) => number) {
    const bounds = readBounds(this.#connection)
    const rule = readRule(this.#connection)
    const nothing = {...bounds, end: bounds.oldest, heldBy: undefined}
    if (bounds.oldest >= bounds.newest) return nothing
    let wanted = what?.before
    if (wanted === undefined) {
      if (rule === undefined) return nothing
      wanted = this.#firstKeptSoon(rule, bounds)
      if (wanted - bounds.oldest < slack(rule.keep)) return nothing
    }
    const end = Math.min(bounds.newest, wanted)
    const slowest = readConsumers(this.#connection)
      .filter(({name}) => !what?.force?.includes(name))
      .reduce<{name: string; position: Position} | undefined>(
        (least, one) => (least === undefined || one.position < least.position ? one : least),
        undefined,
      )
    if (slowest === undefined || slowest.position + 1 >= end) return {...bounds, end, heldBy: undefined}
    return {...bounds, end: slowest.position + 1, heldBy: slowest.name}
  }

  /** The first change that stays by the rule of the file, as far as the next batches need it: in little time. */
  #firstKeptSoon(rule: Rule, {oldest, newest}: Bounds): Position {
    const {keep} = rule
    const reach = oldest + 2 * mostRows
    if ('count' in keep) return newest - keep.count + 1
    if ('age' in keep) return this.#firstSince(Date.now() - keep.age, reach) ?? reach
    const [fresh] = this.#connection
      .prepare(`SELECT coalesce(sum(${size}), 0) FROM _litefeed_changes WHERE seq > ? AND seq <= ?`)
      .get(rule.counted, rule.counted + countAtOnce) as [number]
    const excess = rule.bytes + fresh - keep.bytes
    if (excess <= 0) return oldest
    const [last] = this.#connection
      .prepare(
        `SELECT max(seq) FROM (SELECT seq, sum(${size}) OVER (ORDER BY seq ROWS UNBOUNDED PRECEDING) - ${size} AS before
          FROM _litefeed_changes WHERE seq < ?) WHERE before < ?`,
      )
      .get(reach, excess) as [Position | null]
    return last === null ? oldest : last + 1
  }

  /** The first change since a time, if there is one before `reach`: clocks go back, and so this is not a search. */
  #firstSince(time: number, reach = Number.MAX_SAFE_INTEGER): Position | undefined {
    const [first] =
      (this.#connection
        .prepare('SELECT seq FROM _litefeed_changes WHERE seq < ? AND ts_ms >= ? ORDER BY seq LIMIT 1')
        .get(reach, time) as [Position] | undefined) ?? []
    return first
  }

  /** How many of the oldest changes one batch takes. */
  #fitting(oldest: Position): number {
    const [average] = this.#connection
      .prepare(`SELECT avg(${size}) FROM _litefeed_changes WHERE seq >= ? AND seq < ?`)
      .get(oldest, oldest + 20) as [number | null]
    return Math.max(1, Math.min(this.#rows, Math.ceil(bytesAtOnce / (average ?? 1))))
  }

  /** Counts on for a rule about bytes. Whether there is more to count. */
  #count(): Promise<boolean> {
    return this.#connection.write('soft', () => countOn(this.#connection))
  }
}

/** Removes the changes before this one. */
function remove(connection: Connection, end: Position): void {
  const rule = readRule(connection)
  if (rule !== undefined && 'bytes' in rule.keep) {
    const [gone] = connection
      .prepare(`SELECT coalesce(sum(${size}), 0) FROM _litefeed_changes WHERE seq < ? AND seq <= ?`)
      .get(end, rule.counted) as [number]
    connection.prepare('UPDATE _litefeed_retention SET bytes = bytes - ?, counted = max(counted, ?)').run(gone, end - 1)
  }
  connection.prepare('DELETE FROM _litefeed_changes WHERE seq < ?').run(end)
}

/** A rule of many changes may be exceeded by some, so that not every write removes one. */
function slack(keep: Keep): number {
  return 'count' in keep ? Math.min(mostRows, keep.count / 10) : 1
}

/** One statement over 500 k rows would hold the write lock for 0.9 s. */
const mostRows = 2000
/** Until it is known how long they take. */
const firstRows = 500
const bytesAtOnce = 2e6
