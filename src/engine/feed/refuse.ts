import {parseOrder} from '../documents/order.ts'
import {DocumentSet} from '../documents/set.ts'
import {checkWhole, LitefeedError, shown} from '../error.ts'
import type {FeedOptions} from './options.ts'
import {makeTeller} from './tell.ts'

/** Refuses what cannot be. Throws MISUSE. */
export function checkFeedOptions(options: FeedOptions): void {
  checkKinds(options)
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

/** Of a program in JavaScript each may be anything, and what is not understood must not mean everything. */
function checkKinds(options: FeedOptions): void {
  for (const [name, isOne, what] of kinds) {
    const value = options[name]
    if (value !== undefined && !isOne(value)) throw misuse(`\`${name}\` is ${what}, and ${shown(value)} is not`)
  }
}

const isString = (value: unknown) => typeof value === 'string'
const areStrings = (value: unknown) => Array.isArray(value) && value.every(isString)
const isDate = (value: unknown) => value instanceof Date && !Number.isNaN(value.getTime())
const isNumber = (value: unknown) => typeof value === 'number'

function isSince(value: unknown): boolean {
  if (value === 'now' || value === 'beginning' || isNumber(value) || isDate(value)) return true
  if (typeof value !== 'object' || value === null || value instanceof Date) return false
  return ('last' in value && isNumber(value.last)) || ('ago' in value && isNumber(value.ago))
}

const expression = 'a JSONata expression'
const kinds: readonly (readonly [keyof FeedOptions, (value: unknown) => boolean, string])[] = [
  ['tables', areStrings, 'a list of names'],
  ['keys', Array.isArray, 'a list of keys'],
  ['where', isString, expression],
  ['select', isString, expression],
  ['filter', isString, expression],
  ['map', isString, expression],
  ['pluck', areStrings, 'a list of fields'],
  ['without', areStrings, 'a list of fields'],
  ['orderBy', isString, 'a field'],
  ['since', isSince, 'now, beginning, a position, {last}, {ago} or a Date'],
  ['until', value => value === 'now' || isNumber(value) || isDate(value), 'now, a position or a Date'],
]

function misuse(message: string, hint?: string): LitefeedError {
  return new LitefeedError('MISUSE', message, {hint})
}
