import {LitefeedError} from '../error.ts'
import type {Outcome, Sink} from './sink.ts'

export class SqliteSink implements Sink {
  readonly name: string
  readonly batch = 1
  readonly parallel = 1
  readonly order = 'prefix'

  constructor(to: string) {
    this.name = to
    throw new LitefeedError('MISUSE', `cannot deliver to ${to} yet`)
  }

  async deliver(): Promise<readonly Outcome[]> {
    return []
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
