import {readdirSync, readFileSync, readlinkSync} from 'node:fs'

/**
 * The processes that can read from a pipe, as /proc shows them (https://man7.org/linux/man-pages/man5/proc.5.html). A writer
 * learns that they are gone only when it writes, unless it can poll the pipe, which Node cannot; and opening the pipe
 * again tells of its readers only when it has a name.
 */
export class PipeReaders {
  readonly #pipe: string
  /** Where a reader was seen last. Undefined: none was ever seen, and so none can be missed. */
  #seen: string | undefined

  /** Undefined when the descriptor is no pipe, or the system does not show. */
  static of(fd: number): PipeReaders | undefined {
    try {
      const pipe = readlinkSync(`/proc/self/fd/${fd}`)
      return pipe.startsWith('pipe:') ? new PipeReaders(pipe) : undefined
    } catch {
      return undefined
    }
  }

  private constructor(pipe: string) {
    this.#pipe = pipe
    this.#seen = this.#find()
  }

  /**
   * Whether all of them have gone. Says no when in doubt: when none was seen before (another user's, or in another
   * container), and when the one that was seen is now another user's.
   */
  gone(): boolean {
    if (this.#seen === undefined) return false
    try {
      if (readlinkSync(this.#seen) === this.#pipe) return false
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EACCES') return false
    }
    const next = this.#find()
    if (next !== undefined) this.#seen = next
    return next === undefined
  }

  /** The descriptor of one reader. */
  #find(): string | undefined {
    for (const pid of processes()) {
      for (const fd of list(`/proc/${pid}/fd`)) {
        const path = `/proc/${pid}/fd/${fd}`
        if (isPipe(path, this.#pipe) && canRead(`/proc/${pid}/fdinfo/${fd}`)) return path
      }
    }
    return undefined
  }
}

/** Those of the same pipeline first: they were started at about the same time. */
function processes(): number[] {
  const distance = (pid: number) => Math.abs(pid - process.pid)
  const all = list('/proc').filter(name => /^\d+$/.test(name))
  return all.map(Number).sort((one, other) => distance(one) - distance(other))
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    // Another user's process, or one that has just ended.
    return []
  }
}

function isPipe(path: string, pipe: string): boolean {
  try {
    return readlinkSync(path) === pipe
  } catch {
    return false
  }
}

/** The last octal digit of the flags is how the descriptor was opened: 1 is for writing only. */
function canRead(fdinfo: string): boolean {
  try {
    return !/^flags:\s*\d*1$/m.test(readFileSync(fdinfo, 'utf8'))
  } catch {
    return false
  }
}
