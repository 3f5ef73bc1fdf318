import {setTimeout as sleep} from 'node:timers/promises'
import {LitefeedError} from '../error.ts'
import type {FeedOptions} from '../feed/options.ts'
import {startFeed} from '../feed/start.ts'
import type {Consumer, Lease, Owner as StoredOwner} from '../storage/consumers.ts'
import type {Storage} from '../storage/storage.ts'

/** Who claims consumers: a process, or a part of one. */
export interface Owner {
  /** As others see it. */
  readonly name: string
  /** By which those on the same machine know each other. */
  readonly place: string
  /** Whether the owner of a lease that has not run out is known to be gone. */
  isGone(owner: StoredOwner): boolean
}

/**
 * Takes the lease of a consumer, which is made where `since` says when there is none. Waits for one that is about to run out; throws TAKEN
 * when its owner lives, and the reason of the signal when it is aborted meanwhile.
 */
export async function claimLease(
  storage: Storage,
  name: string,
  options: FeedOptions,
  owner: Owner,
): Promise<{readonly consumer: Consumer; readonly lease: Lease}> {
  let seen: StoredOwner | undefined
  let seenAt = 0
  const initial = options.includeInitial === true
  const isSame = (other: StoredOwner) => other.place === seen?.place && other.expires === seen.expires
  // A clock that was put back since does not make a lease longer.
  const isOver = (other: StoredOwner) => isSame(other) && performance.now() - seenAt >= leaseDuration
  const abandoned = (other: StoredOwner) => owner.isGone(other) || isOver(other)
  const claim = {owner, duration: leaseDuration, initial, abandoned}
  for (;;) {
    const known = await storage.consumers.find(name)
    const at = known === undefined ? (await startFeed(storage, options)).position : undefined
    const claimed = await storage.consumers.claim(name, {...claim, at})
    if (claimed?.lease !== undefined) return {consumer: claimed.consumer, lease: claimed.lease}
    const other = claimed?.consumer.owner
    if (other === undefined) continue
    options.signal?.throwIfAborted()
    // Whoever renews it lives; who does not is waited for no longer than the lease goes on.
    if (seen !== undefined && !isSame(other))
      throw new LitefeedError('TAKEN', `the consumer ${name} is in use by ${other.name}`, {
        hint: 'one process at a time moves a consumer: end that one, or take another name',
      })
    if (seen === undefined) seenAt = performance.now()
    seen ??= other
    // That it was aborted is found out after one more look.
    await sleep(Math.max(1, Math.min(250, other.expires - Date.now())), undefined, {signal: options.signal}).catch(
      () => {},
    )
  }
}

/** Gives a lease back. One that cannot be runs out by itself, which must not hide why the work has ended. */
export async function releaseLease(storage: Storage, lease: Lease): Promise<void> {
  await storage.consumers.release(lease).catch(() => {})
}

/** An owner that others cannot look for: its lease has to run out. */
export function nobody(): Owner {
  const place = crypto.randomUUID()
  return {name: place, place, isGone: () => false}
}

/** Milliseconds after which a consumer whose owner has stopped is anybody's. */
export const leaseDuration = 10_000
