// What a feed has to tell of each change, worked out from the log and nothing else.
import {follows, type Kind, memberOf, queryOf, type Shown} from './kinds.ts'
import {canonical, type Doc, type Value} from './values.ts'

/** A row of the log. */
export interface Change {
  readonly seq: number
  readonly table: string
  readonly key: Value
  readonly old_val: Doc | null
  readonly new_val: Doc | null
}

/** An event without its time. */
export interface Event {
  readonly seq: number
  readonly table: string
  readonly key: Value
  readonly type: 'add' | 'change' | 'remove'
  readonly old_val: Value
  readonly new_val: Value
  readonly old_offset?: number | null
  readonly new_offset?: number | null
}

/** The tables as the changes up to a position leave them. */
export function tablesAt(changes: readonly Change[], position: number): Map<string, Map<string, Doc>> {
  const tables = new Map<string, Map<string, Doc>>()
  for (const change of changes) if (change.seq <= position) apply(tables, change)
  return tables
}

/** The events of the changes after a position, when nothing is squashed. */
export function predict(kind: Kind, changes: readonly Change[], position: number): Event[] {
  const followed = changes.filter(({table, key}) => follows(kind, table, key))
  const later = followed.filter(({seq}) => seq > position)
  if (kind.window === undefined) return later.flatMap(change => eventOf(kind, change))
  const tables = tablesAt(followed, position)
  let before = queryOf(kind, tables)
  return later.flatMap(change => {
    apply(tables, change)
    const after = queryOf(kind, tables)
    const event = spliceOf(change, before, after, kind.window?.offsets ?? false)
    before = after
    return event
  })
}

function apply(tables: Map<string, Map<string, Doc>>, {table, key, new_val}: Change): void {
  const documents = tables.get(table) ?? new Map<string, Doc>()
  tables.set(table, documents)
  if (new_val === null) documents.delete(canonical(key))
  else documents.set(canonical(key), new_val)
}

function eventOf(kind: Kind, {seq, table, key, ...change}: Change): Event[] {
  const old_val = memberOf(kind, change.old_val)
  const new_val = memberOf(kind, change.new_val)
  if (canonical(old_val) === canonical(new_val)) return []
  return [{seq, table, key, type: typeOf(old_val, new_val), old_val, new_val}]
}

/** What left the window and what came into it, by one change. */
function spliceOf(
  {seq, table, key}: Change,
  before: readonly Shown[],
  after: readonly Shown[],
  offsets: boolean,
): Event[] {
  const old_offset = partner(before, after, key)
  const new_offset = partner(after, before, key)
  const left = old_offset === null ? undefined : before[old_offset]
  const came = new_offset === null ? undefined : after[new_offset]
  const [old_val, new_val] = [left?.value ?? null, came?.value ?? null]
  if (canonical(old_val) === canonical(new_val) && !(offsets && old_offset !== new_offset)) return []
  const event = {
    seq,
    table,
    key: (came ?? left)?.key as Value,
    type: typeOf(old_val, new_val),
    old_val,
    new_val,
  }
  return [offsets ? {...event, old_offset, new_offset} : event]
}

/** Where the changed document is in one of the two windows, or else that which the other one does not have. */
function partner(window: readonly Shown[], other: readonly Shown[], key: Value): number | null {
  const has = (shown: readonly Shown[], one: Value) => shown.findIndex(each => canonical(each.key) === canonical(one))
  const at = has(window, key) === -1 ? window.findIndex(each => has(other, each.key) === -1) : has(window, key)
  return at === -1 ? null : at
}

function typeOf(old_val: Value, new_val: Value): Event['type'] {
  return old_val === null ? 'add' : new_val === null ? 'remove' : 'change'
}
