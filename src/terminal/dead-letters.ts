import {type FileHandle, open} from 'node:fs/promises'
import type {Refused} from '../engine/sinks/pipe.ts'

/** A file of the events that a receiver has refused for good, a line each, on disk before the pipe goes on. */
export class DeadLetters implements AsyncDisposable {
  readonly #path: string
  #file: FileHandle | undefined

  constructor(path: string) {
    this.#path = path
  }

  async bury(refused: readonly Refused[]): Promise<void> {
    this.#file ??= await open(this.#path, 'a')
    const lines = refused.map(({parcel: {id, event, line}, reason}) => {
      const {seq, table, key, type} = event
      const head = JSON.stringify({id, seq, table, type, reason}).slice(0, -1)
      return `${head},"key":${key},"event":${line}}\n`
    })
    await this.#file.appendFile(lines.join(''))
    await this.#file.datasync()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.close()
  }
}
