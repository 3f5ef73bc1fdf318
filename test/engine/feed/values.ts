// Values of JSON as the model of a feed sees them: read to the last digit, compared as RethinkDB compares. Written without the engine.

export type Value = null | boolean | number | bigint | string | readonly Value[] | Doc
export interface Doc {
  readonly [name: string]: Value
}

/** JSON.parse, but a whole number that a double cannot hold is a bigint. */
export function parseExactly(text: string): Value {
  return JSON.parse(text, (_name, value, {source}: {source?: string}) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? '')
      ? BigInt(source as string)
      : value,
  ) as Value
}

/** A text that is the same for equal values, whatever the order of their members. */
export function canonical(value: Value): string {
  if (typeof value === 'bigint') return String(value)
  if (isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (!isDoc(value)) return JSON.stringify(value)
  const members = Object.keys(value).toSorted()
  return `{${members.map(name => `${JSON.stringify(name)}:${canonical(value[name] as Value)}`).join(',')}}`
}

/** RethinkDB's order: https://rethinkdb.com/docs/data-types/ and, for members of objects, their names before their values. */
export function compare(one: Value, other: Value): number {
  if (kindOf(one) !== kindOf(other)) return kindOf(one) - kindOf(other)
  if (isArray(one)) return compareItems(one, other as readonly Value[])
  if (isDoc(one)) return compareItems(membersOf(one), membersOf(other as Doc))
  if (typeof one === 'string') return Buffer.compare(Buffer.from(one), Buffer.from(other as string))
  if (one === null || other === null) return 0
  // A number and a bigint compare exactly.
  return one < other ? -1 : one > other ? 1 : 0
}

/** The value of `a.b`. */
export function valueAt(document: Doc, path: string): Value | undefined {
  let value: Value | undefined = document
  for (const name of path.split('.')) value = isDoc(value) ? value[name] : undefined
  return value
}

export function isDoc(value: Value | undefined): value is Doc {
  return typeof value === 'object' && value !== null && !isArray(value)
}

/** Array.isArray does not know arrays that are read-only. */
function isArray(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value)
}

function kindOf(value: Value): number {
  if (isArray(value)) return 0
  if (value === null) return 2
  return {boolean: 1, number: 3, bigint: 3, object: 4, string: 5}[typeof value as 'boolean']
}

function membersOf(value: Doc): Value[] {
  return Object.keys(value)
    .toSorted((one, other) => compare(one, other))
    .flatMap(name => [name, value[name] as Value])
}

function compareItems(one: readonly Value[], other: readonly Value[]): number {
  const at = one.findIndex((item, index) => index === other.length || compare(item, other[index] as Value) !== 0)
  if (at === -1) return one.length - other.length
  return at === other.length ? 1 : compare(one[at] as Value, other[at] as Value)
}
