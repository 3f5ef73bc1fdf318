/**
 * The index after the string of JSON that goes on at `from`, or that of the end of the text. Not by one expression for all of
 * it, which would run out of stack in a string of some megabytes.
 */
export function endOfString(text: string, from: number): number {
  for (let at = from; ; ) {
    special.lastIndex = at
    const found = special.exec(text)
    if (found === null) return text.length
    at = special.lastIndex
    if (found[0] === '"') return at
    at++
  }
}

const special = /["\\]/g
