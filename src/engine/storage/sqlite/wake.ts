import {type FSWatcher, statSync, watch} from 'node:fs'
import {basename, dirname, resolve} from 'node:path'
import {setImmediate as nextTurn} from 'node:timers/promises'
import {LitefeedError} from '../../error.ts'
import type {Position, Watcher} from '../storage.ts'

/** What a watcher looks at. */
export interface Watched {
  readonly file: string
  /** The file's own number, which it had when it was opened. */
  readonly inode: number
  /** The end of the log. */
  newest(): Position
  /** Another one after each commit, whoever made it and whatever it changed. Costs less than `newest`. */
  version(): string
  /** Aborts when the connection is closed: what a feed that was never ended listens with would keep the process alive. */
  readonly closed: AbortSignal
}

/**
 * Listens for commits to one file: directory events for the file and its `-wal`, and a poll as the safety net.
 *
 * With synchronous=FULL the event fires when the WAL is written, before the commit is visible to a reader, so an event is
 * followed by a few more looks at growing distances. An event and a poll alike only say "look": what is there is decided
 * by the version of the file and the end of the log.
 */
export class CommitWatcher implements Watcher {
  readonly #watched: Watched
  readonly #file: string
  #watcher: FSWatcher | undefined
  /** How many looks there were since the last event. An event that nobody waited for is one for who waits next. */
  #looks = 0
  #listener: (() => void) | undefined
  /** With this version the log ended at this position. */
  #idle: {readonly version: string; readonly position: Position} | undefined
  /** The version when somebody was woken last. */
  #told: string | undefined

  constructor(watched: Watched) {
    this.#watched = watched
    this.#file = resolve(watched.file)
    this.#checkFile()
    const names = new Set([basename(this.#file), `${basename(this.#file)}-wal`])
    try {
      this.#watcher = watch(dirname(this.#file), {signal: watched.closed}, (_event, name) => {
        if (name === null || names.has(name)) this.#hear()
      })
      this.#watcher.on('error', () => this.#deafen())
    } catch {
      // No inotify instance left, or a file system without it: the poll does it alone, at a shorter interval.
      this.#deafen()
    }
  }

  async wake(
    position: Position,
    {signal, timeout}: {signal: AbortSignal; timeout?: number | undefined},
  ): Promise<void> {
    const start = performance.now()
    const end = start + (timeout ?? Number.POSITIVE_INFINITY)
    while (!signal.aborted) {
      if (this.#moved(position)) return
      const version = this.#idle?.version
      // Something else than the log may have changed: a table was dropped, or got another form. There is no haste.
      const left = (version === this.#told ? end : Math.min(end, start + others)) - performance.now()
      if (left <= 0) {
        this.#told = version
        return
      }
      const pause = retries[this.#looks++] ?? (this.#watcher === undefined ? pollWithoutEvents : poll)
      await (pause === 0 ? nextTurn() : this.#pause(Math.min(pause, left), signal))
      if (this.#looks > retries.length) this.#checkFile()
    }
  }

  [Symbol.dispose](): void {
    this.#watcher?.close()
  }

  #moved(position: Position): boolean {
    try {
      const version = this.#watched.version()
      if (version === this.#idle?.version && position === this.#idle.position) return false
      if (this.#watched.newest() !== position) return true
      this.#idle = {version, position}
      // What the event was about has been seen.
      this.#looks = Math.max(this.#looks, quickLooks)
      return false
    } catch {
      // Whoever reads next sees what is wrong, and can wait for a lock.
      return true
    }
  }

  #hear(): void {
    this.#looks = 0
    this.#listener?.()
  }

  #deafen(): void {
    this.#watcher?.close()
    this.#watcher = undefined
    this.#hear()
  }

  /** Resolves after `ms`, at an event, or at an abort. */
  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise(done => {
      const end = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        this.#listener = undefined
        done()
      }
      const timer = setTimeout(end, ms)
      signal.addEventListener('abort', end)
      this.#listener = end
    })
  }

  /** A connection goes on with the file that it opened, also when another one has taken its name. */
  #checkFile(): void {
    if (statSync(this.#file, {throwIfNoEntry: false})?.ino === this.#watched.inode) return
    throw this.#replaced()
  }

  #replaced(): LitefeedError {
    return new LitefeedError('REPLACED', `${this.#file} was moved, removed or replaced while it was followed`, {
      hint: 'start again; a position of the old file may not be one of the new file',
    })
  }
}

/**
 * Milliseconds; at first without a pause, since a timer takes a millisecond at least, and most commits are visible much
 * sooner after the event.
 */
const quickLooks = 10
const retries = [...Array<0>(quickLooks).fill(0), 1, 2, 4, 8, 16, 32, 64]
const poll = 250
const pollWithoutEvents = 20
const others = 1000
