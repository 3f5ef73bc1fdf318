import {fstatSync} from 'node:fs'
import type {Incoming} from '../../engine/documents/options.ts'
import {LitefeedError} from '../../engine/error.ts'
import {Splitter} from './split.ts'

/** What stdin brings, in batches to be committed: large ones when it floods, and within 50 ms of arriving when it trickles. */
export class Stdin {
  readonly #splitter = new Splitter()
  readonly #signal: AbortSignal
  #isOver = false

  /** An abort is the end of the input: what was read before it still comes. */
  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /** Bytes read so far. */
  get bytes(): number {
    return this.#splitter.bytes
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly Incoming[]> {
    // Node reads nothing from a directory, and does not say so.
    if (isDirectory(process.stdin.fd)) throw new LitefeedError('BAD_INPUT', 'stdin is a directory')
    const stop = () => process.stdin.destroy()
    this.#signal.addEventListener('abort', stop)
    const chunks = process.stdin[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    try {
      let batch: Incoming[] = []
      let since = 0
      let next = this.#next(chunks)
      for (;;) {
        const event = batch.length === 0 ? await next : await orLater(next, since + patience - performance.now())
        if (event === 'end') break
        if (event !== 'later') {
          if (batch.length === 0) since = performance.now()
          batch = batch.concat(this.#splitter.push(event))
          next = this.#next(chunks)
        }
        if (event === 'later' || batch.length >= largest) {
          yield batch
          batch = []
        }
      }
      batch = batch.concat(this.#splitter.end())
      if (batch.length > 0) yield batch
    } finally {
      this.#signal.removeEventListener('abort', stop)
      this.#isOver = true
      process.stdin.destroy()
    }
  }

  async #next(chunks: AsyncIterator<Buffer>): Promise<Buffer | 'end'> {
    try {
      const {done, value} = await chunks.next()
      return done ? 'end' : value
    } catch (error) {
      // Who was waiting for more when it was closed has gone.
      if (this.#signal.aborted || this.#isOver) return 'end'
      throw new LitefeedError('BAD_INPUT', `stdin cannot be read: ${(error as Error).message}`, {cause: error})
    }
  }
}

/** Milliseconds that a document waits for others to be committed with. */
const patience = 50
/** Documents. */
const largest = 10_000

function isDirectory(fd: number): boolean {
  try {
    return fstatSync(fd).isDirectory()
  } catch {
    return false
  }
}

/** What `next` brings, or `later` when that takes longer than `ms`. */
async function orLater<T>(next: Promise<T>, ms: number): Promise<T | 'later'> {
  let timer: NodeJS.Timeout | undefined
  const later = new Promise<'later'>(done => {
    timer = setTimeout(() => done('later'), Math.max(0, ms))
  })
  try {
    return await Promise.race([next, later])
  } finally {
    clearTimeout(timer)
  }
}
