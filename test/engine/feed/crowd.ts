// More documents than one reads at once, and writes to them. Used by a test and by a process of its own: nothing of vitest here.
import type {Document} from '../../../src/engine/documents/document.ts'
import type {Key} from '../../../src/engine/documents/key.ts'
import type {Store} from '../../../src/engine/store.ts'
import type {Table} from '../../../src/engine/table.ts'

const soft = {durability: 'soft'} as const
const kinds = ['a', 'b', 'c']

/** Fills the tables t and u with so many documents together. */
export async function fill(store: Store, count: number): Promise<void> {
  const documents = Array.from({length: count}, (_, index) => documentOf(index, index % 11))
  await store.table('t').insert(documents.slice(0, count * 0.7), soft)
  await store.table('u').insert(documents.slice(count * 0.7), soft)
}

/** One write, of one document or of some, anywhere among `count`. `random` is from 0 to 1. */
export async function writeAmong(table: Table, count: number, random: () => number): Promise<void> {
  const below = (limit: number) => Math.floor(random() * limit)
  const index = below(count)
  const some = Array.from({length: 10}, () => below(count))
  const writes = [
    () => table.delete(keyOf(index), soft),
    () => table.delete({keys: some.map(keyOf)}, soft),
    () => table.update(keyOf(index), {n: below(11)}, soft),
    () => table.update({keys: some.map(keyOf)}, {kind: kinds[below(3)], v: below(30)}, soft),
    () => table.insert(documentOf(index, below(11)), {...soft, conflict: 'replace'}),
    () =>
      table.insert(
        some.map(one => documentOf(one, below(11))),
        {...soft, conflict: 'replace'},
      ),
  ]
  await writes[below(writes.length)]?.()
}

function documentOf(index: number, n: number): Document {
  return {id: keyOf(index), n, kind: kinds[index % 3], v: (index * 7919) % 30, flag: n > 5}
}

/** Numbers and strings, which are neither in each other's order nor in that of their making. */
function keyOf(index: number): Key {
  return index % 2 === 0 ? index : `${(index * 7919) % 10_007} ${index}`
}
