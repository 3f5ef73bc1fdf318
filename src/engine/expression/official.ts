import {setImmediate as nextTurn} from 'node:timers/promises'
import type {Expression as Program} from 'jsonata'
import {LitefeedError} from '../error.ts'
import type {Node} from './closure/ast.ts'
import {Growth, isTooLargeToWrite, mostParts} from './guards/growth.ts'
import {type Guards, limitsOf, maxGrown, tooLarge, tooLong} from './guards/limits.ts'
import {boundedNames, boundedNatives, type Native} from './guards/natives.ts'
import {type Clock, regexEngine} from './guards/regex.ts'
import {
  boundName,
  checkRange,
  checkRanges,
  hasWildcard,
  isWideForWildcard,
  mayGrow,
  variablesOf,
} from './guards/risks.ts'

/**
 * The official evaluator with one expression. It decides what an expression means.
 *
 * Its guards look at the clock, the depth and the length of sequences whenever it comes to a node of the tree. What it does
 * between two nodes is bounded here: regular expressions, functions that are built in, values that grow by containing one
 * another, ranges past 2^53. An evaluation ends within a second, by an error if need be.
 */
export class Official {
  readonly ast: Node
  readonly #program: Program
  readonly #guards: Guards
  readonly #clock: ProgramClock
  #isGuarded = false

  /** Throws the official error, which is no Error. */
  static async parse(text: string, given: Partial<Guards> = {}): Promise<Official> {
    const {default: jsonata} = await import('jsonata')
    natives ??= await nativesOf(jsonata)
    const guards = limitsOf(given)
    const clock = new ProgramClock(guards.timeout)
    return new Official(jsonata(text, {...guards, RegexEngine: regexEngine(clock)}), guards, clock)
  }

  private constructor(program: Program, guards: Guards, clock: ProgramClock) {
    this.#program = program
    this.#guards = guards
    this.#clock = clock
    this.ast = program.ast() as unknown as Node
  }

  /**
   * What `make` makes of the value. Rejects with EXPRESSION_FAILED, whose cause is the official error, or with what `make`
   * throws. The input may be changed.
   */
  evaluate<T>(
    input: unknown,
    bindings: Readonly<Record<string, unknown>> | undefined,
    make: (value: unknown) => T,
  ): Promise<T> {
    if (!this.#isGuarded) this.#guard()
    const start = this.#clock.start()
    // One turn of a promise, since for what takes 5 µs each counts.
    return this.#program.evaluate(input, bindings).then(
      value => {
        if (isTooLargeToWrite(value)) return breathe(start).then(() => fail(outgrown()))
        return Date.now() - start > tolerable ? breathe(start).then(() => make(value)) : make(value)
      },
      error => (Date.now() - start > tolerable ? breathe(start).then(() => fail(error)) : fail(error)),
    )
  }

  /** At the first evaluation, since most programs have none, and the closure is made from the tree as it was parsed. */
  #guard(): void {
    this.#isGuarded = true
    const used = variablesOf(this.ast)
    for (const [name, native] of boundedNatives(natives as Natives, this.#clock)) {
      // Each makes the look-up of all others a little slower.
      if (used.has(name) || name === boundName || used.has('eval')) this.#program.assign(name, native)
    }
    checkRanges(this.ast)
    if (mayGrow(this.ast)) this.#watchGrowth()
    if (hasWildcard(this.ast)) this.#before()
  }

  /** What the official evaluator calls behind each node: slower, but nothing else sees all values. */
  #watchGrowth(): void {
    const growths = new WeakMap<object, Growth>()
    const check = (_node: unknown, _input: unknown, environment: {base: object}, value: unknown) => {
      if (typeof value !== 'string' && (typeof value !== 'object' || value === null)) return
      const growth = growths.get(environment.base) ?? new Growth(Math.min(maxGrown, this.#guards.sequence))
      growths.set(environment.base, growth)
      growth.check(value)
    }
    this.#program.assign(Symbol.for('jsonata.__evaluate_exit') as unknown as string, check)
  }

  /** What it calls before each node; the tree of `$eval` is made while it runs. */
  #before(): void {
    const check = (node: Node, input: unknown) => {
      checkRange(node)
      if (node.type === 'wildcard' && isWideForWildcard(input)) throw tooLong(this.#guards.timeout)
    }
    this.#program.assign(Symbol.for('jsonata.__evaluate_entry') as unknown as string, check)
  }
}

/** Milliseconds. */
const tolerable = 20

/** An evaluation never leaves the microtask queue. After a long one signals and timers have their turn. */
async function breathe(start: number): Promise<void> {
  if (Date.now() - start > tolerable) await nextTurn()
}

function fail(error: unknown): never {
  const message = (error as {message?: string}).message ?? String(error)
  throw new LitefeedError('EXPRESSION_FAILED', shortened(message), {cause: error})
}

/** Messages have values in them, which may be of any length. The cause has them in full. */
function shortened(message: string): string {
  return message.length > 1000 ? `${message.slice(0, 1000)}…` : message
}

/** Evaluations of one program may overlap; then the last to begin gives time to the others. */
class ProgramClock implements Clock {
  readonly timeout: number
  #start = 0

  constructor(timeout: number) {
    this.timeout = timeout
  }

  start(): number {
    this.#start = Date.now()
    return this.#start
  }

  left(): number {
    return this.timeout > 0 ? this.timeout - (Date.now() - this.#start) : Number.POSITIVE_INFINITY
  }
}

type Natives = ReadonlyMap<string, Native>

let natives: Natives | undefined

/** The functions that are to be bounded, as the values of their names. */
async function nativesOf(jsonata: (text: string) => Program): Promise<Natives> {
  const values = await Promise.all(boundedNames.map(name => jsonata(`$${name}`).evaluate(null)))
  return new Map(boundedNames.map((name, index) => [name, values[index] as Native]))
}

function outgrown(): object {
  return Object.assign(tooLarge(mostParts), {message: `The maximum sequence length of ${mostParts} was exceeded.`})
}
