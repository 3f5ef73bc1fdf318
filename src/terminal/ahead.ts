/**
 * Deals with what comes, one after the other, and asks for the next one meanwhile: while a slow pipe is written to by another
 * thread, this one reads. `open` begins it; its signal aborts when something could not be dealt with.
 */
export async function readAhead<T>(
  open: (signal: AbortSignal) => AsyncGenerator<T>,
  deal: (item: T) => Promise<void>,
): Promise<void> {
  const over = new AbortController()
  const items = open(over.signal)
  try {
    let next = items.next()
    for (;;) {
      const {done, value} = await next
      if (done) return
      const dealt = deal(value)
      next = items.next()
      // What is wrong with it is thrown when its turn comes.
      next.catch(() => {})
      await dealt
    }
  } finally {
    over.abort()
    await items.return(undefined)
  }
}
