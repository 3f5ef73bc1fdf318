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
    readonly #known: Known

    constructor(pattern: RegExp) {
      this.#known = knownOf(pattern)
    }

    exec(given: unknown): RegExpExecArray | null {
      // As a function it is called with whatever there is.
      const text = String(given)
      const left = clock.left()
      if (left <= 0) throw tooLong(clock.timeout)
      const {regex, cost} = this.#known
      regex.lastIndex = this.lastIndex
      const match = mayTakeLong(cost, text) ? withinTime(left, clock.timeout, () => regex.exec(text)) : regex.exec(text)
      this.lastIndex = regex.lastIndex
      return match
    }
  }
  // The evaluator uses no more of it than this.
  return WatchedRegex as unknown as RegExpConstructor
}

/** A pattern as it is run. All use the same, as each sets the place where it begins. */
interface Known {
  readonly regex: RegExp
  readonly cost: Cost
}

/** The patterns are those of the tree. */
const known = new WeakMap<object, Known>()

function knownOf(pattern: RegExp): Known {
  const found = known.get(pattern)
  if (found !== undefined) return found
  // In a condition made of `??` the parser puts a copy, which is no pattern any more: what is made of it counts.
  const regex = new RegExp(pattern)
  const made = {regex, cost: estimate(regex.source)}
  known.set(pattern, made)
  return made
}
