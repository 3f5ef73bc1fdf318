import {type FileHandle, open} from 'node:fs/promises'
import {LitefeedError} from '../error.ts'
import type {Position} from '../storage/storage.ts'
import {pathOf, refusePartOf} from './path.ts'
import {done, type Outcome, type Parcel, type Sink, type Stream} from './sink.ts'
import type {Target} from './target.ts'

/**
 * Lines appended to a file, on disk before they count as delivered. The `seq` of the last line says where to go on; a part
 * of a line that a crash has left is cut off, and nothing else. `reopen` is for who moves the file away.
 */
export class FileSink implements Sink {
  readonly name: string
  readonly batch = 20
  readonly parallel = 1
  readonly order = 'prefix'
  readonly stretches = true
  readonly #path: string
  #file: FileHandle | undefined
  #isAway = false

  /** Throws MISUSE. */
  constructor(path: string, {source}: Pick<Target, 'source'>) {
    if (path === '') throw new LitefeedError('MISUSE', 'file: needs a path')
    this.#path = pathOf('file', path)
    refusePartOf(source, this.#path)
    this.name = `file:${path}`
  }

  async position({kept, mapped}: Stream): Promise<Position | undefined> {
    const file = await this.#open()
    const last = await lastLine(file, this.#path, mapped)
    // Lines that `map` has made, and an initial part, do not say it.
    if (last === undefined || mapped) return kept
    const {seq, type} = (last ?? {}) as {readonly seq?: unknown; readonly type?: unknown}
    if (!Number.isSafeInteger(seq) || type === 'initial' || type === 'uninitial') return kept
    return Math.max(kept ?? 0, seq as Position)
  }

  async deliver(parcels: readonly Parcel[]): Promise<readonly Outcome[]> {
    if (this.#isAway) await this.#close()
    this.#isAway = false
    const file = await this.#open()
    try {
      const {size} = await file.stat()
      const text = Buffer.concat(parcels.map(({lines, line}) => lines ?? Buffer.from(`${line}\n`)))
      try {
        await writeAll(file, text)
        await file.datasync().catch(unlessUnknown)
      } catch (error) {
        // What is written of it would be there twice.
        await file.truncate(size).catch(() => {})
        throw error
      }
      return parcels.map(() => done)
    } catch (error) {
      const reason = (error as Error).message
      return parcels.map(() => ({kind: 'down', reason}))
    }
  }

  /** The next line goes into the file that has its name then; what is being written goes on. */
  async reopen(): Promise<void> {
    this.#isAway = true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }

  async #close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  async #open(): Promise<FileHandle> {
    try {
      this.#file ??= await open(this.#path, 'a+')
    } catch (error) {
      throw new LitefeedError('IO', `${this.#path} cannot be opened: ${(error as Error).message}`)
    }
    return this.#file
  }
}

/** What is no file, a pipe for one, has nothing to be synced, and says so. */
function unlessUnknown(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EINVAL') throw error
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten
}

/**
 * The last line, parsed; undefined when there is none, null when it is no JSON. What follows the last newline is cut off when a crash
 * can have left it: the beginning of an event, or with `map`, after a line of JSON, that of another one. Throws MISUSE when it is
 * anything else, which is none of litefeed's.
 */
async function lastLine(file: FileHandle, path: string, isMapped: boolean): Promise<unknown> {
  const {size} = await file.stat()
  let tail = Buffer.alloc(0)
  let [begin, end] = [-1, -1]
  let at = size
  while (at > 0 && begin === -1) {
    const length = Math.min(at, 65_536)
    at -= length
    const chunk = Buffer.alloc(length)
    await file.read(chunk, 0, length, at)
    tail = Buffer.concat([chunk, tail])
    end = tail.lastIndexOf(10)
    begin = end < 1 ? -1 : tail.lastIndexOf(10, end - 1)
  }
  const last = end === -1 ? undefined : parse(tail.toString('utf8', begin + 1, end))
  const rest = tail.subarray(end + 1)
  if (rest.length > 0) {
    if (!isTornEvent(rest) && !(isMapped && last != null && isTornJson(rest)))
      throw new LitefeedError(
        'MISUSE',
        `${path} does not end with a line break, and how it ends is no torn line of a pipe`,
        {
          hint: 'end it with a line break, or name another file',
        },
      )
    await file.truncate(at + end + 1)
  }
  return last
}

/** Whether a text without a line break is how an event begins, or a piece of that. */
function isTornEvent(text: Buffer): boolean {
  const begin = text.toString('utf8', 0, 64).replace(/^\{"seq":\d+/, '{"seq":0')
  return begin.startsWith(eventBegin) || eventBegin.startsWith(begin)
}

/** Whole JSON may be what somebody else has left without a line break. */
function isTornJson(text: Buffer): boolean {
  return /^["{[tfn\d-]/.test(text.toString('utf8', 0, 1)) && parse(text.toString()) === null
}

const eventBegin = '{"seq":0,"ts_ms":'

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
