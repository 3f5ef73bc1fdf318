import {LitefeedError} from '../../error.ts'
import {checkPosition} from '../bounds.ts'
import type {Claim, Consumer, Consumers, Lease, Move} from '../consumers.ts'
import type {Position} from '../storage.ts'
import type {Connection} from './connection.ts'
import {readBounds} from './log.ts'

/**
 * Consumers as rows of a table. Their moves are not synced one by one: what a power cut undoes is delivered again, which
 * receivers have to bear anyway.
 */
export class ConsumerTable implements Consumers {
  readonly #connection: Connection

  constructor(connection: Connection) {
    this.#connection = connection
  }

  list(): Promise<readonly Consumer[]> {
    return this.#connection.read(() => readConsumers(this.#connection))
  }

  find(name: string): Promise<Consumer | undefined> {
    return this.#connection.read(() => readConsumer(this.#connection, name))
  }

  claim(name: string, claim: Claim): Promise<{consumer: Consumer; lease: Lease | undefined} | undefined> {
    return this.#connection.write('soft', () => {
      const known = readConsumer(this.#connection, name)
      if (known === undefined) {
        if (claim.at === undefined || claim.at < readBounds(this.#connection).oldest - 1) return undefined
        insert(this.#connection, name, claim.at, claim.initial)
      } else if (known.owner !== undefined && known.owner.expires > Date.now() && !claim.abandoned(known.owner)) {
        return {consumer: known, lease: undefined}
      }
      const {name: owner, place} = claim.owner
      const [fence, mark, moved] = this.#connection
        .prepare(
          `UPDATE _litefeed_consumers SET owner = ?, place = ?, expires = ?, fence = fence + 1 WHERE name = ?
            RETURNING fence, mark, moved`,
        )
        .get(owner, place, Date.now() + claim.duration, name) as [number, string | null, number | null]
      const consumer = readConsumer(this.#connection, name) as Consumer
      return {consumer, lease: {consumer: name, fence, mark: mark ?? undefined, ...resetsOf(moved ?? 0)}}
    })
  }

  advance({consumer, fence, mark}: Lease, {to, sending, duration}: Move): Promise<boolean> {
    return this.#connection.write('soft', () => {
      if (to !== undefined) this.#checkReached(to)
      const now = Date.now()
      const held = this.#connection
        .prepare(`UPDATE _litefeed_consumers SET expires = ?, sending = ? WHERE ${isThis}`)
        .run(now + duration, sending ?? null, consumer, fence, mark ?? null)
      if (held.changes === 0) return false
      if (to !== undefined) {
        this.#connection
          .prepare(
            `UPDATE _litefeed_consumers SET seq = ?, updated = ?, initial = 0, moved = -abs(moved) WHERE ${isThis} AND (seq < ? OR initial)`,
          )
          .run(to, now, consumer, fence, mark ?? null, to)
      }
      return true
    })
  }

  async release({consumer, fence, mark}: Lease): Promise<void> {
    await this.#connection.write('soft', () =>
      this.#connection
        .prepare(
          `UPDATE _litefeed_consumers SET owner = NULL, place = NULL, expires = NULL, fence = fence + 1 WHERE ${isThis}`,
        )
        .run(consumer, fence, mark ?? null),
    )
  }

  acknowledge(name: string, position: Position): Promise<Position | undefined> {
    return this.#connection.write('hard', () => {
      this.#checkReached(position)
      this.#connection
        .prepare(
          'UPDATE _litefeed_consumers SET seq = ?, updated = ?, initial = 0 WHERE name = ? AND (seq < ? OR initial)',
        )
        .run(position, Date.now(), name, position)
      return readConsumer(this.#connection, name)?.position
    })
  }

  async place(name: string, position: Position): Promise<void> {
    await this.#connection.write('hard', () => {
      checkPosition(readBounds(this.#connection), position)
      insert(this.#connection, name, position, false)
    })
  }

  delete(name: string): Promise<boolean> {
    return this.#connection.write(
      'hard',
      () => this.#connection.prepare('DELETE FROM _litefeed_consumers WHERE name = ?').run(name).changes > 0,
    )
  }

  #checkReached(position: Position): void {
    const {newest} = readBounds(this.#connection)
    if (position > newest)
      throw new LitefeedError('MISUSE', `position ${position} is beyond the log, whose newest change is ${newest}`)
  }
}

/** Whether a lease is this one: fences begin anew with a consumer that is deleted and made again. */
const isThis = 'name = ? AND fence = ? AND mark IS ?'

/** `moved` counts how often it was put elsewhere, and is negative once it has moved on from there. */
function resetsOf(moved: number): Pick<Lease, 'moved' | 'resets'> {
  return {moved: moved > 0, resets: Math.abs(moved)}
}

/** All consumers, by name. A file of an older layout that was opened for reading has none. */
export function readConsumers(connection: Connection): readonly Consumer[] {
  if (!hasConsumers(connection)) return []
  return (connection.prepare(`${select} ORDER BY name`).all() as Row[]).map(consumerOf)
}

function readConsumer(connection: Connection, name: string): Consumer | undefined {
  if (!hasConsumers(connection)) return undefined
  const row = connection.prepare(`${select} WHERE name = ?`).get(name) as Row | undefined
  return row && consumerOf(row)
}

type Row = [string, number, string, number, number, number | null, string | null, string | null, number | null]

const select = 'SELECT name, seq, feed_id, updated, initial, sending, owner, place, expires FROM _litefeed_consumers'

function consumerOf([name, position, feed, updated, initial, sending, owner, place, expires]: Row): Consumer {
  return {
    name,
    position,
    feed,
    updated,
    initial: initial !== 0,
    sending: sending ?? undefined,
    owner: owner === null ? undefined : {name: owner, place: place ?? '', expires: expires ?? 0},
  }
}

/** A new one keeps no lease, and one that is put elsewhere takes it from whoever held it. */
function insert(connection: Connection, name: string, position: Position, initial: boolean): void {
  const [feed] = connection.prepare(`SELECT value FROM _litefeed_meta WHERE name = 'feed_id'`).get() as [string]
  connection
    .prepare(
      `INSERT INTO _litefeed_consumers (name, seq, feed_id, updated, initial, mark) VALUES (?, ?, ?, ?, ?, hex(randomblob(6)))
        ON CONFLICT (name) DO UPDATE SET seq = excluded.seq, feed_id = excluded.feed_id, updated = excluded.updated,
          initial = excluded.initial, moved = abs(coalesce(moved, 0)) + 1, sending = NULL, fence = fence + 1`,
    )
    .run(name, position, feed, Date.now(), initial ? 1 : 0)
}

function hasConsumers(connection: Connection): boolean {
  return connection.prepare(`SELECT 1 FROM sqlite_schema WHERE name = '_litefeed_consumers'`).get() !== undefined
}
