import {execa} from 'execa'
import {cannotRun, mostAttempts} from './exec.ts'
import {done, type Outcome, type Parcel, type Sink} from './sink.ts'

/**
 * One program that reads lines on its stdin and says on its stdout which it has finished, in any order, each by itself: `12` or
 * `{"ack":12}`; `{"nack":12,"error":"..."}` is one it could not take, which is given to it again a few times. When it ends,
 * it is started again, and given again what it has not acknowledged. When there is no more for it its stdin ends, so that it may
 * acknowledge in groups, and the last one at the end. Its environment has LITEFEED_FEED, which with the seq
 * makes the idempotency key.
 */
export class ChildSink implements Sink {
  readonly name: string
  readonly batch = 1
  readonly parallel: number
  readonly order = 'each'
  readonly #program: string
  readonly #args: readonly string[]
  #child: Child | undefined

  constructor(program: string, args: readonly string[], maxUnacked: number) {
    this.#program = program
    this.#args = args
    this.parallel = maxUnacked
    this.name = `exec:${program}`
  }

  async deliver([parcel]: readonly Parcel[]): Promise<readonly Outcome[]> {
    if (parcel === undefined) return []
    // One that has been told that there is no more is another's predecessor, and not its neighbour.
    while (this.#child?.finishes === true) await this.#child.end()
    if (this.#child?.ended !== false)
      this.#child = new Child(this.#program, this.#args, parcel.id.split(':')[0] as string)
    return [await this.#child.give(parcel)]
  }

  finish(): void {
    void this.#child?.end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child?.end()
  }
}

class Child {
  ended = false
  /** Whether its stdin has ended, and it has not. */
  finishes = false
  readonly #running: ReturnType<typeof startProgram>
  /** By seq; all of an initial part have one. */
  readonly #waiting = new Map<number, Waiting[]>()
  readonly #over: Promise<void>
  #complaint: string | undefined

  constructor(program: string, args: readonly string[], feed: string) {
    this.#running = startProgram(program, args, feed)
    // A program that ends while it is written to is one that ends.
    this.#running.stdin?.on('error', () => {})
    this.#over = this.#listen()
  }

  give(parcel: Parcel): Promise<Outcome> {
    return new Promise((settle, fail) => {
      const {seq} = parcel.event
      this.#waiting.set(seq, [...(this.#waiting.get(seq) ?? []), {parcel, settle, fail}])
      this.#running.stdin?.write(`${parcel.line}\n`)
    })
  }

  /** Tells it that there is no more, and waits for its end. */
  async end(): Promise<void> {
    this.finishes = !this.ended
    this.#running.stdin?.end()
    await this.#over
  }

  async #listen(): Promise<void> {
    try {
      for await (const line of this.#running.iterable({from: 'stdout'})) this.#hear(String(line))
    } catch {
      // How it ended is what counts.
    }
    const result = await this.#running
    this.ended = true
    this.finishes = false
    const waiting = [...this.#waiting.values()].flat()
    const unable = cannotRun(result)
    if (unable !== undefined) for (const {fail} of waiting) fail(unable)
    const reason = this.#complaint ?? result.shortMessage?.split('\n')[0] ?? 'it ended, with exit status 0'
    for (const {settle} of waiting) settle({kind: 'down', reason})
  }

  #hear(line: string): void {
    if (line.trim() === '' || this.#complaint !== undefined) return
    const answer = parseAnswer(line)
    if (answer === undefined) {
      this.#complaint = `it printed ${JSON.stringify(line.slice(0, 80))}, which acknowledges nothing`
      this.#running.kill()
      return
    }
    const [waiting, ...others] = this.#waiting.get(answer.seq) ?? []
    if (waiting === undefined) return
    if (others.length > 0) this.#waiting.set(answer.seq, others)
    else this.#waiting.delete(answer.seq)
    if (answer.error === undefined) waiting.settle(done)
    else
      waiting.settle({
        kind: waiting.parcel.attempts + 1 < mostAttempts ? 'retry' : 'poison',
        reason: answer.error,
      })
  }
}

function startProgram(program: string, args: readonly string[], feed: string) {
  return execa(program, args, {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'inherit',
    buffer: false,
    reject: false,
    // Its own process group: Ctrl-C is for litefeed, which waits for what the program has in hand.
    detached: true,
    env: {LITEFEED_FEED: feed},
  })
}

interface Waiting {
  readonly parcel: Parcel
  settle(outcome: Outcome): void
  fail(error: unknown): void
}

function parseAnswer(line: string): {readonly seq: number; readonly error: string | undefined} | undefined {
  try {
    const answer = JSON.parse(line)
    if (typeof answer === 'number') return {seq: answer, error: undefined}
    const {ack, nack, error = 'no reason given'} = answer
    if (typeof ack === 'number') return {seq: ack, error: undefined}
    if (typeof nack === 'number') return {seq: nack, error: typeof error === 'string' ? error : JSON.stringify(error)}
  } catch {
    // Not JSON, or null.
  }
  return undefined
}
