import {checkWhole, LitefeedError} from '../error.ts'
import type {Since} from '../feed/options.ts'
import {checkFeedOptions} from '../feed/refuse.ts'
import {startFeed} from '../feed/start.ts'
import type {Consumer} from '../storage/consumers.ts'
import type {Position, Storage} from '../storage/storage.ts'
import {leaseDuration, type Owner} from './lease.ts'
import {checkConsumerName} from './name.ts'

export interface ConsumerInfo {
  readonly name: string
  /** Everything up to here has been delivered. */
  readonly position: Position
  /** How many changes the log has after it. */
  readonly lag: number
  /** Seconds since it was last moved. */
  readonly age: number
  /** Who has it now: as `pid@host`, from the command line. */
  readonly owner: string | null
  /** The oldest change that the log has: a position before the one before it is lost. */
  readonly oldest: Position
}

export async function listConsumers(storage: Storage, owner: Owner): Promise<readonly ConsumerInfo[]> {
  const consumers = await storage.consumers.list()
  const {oldest, newest} = await storage.bounds()
  return consumers.map(({name, position, updated, owner: holder}) => ({
    name,
    position,
    lag: Math.max(0, newest - position),
    age: Math.max(0, Date.now() - updated) / 1000,
    owner: holds(holder, owner) ? holder.name : null,
    oldest,
  }))
}

/** See Store.resetConsumer. */
export async function resetConsumer(storage: Storage, name: string, to: Since, owner: Owner): Promise<Position> {
  checkConsumerName(name)
  if (to === undefined) throw new LitefeedError('MISUSE', 'to which position is the consumer to be put?')
  checkFeedOptions({since: to})
  refuseTaken(await storage.consumers.find(name), owner)
  const {position} = await startFeed(storage, {since: to})
  await storage.consumers.place(name, position)
  return position
}

/** See Store.deleteConsumer. */
export async function deleteConsumer(storage: Storage, name: string, owner: Owner): Promise<void> {
  refuseTaken(await storage.consumers.find(name), owner)
  if (!(await storage.consumers.delete(name))) throw await noConsumer(storage, name)
}

/** See Store.acknowledge. */
export async function acknowledge(storage: Storage, name: string, position: Position): Promise<Position> {
  checkWhole('position', position, 0)
  const now = await storage.consumers.acknowledge(name, position)
  if (now === undefined) throw await noConsumer(storage, name)
  return now
}

/** The error for a name that no consumer has. */
export async function noConsumer(storage: Storage, name: string): Promise<LitefeedError> {
  const names = (await storage.consumers.list()).map(consumer => consumer.name)
  return new LitefeedError('NO_CONSUMER', `there is no consumer ${name}`, {
    hint: names.length > 0 ? `there are ${names.join(', ')}` : 'changes --as and pipe --as make one',
  })
}

/** Whether a lease is held, as far as `owner` can tell. One that goes on for too long is from before the clock was put back. */
function holds(holder: Consumer['owner'], owner: Owner): holder is NonNullable<Consumer['owner']> {
  const left = holder === undefined ? 0 : holder.expires - Date.now()
  return holder !== undefined && left > 0 && left <= 2 * leaseDuration && !owner.isGone(holder)
}

function refuseTaken(consumer: Consumer | undefined, owner: Owner): void {
  const holder = consumer?.owner
  if (!holds(holder, owner)) return
  throw new LitefeedError('TAKEN', `the consumer ${consumer?.name} is in use by ${holder.name}`, {
    hint: 'end that process first',
  })
}
