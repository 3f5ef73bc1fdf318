import {draw} from './talk.ts'

/** A line on stderr that says how far a long write is: documents, rate, bytes. Only on a terminal, and only after a second. */
export class Progress {
  readonly #start = performance.now()
  readonly #shown: () => boolean
  #last = 0
  #drawn = false

  constructor(shown = () => process.stderr.isTTY === true) {
    this.#shown = shown
  }

  show(documents: number, bytes: number | undefined): void {
    const now = performance.now()
    const seconds = (now - this.#start) / 1000
    if (seconds < 1 || now - this.#last < 100 || !this.#shown()) return
    this.#last = now
    this.#drawn = true
    const size = bytes === undefined ? '' : `, ${(bytes / 1e6).toFixed(1)} MB`
    draw(
      `\r\x1b[K${documents.toLocaleString('en')} documents, ${Math.round(documents / seconds).toLocaleString('en')}/s${size}`,
    )
  }

  /** Makes room for other talk, or for the end. */
  clear(): void {
    if (this.#drawn) draw('\r\x1b[K')
    this.#drawn = false
  }
}
