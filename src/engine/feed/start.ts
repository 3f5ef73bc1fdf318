import {checkPosition} from '../storage/bounds.ts'
import type {RawEvent} from '../storage/line.ts'
import type {Position, Selection, Storage} from '../storage/storage.ts'
import type {FeedOptions} from './options.ts'

/** Where a feed begins and ends, and what there was at the beginning. */
export interface Start {
  readonly position: Position
  /** The last change to tell, when that is known at the beginning. */
  readonly end: Position | undefined
  readonly initial: readonly RawEvent[]
  readonly warnings: readonly string[]
}

/**
 * Takes the position and the initial documents at once: what the snapshot shows is exactly what the changes after the
 * position have not done yet. Throws HISTORY_LOST.
 */
export async function startFeed(storage: Storage, options: FeedOptions): Promise<Start> {
  const bounds = await storage.bounds()
  const {since = 'now', until, follow = true, tables, keys} = options
  const selection: Selection = {tables, keys}
  const at =
    since === 'now'
      ? undefined
      : since === 'beginning'
        ? bounds.oldest - 1
        : await positionOf(storage, since, selection)
  checkPosition(bounds, at ?? bounds.newest)

  let position = at ?? bounds.newest
  let initial: readonly RawEvent[] = []
  if (options.includeInitial) {
    const snapshot = await storage.snapshot(selection, at)
    const ts_ms = Date.now()
    position = snapshot.position
    initial = snapshot.documents.map(({table, key, text}) => ({
      seq: position,
      ts_ms,
      table,
      key,
      type: 'initial',
      new_val: text,
    }))
  }
  return {
    position,
    end: await endOf(storage, until, follow),
    initial,
    warnings: await missingTables(storage, tables, follow),
  }
}

async function positionOf(
  storage: Storage,
  since: Exclude<FeedOptions['since'], string | undefined>,
  selection: Selection,
): Promise<Position> {
  if (typeof since === 'number') return since
  if (since instanceof Date) return storage.locate({before: since.getTime()})
  return storage.locate('last' in since ? {last: since.last, ...selection} : {before: Date.now() - since.ago})
}

async function endOf(storage: Storage, until: FeedOptions['until'], follow: boolean): Promise<Position | undefined> {
  const {newest} = await storage.bounds()
  const end =
    until === 'now'
      ? newest
      : until instanceof Date
        ? until.getTime() < Date.now()
          ? await storage.locate({before: until.getTime() + 1})
          : undefined
        : until
  return follow ? end : Math.min(newest, end ?? newest)
}

async function missingTables(storage: Storage, tables: readonly string[] = [], follow: boolean): Promise<string[]> {
  const found = await Promise.all(tables.map(table => storage.find(table)))
  const missing = tables.filter((_, index) => found[index] === undefined)
  return missing.map(
    table => `there is no table ${JSON.stringify(table)}${follow ? ' yet; waiting for its first document' : ''}`,
  )
}
