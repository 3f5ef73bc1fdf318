import {Script} from 'node:vm'
import {tooLong} from './limits.ts'

/**
 * Runs what cannot be interrupted from JavaScript: V8 ends a script that runs for too long, also within a regular expression
 * or a built-in function. It costs some 50 µs, for a thread that watches, so it is for what may take much longer than that.
 * Throws the official error when the time is over.
 */
export function withinTime<T>(milliseconds: number, timeout: number, work: () => T): T {
  if (milliseconds === Number.POSITIVE_INFINITY) return work()
  if (milliseconds < 1) throw tooLong(timeout)
  shared[name] = work
  try {
    return script.runInThisContext({timeout: Math.ceil(milliseconds)})
  } catch (error) {
    throw (error as {code?: string}).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT' ? tooLong(timeout) : error
  } finally {
    shared[name] = undefined
  }
}

/** A script sees what is global, and nothing else. */
const name = Symbol.for('litefeed.withinTime')
const shared = globalThis as unknown as Record<symbol, unknown>
const script = new Script(`globalThis[Symbol.for('litefeed.withinTime')]()`)
