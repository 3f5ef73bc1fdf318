import type {Since, Until} from '../engine/feed/options.ts'

/** Milliseconds of `250ms`, `2s`, `5m`, `1h30m`, `7d`; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d|w))+$/.test(text)) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g))
    total += Number(amount) * (units[unit as string] as number)
  return total
}

/** The same, and more than 0. */
export function parseInterval(text: string): number | undefined {
  return parseDuration(text) || undefined
}

/** What `--since` takes; undefined when it is none of it. */
export function parseSince(text: string): Since | undefined {
  if (text === 'now' || text === 'beginning') return text
  if (/^\d+$/.test(text)) return Number(text)
  if (/^-\d+$/.test(text)) return {last: -Number(text)}
  const ago = parseDuration(text)
  return ago === undefined ? parseTimestamp(text) : {ago}
}

/** What `--until` takes; undefined when it is none of it. */
export function parseUntil(text: string): Until | undefined {
  if (text === 'now') return text
  return /^\d+$/.test(text) ? Number(text) : parseTimestamp(text)
}

/** ISO 8601: a day is UTC, a time without a zone is local. https://tc39.es/ecma262/#sec-date-time-string-format */
function parseTimestamp(text: string): Date | undefined {
  const parts = /^(\d{4}-\d\d)(-\d\d)?([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/.exec(text)
  if (parts === null) return undefined
  // JavaScript takes 30 February for 2 March.
  const day = new Date(`${parts[1]}${parts[2] ?? '-01'}T00:00Z`)
  if (Number.isNaN(day.getTime()) || day.getUTCDate() !== Number(parts[2]?.slice(1) ?? 1)) return undefined
  const date = new Date(text.replace(' ', 'T'))
  return Number.isNaN(date.getTime()) ? undefined : date
}

const units: Readonly<Record<string, number>> = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000}
