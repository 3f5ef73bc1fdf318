import {execa} from 'execa'
import {cannotRun, mostAttempts} from './exec.ts'
import {done, type Outcome, type Parcel, type Sink} from './sink.ts'
import {keyArgument} from './template.ts'

/**
 * A process for each event, which has the line on its stdin, and LITEFEED_SEQ, _TABLE, _KEY (as it is typed at a shell), _TYPE,
 * _DELIVERY (the idempotency key) and _ATTEMPT in its environment. Exit status 0 is the acknowledgement; 75 (EX_TEMPFAIL of
 * sysexits.h) is tried again for ever, any other a few times.
 */
export class EachSink implements Sink {
  readonly name: string
  readonly batch = 1
  readonly parallel = 1
  readonly order = 'each'
  readonly #program: string
  readonly #args: readonly string[]

  constructor(program: string, args: readonly string[]) {
    this.#program = program
    this.#args = args
    this.name = `exec:${program}`
  }

  async deliver([parcel]: readonly Parcel[]): Promise<readonly Outcome[]> {
    return parcel === undefined ? [] : [await this.#run(parcel)]
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #run(parcel: Parcel): Promise<Outcome> {
    const {event, line, id, attempts} = parcel
    const result = await execa(this.#program, this.#args, {
      input: `${line}\n`,
      stdout: 'inherit',
      stderr: 'inherit',
      buffer: false,
      reject: false,
      // Its own process group: Ctrl-C is for litefeed, which waits for it.
      detached: true,
      env: {
        LITEFEED_SEQ: String(event.seq),
        LITEFEED_TABLE: event.table,
        LITEFEED_KEY: keyArgument(event.key),
        LITEFEED_TYPE: event.type,
        LITEFEED_DELIVERY: id,
        LITEFEED_ATTEMPT: String(attempts + 1),
      },
    })
    if (result.exitCode === 0) return done
    const reason = result.shortMessage?.split('\n')[0] ?? 'it failed'
    const unable = cannotRun(result)
    if (unable !== undefined) throw unable
    return result.exitCode === 75 || attempts + 1 < mostAttempts ? {kind: 'retry', reason} : {kind: 'poison', reason}
  }
}
