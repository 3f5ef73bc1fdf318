import {type FileHandle, open} from 'node:fs/promises'
import {LitefeedError} from '../engine/error.ts'
import type {Refused} from '../engine/sinks/options.ts'
import {refusePartOf} from '../engine/sinks/path.ts'

/** A file of the events that a receiver has refused for good, a line each, on disk before the pipe goes on. */
export class DeadLetters implements AsyncDisposable {
  readonly #path: string
  readonly #file: FileHandle

  /** Throws IO: one that cannot be written shall not be found out when the first event is refused. MISUSE for one of `databases`. */
  static async open(path: string, databases: readonly string[]): Promise<DeadLetters> {
    for (const database of databases) refusePartOf(database, path)
    try {
      return new DeadLetters(path, await open(path, 'a'))
    } catch (error) {
      throw new LitefeedError('IO', `--dlq ${path} cannot be opened: ${(error as Error).message}`)
    }
  }

  private constructor(path: string, file: FileHandle) {
    this.#path = path
    this.#file = file
  }

  /** Throws IO: then the event that was refused is neither buried nor passed. */
  async bury(refused: readonly Refused[]): Promise<void> {
    const lines = refused.map(({parcel: {id, event, line}, reason}) => {
      const {seq, table, key, type} = event
      const head = JSON.stringify({id, seq, table, type, reason}).slice(0, -1)
      return `${head},"key":${key},"event":${line}}\n`
    })
    try {
      await this.#file.appendFile(lines.join(''))
      await this.#file.datasync()
    } catch (error) {
      throw new LitefeedError('IO', `--dlq ${this.#path} cannot be written: ${(error as Error).message}`)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}
