import {execa} from 'execa'
import {parse, stringify} from '../documents/json.ts'
import {keyText, toKey} from '../documents/key.ts'
import {cannotRun, mostAttempts} from './exec.ts'
import {done, type Outcome, type Parcel, type Sink} from './sink.ts'

/**
 * One program that reads lines on its stdin and says on its stdout which it has finished, in any order, each by itself: `12` or
 * `{"ack":12}`; `{"nack":12,"error":"..."}` is one it could not take, which is given to it again a few times. Where several have one
 * seq, as in an initial part, `"key"`, and `"table"`, say which: without, the first is acknowledged, and none refused. When it ends,
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
  /** How many wait for a program to end, so that another one can be given them. */
  #queued = 0
  /** Whether there is no more after those. */
  #finishesNext = false

  constructor(program: string, args: readonly string[], maxUnacked: number) {
    this.#program = program
    this.#args = args
    this.parallel = maxUnacked
    this.name = `exec:${program}`
  }

  async deliver([parcel]: readonly Parcel[]): Promise<readonly Outcome[]> {
    if (parcel === undefined) return []
    // One that has been told that there is no more is another's predecessor, and not its neighbour.
    this.#queued++
    while (this.#child?.finishes === true) await this.#child.end()
    this.#queued--
    if (this.#child?.ended !== false)
      this.#child = new Child(this.#program, this.#args, parcel.id.split(':')[0] as string)
    const outcome = this.#child.give(parcel)
    if (this.#finishesNext && this.#queued === 0) this.finish()
    return [await outcome]
  }

  finish(): void {
    this.#finishesNext = this.#queued > 0
    if (!this.#finishesNext) void this.#child?.end()
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
  /** Which seqs several had that were under way together. */
  readonly #shared = new Set<number>()
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
      const others = this.#waiting.get(seq) ?? []
      if (others.length > 0) this.#shared.add(seq)
      this.#waiting.set(seq, [...others, {parcel, settle, fail}])
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
    const {seq, key, table, error} = answer
    const waiting = this.#waiting.get(seq) ?? []
    const meant = waiting.filter(
      ({parcel: {event}}) => (key ?? event.key) === event.key && (table ?? event.table) === event.table,
    )
    const [first] = meant
    if (first === undefined) return
    if (waiting.length > 1)
      this.#waiting.set(
        seq,
        waiting.filter(other => other !== first),
      )
    else this.#waiting.delete(seq)
    if (error === undefined) first.settle(done)
    // One before it may be what was acknowledged as this one.
    else if (meant.length > 1 || (key === undefined && this.#shared.has(seq))) first.settle(unclear(seq, error))
    else first.settle({kind: first.parcel.attempts + 1 < mostAttempts ? 'retry' : 'poison', reason: error})
  }
}

function unclear(seq: number, error: string): Outcome {
  return {
    kind: 'stop',
    reason: `refused one of several documents with seq ${seq}, and does not say which: ${error}`,
    hint: `say {"nack":${seq},"table":"...","key":...}, or have one at a time with --max-unacked 1`,
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

interface Answer {
  readonly seq: number
  /** Of which document, where that is said: the key as JSON. */
  readonly key?: string | undefined
  readonly table?: string | undefined
  readonly error?: string | undefined
}

function parseAnswer(line: string): Answer | undefined {
  try {
    const answer = parse(line)
    if (typeof answer === 'number') return {seq: answer}
    const {ack, nack, error = 'no reason given', ...document} = answer as Record<string, unknown>
    const key = document.key === undefined ? undefined : keyText(toKey(document.key))
    const table = document.table === undefined ? undefined : String(document.table)
    if (typeof ack === 'number') return {seq: ack, key, table}
    const reason = typeof error === 'string' ? error : (stringify(error) as string)
    if (typeof nack === 'number') return {seq: nack, key, table, error: reason}
  } catch {
    // Not JSON, or null, or what no document has as its key.
  }
  return undefined
}
