import {constants, fstatSync, openSync, write, writeSync} from 'node:fs'
import {setTimeout as sleep} from 'node:timers/promises'
import {LitefeedError} from '../engine/error.ts'
import {PipeReaders} from './pipe-readers.ts'

/**
 * stdout. Node's own stream writes to a pipe synchronously, so that a reader that stops also stops signals; and it gives
 * no promise of when a chunk has left. Here a write is awaited, and a reader that has gone is an end and not an error.
 */
export class Output {
  readonly #fd: number
  readonly #quick: number | undefined
  #readers: PipeReaders | undefined
  readonly #gone = new AbortController()

  /** After `interrupted` a reader that has stopped is waited for no longer. */
  constructor(interrupted: AbortSignal, fd = 1) {
    this.#fd = fd
    this.#quick = reopen(fd)
    interrupted.addEventListener('abort', () => setTimeout(() => this.#gone.abort(), patience).unref(), {once: true})
  }

  /** Aborts when the reader has gone. */
  get gone(): AbortSignal {
    return this.#gone.signal
  }

  /** Resolves when the system has taken everything, or the reader has gone. Throws for a full disk, for one. */
  async write(chunk: Uint8Array | string): Promise<void> {
    let rest = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    while (rest.length > 0 && !this.#gone.signal.aborted) {
      const {code, written} = this.#writeNow(rest) ?? (await writeSome(this.#fd, rest, this.#gone.signal))
      rest = rest.subarray(written)
      if (code === undefined) continue
      if (code === 'EPIPE' || code === 'EBADF' || code === 'ECONNRESET') this.#gone.abort()
      // Somebody made the pipe non-blocking, and it is full.
      else if (code === 'EAGAIN') await sleep(5)
      else throw new LitefeedError('IO', `stdout cannot be written: ${code}`)
    }
  }

  /** What can be written without waiting, which spares a line the way through another thread; undefined when nothing can. */
  #writeNow(bytes: Uint8Array): Written | undefined {
    if (this.#quick === undefined) return undefined
    try {
      return {code: undefined, written: writeSync(this.#quick, bytes)}
    } catch {
      // The pipe is full, or what is wrong shows at the next attempt.
      return undefined
    }
  }

  /**
   * Looks every second whether the reader is still there, so that `litefeed changes | head -1` ends although nothing more
   * is written.
   */
  watchReader(): Disposable {
    this.#readers = PipeReaders.of(this.#fd)
    const timer = this.#readers === undefined ? undefined : setInterval(() => this.isRead, 1000).unref()
    return {[Symbol.dispose]: () => clearInterval(timer)}
  }

  /** Whether there is still a reader, as far as can be seen. */
  get isRead(): boolean {
    if (this.#readers?.gone()) this.#gone.abort()
    return !this.#gone.signal.aborted
  }

  /** Whether it can be seen when a reader goes. */
  get showsReader(): boolean {
    return this.#readers !== undefined
  }
}

/** Milliseconds. */
const patience = 300

interface Written {
  readonly code: string | undefined
  readonly written: number
}

/**
 * A pipe once more, by a descriptor that never waits: to make the given one such would change it for every process that shares it
 * (https://man7.org/linux/man-pages/man2/open.2.html). Undefined for anything else, and where the system has no such way.
 */
function reopen(fd: number): number | undefined {
  try {
    if (!fstatSync(fd).isFIFO()) return undefined
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK)
  } catch {
    return undefined
  }
}

/** Resolves also when the reader is given up, while the write itself may hang. */
function writeSome(fd: number, bytes: Uint8Array, gone: AbortSignal): Promise<Written> {
  return new Promise(done => {
    const giveUp = () => done({code: undefined, written: 0})
    gone.addEventListener('abort', giveUp, {once: true})
    write(fd, bytes, (error, written) => {
      gone.removeEventListener('abort', giveUp)
      done({code: error?.code, written: written ?? 0})
    })
  })
}
