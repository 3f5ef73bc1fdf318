import {type Cost, estimate, mayTakeLong} from '../closure/regex-cost.ts'
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

/** The patterns are those of the tree. */
const known = new WeakMap<object, Cost>()

function costOf(pattern: RegExp, source: RegExp): Cost {
  const found = known.get(pattern)
  if (found !== undefined) return found
  const cost = estimate(source.source)
  known.set(pattern, cost)
  return cost
}
