/**
 * What a source brings, in batches that are committed each by itself: of a stream that pauses, what there is. What came before
 * the source threw comes before the error.
 */
export function inBatches<T>(source: Iterable<T> | AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  return Symbol.asyncIterator in source ? streamInBatches(source) : listInBatches(source)
}

async function* listInBatches<T>(source: Iterable<T>): AsyncGenerator<readonly T[]> {
  let batch: T[] = []
  try {
    for await (const value of source) {
      batch.push(value)
      if (batch.length < most) continue
      yield batch
      batch = []
    }
  } catch (error) {
    yield batch
    throw error
  }
  yield batch
}

async function* streamInBatches<T>(source: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  const values = source[Symbol.asyncIterator]()
  let batch: T[] = []
  let next: Promise<IteratorResult<T>> | undefined
  let pause: Pause | undefined
  let isOver = false
  try {
    while (!isOver) {
      next ??= values.next()
      let step: IteratorResult<T> | 'pause'
      try {
        step = pause === undefined ? await next : await Promise.race([next, pause.begun])
      } catch (error) {
        isOver = true
        yield batch
        throw error
      }
      if (step !== 'pause') {
        next = undefined
        if (step.done) isOver = true
        else batch.push(step.value)
        pause ??= new Pause()
      }
      if (step === 'pause' || isOver || batch.length === most) {
        pause?.end()
        pause = undefined
        yield batch
        batch = []
      }
    }
  } finally {
    pause?.end()
    // A stream that was asked for more may not bring it for long, and ends only then.
    if (!isOver) {
      const ended = values.return?.()
      if (next === undefined) await ended
      else ended?.catch(() => {})
    }
  }
}

/** Begins when a document has waited for others long enough. */
class Pause {
  readonly begun: Promise<'pause'>
  #timer: NodeJS.Timeout | undefined

  constructor() {
    this.begun = new Promise(begin => {
      this.#timer = setTimeout(() => begin('pause'), patience)
    })
  }

  end(): void {
    clearTimeout(this.#timer)
  }
}

/** Documents. */
const most = 1000
/** Milliseconds that a document waits for others to be committed with. */
const patience = 50
