import {type FileHandle, open} from 'node:fs/promises'
import {LitefeedError} from '../error.ts'
import type {Position} from '../storage/storage.ts'
import {done, type Outcome, type Parcel, type Sink, type Stream} from './sink.ts'

/**
 * Lines appended to a file, on disk before they count as delivered. The `seq` of the last line says where to go on; a part
 * of a line that a crash has left is cut off. `reopen` is for who moves the file away.
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
  constructor(path: string) {
    if (path === '') throw new LitefeedError('MISUSE', 'file: needs a path')
    this.#path = path.startsWith('//') ? decodeURIComponent(new URL(`file:${path}`).pathname) : path
    this.name = `file:${path}`
  }

  async position({kept, mapped}: Stream): Promise<Position | undefined> {
    const file = await this.#open()
    const last = await lastLine(file)
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

/** The last line, parsed; undefined when there is none, null when it is no JSON. Cuts off what follows the last newline. */
async function lastLine(file: FileHandle): Promise<unknown> {
  const {size} = await file.stat()
  let tail = Buffer.alloc(0)
  for (let at = size; at > 0; ) {
    const length = Math.min(at, 65_536)
    at -= length
    const chunk = Buffer.alloc(length)
    await file.read(chunk, 0, length, at)
    tail = Buffer.concat([chunk, tail])
    const end = tail.lastIndexOf(10)
    if (end === -1) continue
    const begin = end === 0 ? -1 : tail.lastIndexOf(10, end - 1)
    if (begin === -1 && at > 0) continue
    if (end + 1 < tail.length) await file.truncate(at + end + 1)
    try {
      return JSON.parse(tail.toString('utf8', begin + 1, end))
    } catch {
      return null
    }
  }
  if (size > 0) await file.truncate(0)
  return undefined
}
