import {toKey} from '../documents/key.ts'
import {
  checkKinds,
  expression,
  field,
  isNumber,
  type Kinds,
  names,
  number,
  onError,
  oneOf,
  setKinds,
  signal,
  yesOrNo,
} from '../documents/kinds.ts'
import {parseOrder} from '../documents/order.ts'
import {DocumentSet} from '../documents/set.ts'
import {checkWhole, LitefeedError} from '../error.ts'
import type {FeedOptions} from './options.ts'
import {makeTeller} from './tell.ts'

/** Refuses what cannot be. Throws MISUSE. */
export function checkFeedOptions(options: FeedOptions): void {
  checkKinds(options, kinds)
  const {tables, keys, since, until, take, idleTimeout, heartbeat, squash} = options
  if (tables?.length === 0) throw misuse('a feed of no table', 'leave tables out to follow every table')
  if (keys?.length === 0) throw misuse('a feed of no key', 'leave keys out to follow every key')
  if (typeof since === 'number') checkWhole('since', since, 0)
  if (typeof since === 'object' && 'last' in since) checkWhole('since', since.last, 0)
  if (typeof since === 'object' && 'ago' in since && !(since.ago >= 0 && since.ago < Number.POSITIVE_INFINITY))
    throw misuse(`\`since\` must be 0 ms ago or more, not ${since.ago}`)
  if (typeof until === 'number') checkWhole('until', until, 0)
  if (take !== undefined) checkWhole('take', take, 1)
  for (const [name, value] of Object.entries({idleTimeout, heartbeat})) {
    if (value !== undefined && !(value > 0)) throw misuse(`\`${name}\` must be more than 0 ms, not ${value}`)
  }
  if (squash !== undefined && !(squash >= 0)) throw misuse(`\`squash\` must be 0 ms or more, not ${squash}`)
  checkWindow(options)
}

/** The same, and whether the expressions parse: all that can be said without a database. Throws MISUSE and BAD_EXPRESSION. */
export async function checkFeed(options: FeedOptions): Promise<void> {
  checkFeedOptions(options)
  await Promise.all([DocumentSet.compile(options), makeTeller(options)])
}

function checkWindow({orderBy, limit, includeOffsets, tables, keys, since}: FeedOptions): void {
  if (limit === undefined && orderBy === undefined) {
    if (includeOffsets)
      throw misuse('`includeOffsets` without a window: there is nothing to stand in', 'add `orderBy` and `limit`')
    return
  }
  if (orderBy === undefined)
    throw misuse(
      '`limit` without `orderBy`: which documents come first?',
      'add `orderBy`; or `take` ends a feed after so many events',
    )
  parseOrder(orderBy)
  if (limit === undefined)
    throw misuse('`orderBy` without `limit`: a feed has an order only inside a window', 'add `limit`')
  checkWhole('limit', limit, 1)
  const names = new Set(tables?.map(table => table.toLowerCase()))
  if (names.size !== 1)
    throw misuse(
      `\`orderBy\` and \`limit\` over ${tables === undefined ? 'every table' : 'several tables'}: a window is one of the documents of one table`,
      'name one table',
    )
  if (keys !== undefined)
    throw misuse(
      '`orderBy` and `limit` over single keys: a window is one of a set',
      'select the documents with `where`',
    )
  if (since !== undefined && since !== 'now')
    throw misuse(
      '`orderBy` and `limit` with `since`: the log does not say what stood in the window then',
      'leave `since` out, and add `includeInitial` to begin with what stands in it now',
    )
}

function isKey(value: unknown): boolean {
  try {
    toKey(value)
    return true
  } catch {
    return false
  }
}

function isSince(value: unknown): boolean {
  if (value === 'now' || value === 'beginning' || isNumber(value) || isDate(value)) return true
  if (typeof value !== 'object' || value === null || value instanceof Date) return false
  return ('last' in value && isNumber(value.last)) || ('ago' in value && isNumber(value.ago))
}

const isDate = (value: unknown) => value instanceof Date && !Number.isNaN(value.getTime())

const kinds: Kinds<FeedOptions> = {
  ...setKinds,
  tables: names,
  keys: [value => Array.isArray(value) && value.every(isKey), 'a list of keys'],
  orderBy: field,
  limit: number,
  includeOffsets: yesOrNo,
  squash: number,
  filter: expression,
  map: expression,
  includeInitial: yesOrNo,
  includeStates: yesOrNo,
  since: [isSince, 'now, beginning, a position, {last}, {ago} or a Date'],
  until: [value => value === 'now' || isNumber(value) || isDate(value), 'now, a position or a Date'],
  follow: yesOrNo,
  take: number,
  idleTimeout: number,
  heartbeat: number,
  onError,
  onGap: oneOf('fail', 'resync'),
  signal,
}

function misuse(message: string, hint?: string): LitefeedError {
  return new LitefeedError('MISUSE', message, {hint})
}
