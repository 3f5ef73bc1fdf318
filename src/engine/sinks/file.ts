import {type FileHandle, open, stat} from 'node:fs/promises'
import {LitefeedError} from '../error.ts'
import type {Position} from '../storage/storage.ts'
import {beginAfter, lastLine, sameLines} from './file-end.ts'
import {pathOf, refusePartOf} from './path.ts'
import {done, type Outcome, type Parcel, type Sink, type Stream} from './sink.ts'
import type {Target} from './target.ts'

/**
 * Lines appended to a file, on disk before they count as delivered. Without a consumer the `seq` of the last line says where to go
 * on; with one, what the file has already of what follows its position is not written again. A part
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
  hasInitial = false
  /** Where what is to come may be in the file already. */
  #known: number | undefined

  /** Throws MISUSE. */
  constructor(path: string, {source}: Pick<Target, 'source'>) {
    if (path === '') throw new LitefeedError('MISUSE', 'file: needs a path')
    this.#path = pathOf('file', path)
    refusePartOf(source, this.#path)
    this.name = `file:${path}`
  }

  async position({kept, mapped, mark, moved}: Stream): Promise<Position | undefined> {
    const file = await this.#open()
    const last = await lastLine(file, this.#path, mapped)
    // Lines that `map` has made, and an initial part, do not say it.
    if (mapped) return kept
    const {seq, type} = (last ?? {}) as {readonly seq?: unknown; readonly type?: unknown}
    this.hasInitial = type === 'initial' || type === 'uninitial'
    if (!Number.isSafeInteger(seq) || this.hasInitial) return kept
    if (kept === undefined) return mark === undefined ? (seq as Position) : undefined
    // They may be those of another pipe, which is seen when its own come; and who was put back shall write them again.
    if ((seq as Position) > kept && !moved) this.#known = await beginAfter(file, kept)
    return kept
  }

  async deliver(parcels: readonly Parcel[]): Promise<readonly Outcome[]> {
    if (this.#isAway) await this.#close()
    this.#isAway = false
    const file = await this.#open()
    try {
      const {size} = await file.stat()
      const lines = Buffer.concat(parcels.map(({lines, line}) => lines ?? Buffer.from(`${line}\n`)))
      const text = lines.subarray(await this.#has(file, lines))
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
      const {message: reason, code} = error as NodeJS.ErrnoException
      if (code === 'EPIPE') return parcels.map(() => ({kind: 'stop', reason: 'has no reader any more'}))
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

  /** How many bytes of these lines an earlier process has written, and has not kept the position of. */
  async #has(file: FileHandle, lines: Buffer): Promise<number> {
    if (this.#known === undefined) return 0
    const there = Buffer.alloc(lines.length)
    const {bytesRead} = await file.read(there, 0, there.length, this.#known)
    const same = sameLines(lines, there.subarray(0, bytesRead))
    this.#known = same === lines.length ? this.#known + same : undefined
    return same
  }

  async #close(): Promise<void> {
    const file = this.#file
    this.#file = this.#known = undefined
    await file?.close()
  }

  async #open(): Promise<FileHandle> {
    try {
      this.#file ??= await open(this.#path, (await isOther(this.#path)) ? 'a' : 'a+')
    } catch (error) {
      throw new LitefeedError('IO', `${this.#path} cannot be opened: ${(error as Error).message}`)
    }
    return this.#file
  }
}

/** Whether it is there and no file: a pipe, say, whose only reader would be who opens it to read as well. */
async function isOther(path: string): Promise<boolean> {
  const stats = await stat(path).catch(() => undefined)
  return stats !== undefined && !stats.isFile()
}

/** What is no file, a pipe for one, has nothing to be synced, and says so. */
function unlessUnknown(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EINVAL') throw error
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten
}
