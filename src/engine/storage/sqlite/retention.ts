import {LitefeedError} from '../../error.ts'
import type {Keep, Prune, Pruned, Retention} from '../retention.ts'
import type {Position} from '../storage.ts'
import type {Connection} from './connection.ts'
import {readConsumers} from './consumers.ts'
import {readBounds} from './log.ts'
import {isInitialised} from './tables.ts'

/**
 * The log grows at one end and is removed from the other. The bytes of a change are those of its two values and its key,
 * and a few more. For a rule about bytes the file keeps their sum, up to a position, so that a writer counts what is new alone.
 */
export class LogRetention implements Retention {
  readonly #connection: Connection
  #rows = mostRows

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

  async prune({what, force = []}: Partial<Prune> = {}): Promise<Pruned> {
    if (what === undefined && (await this.rule()) === undefined)
      return {
        ...(await this.#connection.read(() => readBounds(this.#connection))),
        removed: 0,
        more: false,
        heldBy: undefined,
      }
    while (await this.#connection.read(() => uncounted(this.#connection) >= countAtOnce)) await this.#count()
    // Most writes have nothing to remove, and shall not wait for a lock to find that out.
    const due = await this.#connection.read(() => this.#due(what, force, what === undefined ? slack : () => 0))
    if (due.end <= due.oldest) return {...due, removed: 0, more: false}
    return this.#connection.write('soft', () => {
      const start = performance.now()
      const {end, heldBy} = this.#due(what, force, () => 0)
      const {oldest, newest} = readBounds(this.#connection)
      const next = Math.min(end, oldest + this.#fitting(oldest))
      if (next > oldest) remove(this.#connection, next)
      const took = performance.now() - start
      if (took > 8) this.#rows = Math.max(1, this.#rows >> 1)
      else if (took < 4) this.#rows = Math.min(mostRows, this.#rows * 2)
      return {removed: Math.max(0, next - oldest), oldest: Math.max(oldest, next), newest, more: next < end, heldBy}
    })
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

  /** The first change that stays. A rule that is exceeded by less than `slack` can wait. */
  #due(what: Prune['what'] | undefined, force: readonly string[], slack: (keep: Keep) => number) {
    const bounds = readBounds(this.#connection)
    const rule = readRule(this.#connection)
    const asked = what ?? rule?.keep
    const nothing = {...bounds, end: bounds.oldest, heldBy: undefined}
    if (asked === undefined || bounds.oldest >= bounds.newest) return nothing
    const wanted = Math.min(
      bounds.newest,
      'before' in asked ? asked.before : this.#firstKept(asked, what === undefined),
    )
    if (what === undefined && wanted - bounds.oldest < slack(asked as Keep)) return nothing
    const slowest = readConsumers(this.#connection)
      .filter(({name}) => !force.includes(name))
      .reduce<{name: string; position: Position} | undefined>(
        (least, one) => (least === undefined || one.position < least.position ? one : least),
        undefined,
      )
    const held = slowest !== undefined && slowest.position + 1 < wanted
    return {...bounds, end: held ? slowest.position + 1 : wanted, heldBy: held ? slowest.name : undefined}
  }

  #firstKept(keep: Keep, isRule: boolean): Position {
    const {oldest, newest} = readBounds(this.#connection)
    if ('count' in keep) return newest - keep.count + 1
    if ('age' in keep) return this.#olderThan(Date.now() - keep.age, oldest)
    if (isRule) return this.#beyond(keep.bytes, oldest)
    const [last] =
      (this.#connection
        .prepare(
          `SELECT seq FROM (SELECT seq, sum(${size}) OVER (ORDER BY seq DESC ROWS UNBOUNDED PRECEDING) AS total
          FROM _litefeed_changes) WHERE total > ? LIMIT 1`,
        )
        .get(keep.bytes) as [Position] | []) ?? []
    return last === undefined ? oldest : last + 1
  }

  /** The first change that is not older, as far as the next batches need it: clocks go back, and so this is not a search. */
  #olderThan(time: number, oldest: Position): Position {
    const reach = oldest + 2 * mostRows
    const [first] =
      (this.#connection
        .prepare('SELECT seq FROM _litefeed_changes WHERE seq < ? AND ts_ms >= ? ORDER BY seq LIMIT 1')
        .get(reach, time) as [Position] | []) ?? []
    return first ?? reach
  }

  /** The same for bytes, by the sum that the file keeps. */
  #beyond(budget: number, oldest: Position): Position {
    const rule = readRule(this.#connection)
    if (rule === undefined) return oldest
    const [fresh] = this.#connection
      .prepare(`SELECT coalesce(sum(${size}), 0) FROM _litefeed_changes WHERE seq > ? AND seq <= ?`)
      .get(rule.counted, rule.counted + countAtOnce) as [number]
    const excess = rule.bytes + fresh - budget
    if (excess <= 0) return oldest
    const [last] = this.#connection
      .prepare(
        `SELECT max(seq) FROM (SELECT seq, sum(${size}) OVER (ORDER BY seq ROWS UNBOUNDED PRECEDING) - ${size} AS before
          FROM _litefeed_changes WHERE seq < ?) WHERE before < ?`,
      )
      .get(oldest + 2 * mostRows, excess) as [Position | null]
    return last === null ? oldest : last + 1
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

interface Rule {
  readonly keep: Keep
  readonly bytes: number
  readonly counted: Position
}

function readRule(connection: Connection): Rule | undefined {
  if (!isInitialised(connection)) return undefined
  const known = connection.prepare(`SELECT 1 FROM sqlite_schema WHERE name = '_litefeed_retention'`).get()
  if (known === undefined) return undefined
  const row = connection.prepare('SELECT keep, bytes, counted FROM _litefeed_retention').get() as
    | [string, number, number]
    | undefined
  return row && {keep: JSON.parse(row[0]), bytes: row[1], counted: row[2]}
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

/** How many changes the sum lacks, when there is one. */
function uncounted(connection: Connection): number {
  const rule = readRule(connection)
  return rule !== undefined && 'bytes' in rule.keep ? readBounds(connection).newest - rule.counted : 0
}

function countOn(connection: Connection): boolean {
  const rule = readRule(connection)
  if (rule === undefined) return false
  const {newest} = readBounds(connection)
  const reach = Math.min(newest, rule.counted + countAtOnce)
  connection
    .prepare(
      `UPDATE _litefeed_retention SET counted = ?, bytes = bytes +
        (SELECT coalesce(sum(${size}), 0) FROM _litefeed_changes WHERE seq > ? AND seq <= ?)`,
    )
    .run(reach, rule.counted, reach)
  return reach < newest
}

/** A rule of many changes may be exceeded by some, so that not every write removes one. */
function slack(keep: Keep): number {
  return 'count' in keep ? Math.min(mostRows, keep.count / 10) : 1
}

/** One statement over 500 k rows would hold the write lock for 0.9 s. */
const mostRows = 2000
const bytesAtOnce = 2e6
const countAtOnce = 5000

const size = `(coalesce(octet_length(old_val), 0) + coalesce(octet_length(new_val), 0) + octet_length(key) + 40)`
