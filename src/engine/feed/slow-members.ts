import type {Change} from '../storage/storage.ts'

/**
 * What stands for the newest documents for which that took the official evaluator: the new value of a change is the old value
 * of the next one of the same document, and need not be worked out twice. Where a closure answers, remembering would cost
 * more than it saves. Forgets the oldest ones.
 */
export class SlowMembers {
  readonly #members = new Map<string, {readonly text: string; readonly member: string | null}>()
  #size = 0

  /** What stands for the old value, already settled; undefined when that is not known. */
  take(change: Change): Promise<string | null> | undefined {
    if (this.#members.size === 0) return undefined
    const {table, key, old_val} = change
    const place = `${table} ${key}`
    const known = this.#members.get(place)
    if (known === undefined) return undefined
    this.#members.delete(place)
    this.#size -= sizeOf(known)
    return known.text === old_val ? Promise.resolve(known.member) : undefined
  }

  put({table, key, new_val}: Change, member: string | null): void {
    if (new_val === null || new_val.length > mostCharacters / 100) return
    // A copy: the value may be a piece of a much longer text, which would be held as well.
    const text = Buffer.from(new_val).toString()
    const known = {text, member: member === new_val ? text : member}
    this.#members.set(`${table} ${key}`, known)
    this.#size += sizeOf(known)
    if (this.#size <= mostCharacters) return
    for (const [oldest, value] of this.#members) {
      this.#members.delete(oldest)
      this.#size -= sizeOf(value)
      if (this.#size <= mostCharacters / 2) break
    }
  }
}

function sizeOf({text, member}: {text: string; member: string | null}): number {
  return 100 + text.length + (member === null || member === text ? 0 : member.length)
}

/** In memory, about as many bytes. */
const mostCharacters = 16e6
