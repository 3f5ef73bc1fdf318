import type {Connection} from '../connection.ts'

/** A value of a key as SQL takes it: whether it is text, then as bytes that are, then anything else. */
export type Given = readonly [isText: 0 | 1, bytes: unknown, value: unknown]

/**
 * Whether a key of the log stands at the end of a page or before it, in the order in which the page was read. `end` are the
 * values of the last row, in threes.
 */
export function coverUpTo(
  connection: Connection,
  collations: readonly string[],
  end: readonly unknown[],
): (key: string) => boolean {
  const given = 'CASE WHEN ? THEN CAST(? AS TEXT) ELSE ? END'
  const left = collations.map(collate => `${given} ${collate}`).join(', ')
  const right = collations.map(() => given).join(', ')
  const statement = connection.prepare(`SELECT (${left}) <= (${right})`)
  return key => {
    const value: unknown = JSON.parse(key, keepDigits)
    const parts = collations.length === 1 ? [value] : (value as unknown[])
    return (statement.get(...parts.flatMap(givenOf), ...end) as [number | bigint])[0].toString() === '1'
  }
}

/** What the log spells so. */
function givenOf(value: unknown): Given {
  if (typeof value === 'string') return [1, Buffer.from(value), null]
  if (typeof value !== 'object' || value === null) return [0, null, value]
  const {$blob, $real, $text} = value as {$blob?: string; $real?: string; $text?: string}
  if ($text !== undefined) return [1, Buffer.from($text, 'hex'), null]
  return [0, null, $real === undefined ? Buffer.from($blob ?? '', 'hex') : Number($real)]
}

function keepDigits(_key: string, value: unknown, {source}: {source?: string}): unknown {
  return typeof value === 'number' && source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value
}
