import {LitefeedError} from '../error.ts'
import type {Outcome, Sink} from './sink.ts'
import type {Target} from './target.ts'

export class NatsSink implements Sink {
  readonly name: string
  readonly batch = 1
  readonly parallel = 1
  readonly order = 'each'

  constructor(to: string, _target: Target) {
    this.name = to
    throw new LitefeedError('MISUSE', `cannot deliver to ${to} yet`)
  }

  async deliver(): Promise<readonly Outcome[]> {
    return []
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
