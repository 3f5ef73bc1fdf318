import {isFunction} from './function.ts'
import {maxLength, tooLarge} from './limits.ts'

/**
 * Bounds values that contain one another, as those of a recursion may: in a few dozen steps `{"a": $x, "b": $x}` holds more
 * than any memory when it is written out or compared, although each step builds a single object. Every value is counted
 * with all that is in it, once. Also bounds strings.
 */
export class Growth {
  readonly #limit: number
  readonly #sizes = new WeakMap<object, {readonly size: number; readonly length: number}>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Throws the official error for a sequence that is too long. */
  check(value: unknown): void {
    try {
      this.#size(value)
    } catch (error) {
      // It is deeper than the stack, or contains itself.
      throw error instanceof RangeError ? tooLarge(this.#limit) : error
    }
  }

  #size(value: unknown): number {
    if (typeof value === 'string' && value.length > maxLength) throw tooLarge(maxLength)
    if (typeof value !== 'object' || value === null || isFunction(value)) return 1
    const items: readonly unknown[] = Array.isArray(value) ? value : Object.values(value)
    const known = this.#sizes.get(value)
    if (known?.length === items.length) return known.size
    let size = 1
    for (const item of items) {
      size += this.#size(item)
      if (size > this.#limit) throw tooLarge(this.#limit)
    }
    this.#sizes.set(value, {size, length: items.length})
    return size
  }
}

/** The parts of a value that can be a result, where 64 characters of text count as one. */
export const mostParts = 4_000_000

/**
 * Whether a value is so large, written out, that it must not be: some 250 MB. Quick for all others. A transformation can make
 * an object a part of itself, which is larger than any.
 */
export function isTooLargeToWrite(value: unknown, most = mostParts): boolean {
  let left = most
  if (typeof value !== 'object' || value === null) return typeof value === 'string' && value.length >> 6 > left
  const parts: unknown[] = [value]
  while (parts.length > 0) {
    const part = parts.pop()
    left -= typeof part === 'string' ? 1 + (part.length >> 6) : 1
    if (left < parts.length) return true
    if (typeof part !== 'object' || part === null || isFunction(part)) continue
    const items: readonly unknown[] = Array.isArray(part) ? part : Object.values(part)
    if (items.length > left) return true
    for (const item of items) parts.push(item)
  }
  return false
}
