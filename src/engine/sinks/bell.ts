/** Wakes who waits for something to happen. What rings before somebody waits is not missed. */
export class Bell {
  #rung = false
  #wake: (() => void) | undefined

  ring(): void {
    this.#rung = true
    this.#wake?.()
  }

  /** Resolves at the first ring since the last time, or at a time by performance.now(). */
  async wait(until: number): Promise<void> {
    if (!this.#rung) {
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>(wake => {
        this.#wake = wake
        if (until < Number.POSITIVE_INFINITY) timer = setTimeout(wake, Math.max(0, until - performance.now()))
      })
      clearTimeout(timer)
      this.#wake = undefined
    }
    this.#rung = false
  }
}
