/**
 * Ctrl-C and its kin. The first signal asks the work to end in order; when it has, `raise` sends the signal to this process
 * again, so that the shell sees a command that was interrupted (status 130) and stops its loop too. A second one is not waited
 * for.
 */
export class Interrupt {
  readonly #controller = new AbortController()
  #received: NodeJS.Signals | undefined
  readonly #listen = (name: NodeJS.Signals) => {
    if (this.#received !== undefined) this.#raise(name)
    this.#received = name
    this.#controller.abort()
  }

  constructor() {
    for (const name of signals) process.on(name, this.#listen)
  }

  /** Aborts at the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Ends this process by the signal that was received. Does nothing when none was. */
  raise(): void {
    if (this.#received !== undefined) this.#raise(this.#received)
  }

  /** Does this at a signal instead. */
  divert(name: NodeJS.Signals, work: () => void): void {
    process.off(name, this.#listen)
    process.on(name, work)
  }

  /** From here on a signal ends this process at once: for work that cannot be asked to end, and leaves nothing behind. */
  release(): void {
    for (const name of signals) process.off(name, this.#listen)
  }

  #raise(name: NodeJS.Signals): void {
    this.release()
    process.kill(process.pid, name)
  }
}

const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']
