import {isUtf8} from 'node:buffer'
import type {Incoming} from '../../engine/documents/options.ts'
import {Values} from './values.ts'

/** Cuts input into documents as it arrives, in pieces of any size. */
export class Splitter {
  /** Bytes taken so far. */
  bytes = 0
  readonly #values = new Values()
  /** What came after the last line break. In pieces: putting them together each time would take ever longer. */
  #pending: Buffer[] = []
  #triedAt = 0

  /** Takes a piece of input, and returns the values that are complete with it. */
  push(chunk: Buffer): Incoming[] {
    this.bytes += chunk.length
    const end = chunk.lastIndexOf(newline)
    if (end === -1) this.#pending.push(chunk)
    else {
      this.#lines(Buffer.concat([...this.#pending, chunk.subarray(0, end)]))
      this.#pending = [chunk.subarray(end + 1)]
      this.#triedAt = 0
    }
    this.#tryPending()
    return this.#values.take()
  }

  /** The values that were complete but for the end of the input; what is broken off is refused. */
  end(): Incoming[] {
    const rest = Buffer.concat(this.#pending)
    if (rest.length > 0) this.#lines(rest)
    this.#pending = []
    this.#values.end()
    return this.#values.take()
  }

  #lines(region: Buffer): void {
    if (isUtf8(region)) {
      this.#values.lines(region.toString())
      return
    }
    for (let start = 0; start <= region.length; ) {
      const found = region.indexOf(newline, start)
      const end = found === -1 ? region.length : found
      const line = region.subarray(start, end)
      if (isUtf8(line)) this.#values.lines(line.toString())
      else this.#values.damagedLine('not valid UTF-8', line.toString())
      start = end + 1
    }
  }

  /**
   * Values need no line break after them: what ends like a value is tried, with blanks behind it. Not at every chunk of a value that is long: only
   * when it has doubled since.
   */
  #tryPending(): void {
    const length = this.#pending.reduce((sum, piece) => sum + piece.length, 0)
    if (length > long && length < 2 * this.#triedAt) return
    const last = this.#pending.findLast(piece => piece.some(isNotBlank))?.findLast(isNotBlank)
    if (last === undefined || !'}],'.includes(String.fromCharCode(last))) return
    const pending = Buffer.concat(this.#pending)
    this.#triedAt = length
    if (!isUtf8(pending) || !this.#values.partOfLine(pending.toString())) return
    this.#pending = []
    this.#triedAt = 0
  }
}

function isNotBlank(byte: number): boolean {
  return byte !== 32 && byte !== 9 && byte !== 13
}

const newline = 10
/** Bytes. */
const long = 16_384
