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
 * time, depth and length, which a closure has not: whatever might reach them is left to it. About 10 ms worth.
 */
export function spend(units: number): void {
  left -= units
  if (left < 0) giveUp()
}

/**
 * The official evaluator works on the keys of a group at once, and each of them counts as depth until all are done. Groups
 * that might take it to its limit are left to it.
 */
export function goDeeper(units: number): void {
  depthLeft -= units
  if (depthLeft < 0) giveUp()
}

/** Evaluations are synchronous and one at a time, so that one counter for all of them is enough. */
let left = 0
let depthLeft = 0

export function refill(): void {
  left = 100_000
  depthLeft = 200
}
