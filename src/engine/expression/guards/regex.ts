import {tooLong} from './limits.ts'
import {withinTime} from './within-time.ts'

/** How much time an evaluation has left. */
export interface Clock {
  readonly timeout: number
  left(): number
}

/**
 * The regular expressions of one program, for jsonata's option `RegexEngine`. Those that may take long on a text, by an
 * estimate that is quick and far on the safe side, run under a watch; the official guards cannot see into them.
 */
export function regexEngine(clock: Clock): RegExpConstructor {
  class WatchedRegex {
    lastIndex = 0
    readonly #regex: RegExp
    readonly #cost: Cost

    constructor(pattern: RegExp) {
      this.#regex = new RegExp(pattern)
      this.#cost = costOf(pattern, this.#regex)
    }

    exec(text: string): RegExpExecArray | null {
      const left = clock.left()
      if (left <= 0) throw tooLong(clock.timeout)
      const regex = this.#regex
      regex.lastIndex = this.lastIndex
      const match = mayTakeLong(this.#cost, text)
        ? withinTime(left, clock.timeout, () => regex.exec(text))
        : regex.exec(text)
      this.lastIndex = regex.lastIndex
      return match
    }
  }
  // The evaluator uses no more of it than this.
  return WatchedRegex as unknown as RegExpConstructor
}

/** Whether it may take more than some milliseconds. */
export function mayTakeLong({repeats, isNested}: Cost, text: string): boolean {
  if (isNested) return text.length > 12
  // Each repeat may begin and end at each place of the text.
  return (text.length + 1) ** (repeats + 1) > 1e7
}

export interface Cost {
  /** How many parts match a number of times that is not fixed. */
  readonly repeats: number
  /** Whether such a part is within another, or a choice or a reference may be tried in as many ways: exponential. */
  readonly isNested: boolean
}

/** The patterns are those of the tree. */
const known = new WeakMap<object, Cost>()

function costOf(pattern: RegExp, source: RegExp): Cost {
  const found = known.get(pattern)
  if (found !== undefined) return found
  const cost = estimate(source.source)
  known.set(pattern, cost)
  return cost
}

/** Reads the pattern without its meaning: escapes, classes, groups and what repeats them. */
export function estimate(source: string): Cost {
  const tokens = source.matchAll(
    /\\k<|\\.|\[(?:\\.|[^\]\\])*\]|\((?:\?(?:<?[=!]|:|<[^>]*>))?|\)|\||[*+?]\??|\{\d+(?:,\d*)?\}\??|./gsu,
  )
  let repeats = 0
  let isNested = false
  // Whether the group that is open, and the one that was closed last, can match in more than one way.
  const open: boolean[] = [false]
  let closed = false
  for (const [token] of tokens) {
    const top = open.length - 1
    if (token.startsWith('(')) open.push(false)
    else if (token === ')') {
      closed = open.pop() ?? false
      open[open.length - 1] ||= closed
      continue
    } else if (token === '|') open[top] = true
    else if (/^\\(?:[1-9]|k<)/.test(token)) isNested = true
    else if (isRepeat(token)) {
      repeats++
      if (closed) isNested = true
      open[top] = true
    }
    closed = false
  }
  return {repeats, isNested}
}

/** `a{3}` always matches in one way. */
function isRepeat(token: string): boolean {
  return /^[*+?]/.test(token) || (/^\{\d+(?:,\d*)?\}/.test(token) && !/^\{(\d+)(?:,\1)?\}/.test(token))
}
