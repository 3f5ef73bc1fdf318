import {LitefeedError} from '../engine/error.ts'
import type {Failure} from '../engine/told.ts'

/** Says something on stderr. That nobody hears it any more ends nothing. */
export function say(text: string): void {
  draw(`${text.replaceAll(control, shown)}\n`)
}

/** The same of what is on a terminal for a while, as it is. */
export function draw(text: string): void {
  if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', () => {})
  process.stderr.write(text)
}

/** A terminal would obey them, and what is talked about may be anybody's input. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const control = /[\0-\x08\x0b-\x1f\x7f-\x9f]/g

function shown(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
}

/** Says what went wrong and what to do about it. Returns the exit status. */
export function sayError(thrown: unknown): number {
  const error = firstOf(thrown)
  if (error instanceof LitefeedError) {
    say(`error: ${inFlags(error.message)}`)
    if (error.hint !== undefined) say(error.code === 'BAD_EXPRESSION' ? error.hint : `hint: ${inFlags(error.hint)}`)
    return statusOf(error)
  }
  const misuse = misuseOf(error)
  if (misuse !== undefined) {
    say(`error: ${misuse}`)
    say('hint: add --help to the command to see what it takes')
    return 2
  }
  say(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  return 1
}

/** What the work threw, where the closing of something threw as well. */
function firstOf(error: unknown): unknown {
  return error instanceof Error && 'suppressed' in error ? firstOf(error.suppressed) : error
}

/** Says which expression failed where: at most one line a second for each expression, with a count of the others. */
export class FailureReport {
  failed = false
  readonly #quiet = new Map<string, {until: number; count: number; last: Failure}>()

  add(failures: readonly Failure[]): void {
    for (const failure of failures) {
      this.failed = true
      const known = this.#quiet.get(failure.expression)
      if (known === undefined || performance.now() >= known.until) {
        say(describe(failure, known?.count ?? 0))
        this.#quiet.set(failure.expression, {until: performance.now() + 1000, count: 0, last: failure})
      } else {
        known.count++
        known.last = failure
      }
    }
  }

  /** Says what was held back. */
  end(): void {
    for (const {count, last} of this.#quiet.values()) if (count > 0) say(describe(last, count - 1))
    this.#quiet.clear()
  }
}

/** The engine calls its options by the names that a program gives them: `orderBy` is --order-by here. */
function inFlags(text: string): string {
  return text.replaceAll(options, (_, name: string) =>
    name === 'secret' ? '--secret-file' : `--${name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`,
  )
}

const options =
  /`(where|pluck|without|select|orderBy|limit|includeOffsets|includeInitial|squash|since|until|take|idleTimeout|heartbeat|onGap|as|batch|maxUnacked|each|exchange|routingKey|subject|secret|to)`/g

function describe({expression, place, message}: Failure, others: number): string {
  const where = 'seq' in place ? `seq ${place.seq}` : `key ${place.key}`
  return `warning: ${expression} failed on ${where}: ${message}${others > 0 ? ` (and on ${others} more)` : ''}`
}

function statusOf({code}: LitefeedError): number {
  if (code === 'HISTORY_LOST') return 3
  return code === 'MISUSE' || code === 'BAD_EXPRESSION' ? 2 : 1
}

/** What oclif's parser says of a command line, without its colours and its list of flags. */
function misuseOf(error: unknown): string | undefined {
  if (!(error instanceof Error && 'oclif' in error)) return undefined
  const [message = ''] = error.message.split('\nSee more help')
  return message
    .replace(/^The following errors? occurred:\s*/, '')
    .replace(/^command (\S+) not found$/, (_, id: string) => `there is no command ${id.replaceAll(':', ' ')}`)
    .replace(/^Missing \d+ required args?:\s*(\S+).*$/s, 'the argument $1 is missing')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
