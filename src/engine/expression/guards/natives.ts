import {isTooLargeToWrite} from './growth.ts'
import {maxCharacters, maxGrown, maxLength, tooLarge, tooLong} from './limits.ts'
import type {Clock} from './regex.ts'
import {boundName} from './risks.ts'
import {withinTime} from './within-time.ts'

/** A built-in function as the official evaluator keeps it. */
export interface Native {
  readonly _jsonata_function: true
  readonly implementation: Implementation
  readonly signature?: unknown
}

type Implementation = (this: unknown, ...args: unknown[]) => unknown

/** How the work of a function is bounded. Gets the arguments, what the function would do with them, and the time. */
type Bound = (args: unknown[], run: (args: unknown[]) => unknown, clock: Clock) => unknown

/**
 * The built-in functions that can work for long without a look at the clock, or build what is too large: what replaces them
 * does the same within bounds.
 */
const bounds: Readonly<Record<string, Bound>> = {
  ...named(['map', 'filter', 'single', 'each', 'sift', 'reduce'], calling),
  ...named(['distinct', 'spread'], (args, run, clock) =>
    sizeOf(args[0]) > 2000 ? watched(args, run, clock) : run(args),
  ),
  ...named(['zip', 'merge', 'keys'], (args, run, clock) =>
    sizeOf(args[0]) > 50_000 ? watched(args, run, clock) : run(args),
  ),
  ...named(['toMillis', 'parseInteger'], (args, run, clock) =>
    isIntricate(args) ? watched(args, run, clock) : run(args),
  ),
  ...named(['formatNumber', 'formatInteger', 'fromMillis', 'formatBase'], (args, run, clock) =>
    limited(isLongPicture(args[1]) ? watched(args, run, clock) : run(args)),
  ),
  ...named(['join', 'replace', 'split'], (args, run) => {
    if (sizeOf(args[0]) > maxLength) throw tooLarge(maxLength)
    return limited(run(args))
  }),
  // Each makes an array of the characters.
  ...named(['substring', 'base64encode'], (args, run) => {
    if (sizeOf(args[0]) > maxCharacters) throw tooLarge(maxCharacters)
    return run(args)
  }),
  length: ([text, ...more], run) => (sizeOf(text) > maxCharacters ? countOf(text as string) : run([text, ...more])),
  pad: (args, run, clock) => {
    const most = sizeOf(args[2]) > 1 ? maxCharacters : maxLength
    if (Math.abs(Number(args[1])) > most || sizeOf(args[0]) > maxCharacters) throw tooLarge(most)
    return sizeOf(args[2]) > 1 && Math.abs(Number(args[1])) > 50_000 ? watched(args, run, clock) : run(args)
  },
  // Each has the message of the one within it as JSON, with twice as many backslashes.
  eval: async (args, run) => {
    try {
      return await run(args)
    } catch (error) {
      const {value, error: within} = error as {value?: unknown; error?: unknown}
      throw within !== undefined && sizeOf(value) > 1000 ? within : error
    }
  },
  string: (args, run) => {
    if (typeof args[0] === 'object' && isTooLargeToWrite(args[0], maxGrown)) throw tooLarge(maxGrown)
    return run(args)
  },
  sort: (args, run, clock) =>
    args[1] === undefined && sizeOf(args[0]) > 500 ? sorted(args, run) : calling(args, run, clock),
}

export const boundedNames: readonly string[] = Object.keys(bounds)

/** The functions to bind in place of those of the same names. */
export function boundedNatives(natives: ReadonlyMap<string, Native>, clock: Clock): Map<string, Native> {
  const bounded = new Map<string, Native>()
  for (const [name, native] of natives) {
    const {implementation} = native
    const bound = bounds[name] as Bound
    const replacement: Implementation = function (...args) {
      return bound(args, given => implementation.apply(this, given), clock)
    }
    // The official evaluator reads the names of the parameters from the text of a function, and counts them.
    replacement.toString = () => implementation.toString()
    Object.defineProperty(replacement, 'length', {value: implementation.length})
    bounded.set(name, {...native, implementation: replacement})
  }
  bounded.set(boundName, {_jsonata_function: true, implementation: bound => requireWhole(bound)})
  return bounded
}

function named(names: readonly string[], bound: Bound): Record<string, Bound> {
  return Object.fromEntries(names.map(name => [name, bound]))
}

/** Functions among the arguments look at the clock: one that is built in is called without the evaluator's own look. */
function calling(args: unknown[], run: (args: unknown[]) => unknown, clock: Clock): unknown {
  // Fewer calls than there are between two looks.
  if (Array.isArray(args[0]) && args[0].length < 64) return run(args)
  return run(args.map(arg => (typeof arg === 'function' ? ticking(arg as Implementation, clock) : arg)))
}

function ticking(callback: Implementation, clock: Clock): Implementation {
  let calls = 0
  const replacement: Implementation = function (...args) {
    if (++calls % 64 === 0 && clock.left() <= 0) throw tooLong(clock.timeout)
    return callback.apply(this, args)
  }
  // The number of arguments that it is called with.
  return Object.assign(replacement, {arity: (callback as {arity?: number}).arity ?? callback.length})
}

function watched(args: unknown[], run: (args: unknown[]) => unknown, clock: Clock): unknown {
  return withinTime(clock.left(), clock.timeout, () => run(args))
}

/** The result, when it is not too long a string. */
function limited(result: unknown): unknown {
  if (result instanceof Promise) return result.then(limited)
  if (typeof result === 'string' && result.length > maxLength) throw tooLarge(maxLength)
  return result
}

/** A picture of a time becomes a regular expression, in which each number of the picture may end anywhere. */
function isIntricate([text, picture]: unknown[]): boolean {
  return typeof picture === 'string' && (sizeOf(text) > 40 || picture.split('[').length > 7)
}

/** The official sort copies the rest of the array at each step. With numbers or strings alone there is but one order. */
function sorted(args: unknown[], run: (args: unknown[]) => unknown): unknown {
  const items = args[0] as readonly unknown[]
  const isSimple = items.every(Number.isFinite) || items.every(item => typeof item === 'string')
  if (!isSimple) return run(args)
  return [...(items as readonly string[])].sort((one, other) => (one > other ? 1 : one < other ? -1 : 0))
}

/** Of characters, as many as there would be in an array of them. */
function countOf(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

function sizeOf(value: unknown): number {
  return typeof value === 'string' || Array.isArray(value) ? value.length : 0
}

/** A number in a picture may be the width of what comes of it. */
function isLongPicture(picture: unknown): boolean {
  return typeof picture === 'string' && (picture.length > 1000 || /\d{5}/.test(picture))
}

/** Past 2^53 there are numbers that do not change when 1 is added. */
function requireWhole(bound: unknown): unknown {
  if (Number.isInteger(bound) && !Number.isSafeInteger(bound)) throw {...tooLarge(Number.MAX_SAFE_INTEGER), token: '..'}
  return bound
}
