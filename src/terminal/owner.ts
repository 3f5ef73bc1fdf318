import {readFileSync, readlinkSync} from 'node:fs'
import {hostname} from 'node:os'
import type {Owner} from '../engine/consumer/lease.ts'

/**
 * This process as the owner of consumers. One that was killed leaves a lease behind, which need not be waited for: where both
 * run on the same system, it can be seen that the process is gone.
 */
export function thisProcess(): Owner {
  const system = systemName()
  return {
    name: `${process.pid}@${hostname()}`,
    place: `${system}/${process.pid}/${startOf(process.pid) ?? ''}`,
    isGone: ({place}) => {
      const [, its, pid, start] = /^(.*)\/(\d+)\/(.*)$/s.exec(place) ?? []
      return its === system && !isRunning(Number(pid), start)
    },
  }
}

/** Process ids mean the same where this is the same. */
function systemName(): string {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return hostname()
  }
}

function isRunning(pid: number, start: string | undefined): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
  const now = startOf(pid)
  return now === undefined || (now !== 'gone' && (start === '' || start === now))
}

/** When a process began, by which it is told from a later one with its number; `gone` for one that nobody has waited for yet. */
function startOf(pid: number): string | undefined {
  try {
    // The name of the program, in parentheses, may hold anything: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? 'gone' : fields[19]
  } catch {
    return undefined
  }
}
