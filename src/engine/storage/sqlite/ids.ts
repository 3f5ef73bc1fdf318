/** A value of the column `id`, as SQLite gives it with whole numbers as bigint. */
export type Id = number | bigint | string | Uint8Array | TextBytes

/** Text that is no UTF-8, which a string would not say exactly. */
export interface TextBytes {
  readonly text: Uint8Array
}

/** An id as it was read, and as a blob. JavaScript puts U+FFFD in the place of what is no UTF-8. */
export function exactId(id: Exclude<Id, TextBytes>, bytes: Uint8Array): Id {
  return typeof id === 'string' && id.includes('\ufffd') ? {text: bytes} : id
}

/** An id as a parameter of a statement: its SQL and its value. */
export function idParameter(id: Id): {readonly sql: string; readonly value: Exclude<Id, TextBytes>} {
  return isTextBytes(id) ? {sql: 'CAST(? AS TEXT)', value: id.text} : {sql: '?', value: id}
}

/** The value of the column `id` that a key of the log, which is JSON text, was written for. */
export function idOfKey(key: string): Id {
  const [first = ''] = key
  if (first === '"') return JSON.parse(key) as string
  if (first === '{') return Buffer.from((JSON.parse(key) as {$blob: string}).$blob, 'hex')
  if (first === '-' || (first >= '0' && first <= '9')) return /^-?\d+$/.test(key) ? BigInt(key) : Number(key)
  // Booleans and arrays are kept as a blob of their JSON.
  return Buffer.from(key)
}

/** SQLite's own order: numbers, text by its bytes, blobs. https://sqlite.org/datatype3.html#sort_order */
export function compareIds(one: Id, other: Id): number {
  const difference = rankOf(one) - rankOf(other)
  if (difference !== 0) return difference
  // A comparison of a bigint with a number is exact, as SQLite's is.
  if (rankOf(one) === 0) return one === other ? 0 : one < other ? -1 : one > other ? 1 : 0
  return Buffer.compare(bytesOf(one), bytesOf(other))
}

function rankOf(id: Id): number {
  if (typeof id === 'string' || isTextBytes(id)) return 1
  return typeof id === 'object' ? 2 : 0
}

function bytesOf(id: Id): Uint8Array {
  if (isTextBytes(id)) return id.text
  return typeof id === 'string' ? Buffer.from(id) : (id as Uint8Array)
}

function isTextBytes(id: Id): id is TextBytes {
  return typeof id === 'object' && 'text' in id
}
