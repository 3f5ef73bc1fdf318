import {fstatSync} from 'node:fs'

/** Whether stdout is a terminal that wants colour. https://no-color.org/ */
export function wantsColor(flag: boolean): boolean {
  return flag && isTerminal(1) && !process.env.NO_COLOR && process.env.TERM !== 'dumb'
}

/** The streams themselves know as well, but they are slow to load, and a command that is piped does without them. */
function isTerminal(fd: number): boolean {
  try {
    return fstatSync(fd).isCharacterDevice() && process.stdout.isTTY === true
  } catch {
    return false
  }
}
