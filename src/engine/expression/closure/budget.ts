/**
 * How a closure says that it does not know. It stops by throwing `uncertain`, whatever the reason, and the official
 * evaluator answers for this input. One error for all, made once: a new one would cost more than the evaluation.
 */
const uncertain = new Error('left to the official evaluator')

export function giveUp(): never {
  throw uncertain
}

/**
 * Counts what a closure does, and gives up when that is more than any sane input takes. The official evaluator has limits of
 * time, depth and length, which a closure has not: whatever might reach them is left to it.
 */
export function spend(units: number): void {
  left -= units
  if (left < 0) goOn()
}

/** After each stretch it looks at the clock: a filter of many items by a filter of them all is sane, too. */
function goOn(): void {
  reserve += left
  deadline ||= Date.now() + longest
  if (reserve < 0 || Date.now() > deadline) giveUp()
  left = stretch
  reserve -= stretch
}

/**
 * The official evaluator works on the keys of a group at once, and each of them counts as depth until all are done. Groups
 * that might take it to its limit are left to it.
 */
export function goDeeper(units: number): void {
  depthLeft -= units
  if (depthLeft < 0) giveUp()
}

/** About 10 ms worth. */
const stretch = 100_000

/** What may be spent in all, and so the most items that are made. */
export const mostUnits = 1_000_000

/** Milliseconds, of which there are to be enough left for the official evaluator. */
export const longest = 200

/** Evaluations are synchronous and one at a time, so that one counter for all of them is enough. */
let left = 0
let reserve = 0
let deadline = 0
let depthLeft = 0

export function refill(): void {
  left = stretch
  reserve = mostUnits - stretch
  deadline = 0
  depthLeft = 200
}
