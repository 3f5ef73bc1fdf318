import {longest, mostUnits} from '../closure/budget.ts'

/**
 * What ends an evaluation that would go on for too long. The official evaluator checks them between two nodes of the tree. A
 * limit of 0 is none.
 */
export interface Guards {
  /** Milliseconds. */
  readonly timeout: number
  /** Evaluations within evaluations. */
  readonly stack: number
  /** Items of an array. */
  readonly sequence: number
}

export const usualGuards: Guards = {timeout: 800, stack: 500, sequence: 1_000_000}

/** Whether a closure may answer, which stays far within the usual limits and does not look at these. */
export function areWide({timeout, stack, sequence}: Partial<Guards>): boolean {
  const isWide = (limit: number | undefined, least: number) => limit === undefined || limit === 0 || limit >= least
  return isWide(timeout, 2 * longest) && isWide(stack, usualGuards.stack) && isWide(sequence, mostUnits)
}

/** The limits of one evaluation: what is not given is as usual. */
export function limitsOf(given: Partial<Guards>): Guards {
  const {sequence, ...others} = {...usualGuards, ...given}
  // The official evaluator takes a sequence of 0 at its word.
  return {...others, sequence: sequence === 0 ? Number.POSITIVE_INFINITY : sequence}
}

/** Items of a value with all that is in it, where values can grow without bound, unless fewer are allowed. */
export const maxGrown = 1_000_000

/** Characters of a string that an expression builds: 32 MB. */
export const maxLength = 2 ** 24

/** Characters of a string of which an array is made, a string each. */
export const maxCharacters = 2 ** 22

/** The official error for an evaluation that takes too long; its message is added there. */
export function tooLong(timeout: number): object {
  return {code: 'D1012', value: timeout, stack: new Error().stack}
}

/** The official error for a sequence that is too long, here also for a string or a structure. */
export function tooLarge(limit: number): object {
  return {code: 'D2015', value: limit, stack: new Error().stack}
}
