/**
 * Milliseconds to wait before the next attempt: anything from 0 to a limit that doubles with each, from 250 ms to 60 s, so that many
 * that failed together do not come back together. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter
 */
export function backoff(attempts: number): number {
  return Math.random() * Math.min(longest, shortest * 2 ** attempts)
}

const shortest = 250
const longest = 60_000
