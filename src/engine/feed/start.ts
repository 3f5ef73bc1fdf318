import {checkPosition} from '../storage/bounds.ts'
import type {Position, Selection, Storage} from '../storage/storage.ts'
import type {FeedOptions} from './options.ts'

/** Where a feed begins and ends. */
export interface Start {
  readonly position: Position
  /** The position that was asked for; undefined when it was now. */
  readonly since: Position | undefined
  /** The last change to tell, when that is known at the beginning. */
  readonly end: Position | undefined
  readonly warnings: readonly string[]
}

/** Throws HISTORY_LOST. */
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
  const warnings = tables === undefined ? await whereNothingIs(storage) : await warningsOf(storage, tables, follow)
  const {oldest, newest} = bounds
  if (at === oldest - 1 && oldest > 1 && typeof since === 'object') {
    // Of everything it is certain how many the last ones are; of tables, of keys and of a span of time it is not.
    if ('last' in since && tables === undefined && keys === undefined)
      checkPosition(bounds, Math.min(at, Math.max(0, newest - since.last)))
    else warnings.push(`the log begins with ${oldest}: what was before is gone`)
  }
  return {
    position: at ?? bounds.newest,
    since: at,
    end: await endOf(storage, until, follow),
    warnings,
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

/** A feed of every table waits for ever in an application's file of which nothing is tracked. */
async function whereNothingIs(storage: Storage): Promise<string[]> {
  if ((await storage.tables()).length > 0 || (await storage.applicationTables()).length === 0) return []
  return ['nothing records the changes of these tables: `litefeed track --all` does']
}

async function warningsOf(storage: Storage, tables: readonly string[], follow: boolean): Promise<string[]> {
  const found = await Promise.all(tables.map(table => storage.find(table)))
  const warnings: string[] = []
  for (const [index, table] of tables.entries()) {
    const name = JSON.stringify(table)
    if (found[index] === undefined)
      warnings.push(`there is no table ${name}${follow ? ' yet; waiting for its first document' : ''}`)
    else if ((await storage.mark(table)) === undefined)
      warnings.push(`nothing records the changes of ${name} any more: \`litefeed doctor\` says what is missing`)
  }
  return warnings
}
