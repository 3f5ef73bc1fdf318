import parseArguments from 'string-argv'
import {LitefeedError} from '../error.ts'
import {ChildSink} from './exec-child.ts'
import {EachSink} from './exec-each.ts'
import type {Sink} from './sink.ts'

export interface ExecOptions {
  /** A command line, with quotes as in a shell and nothing else of one; or the program and its arguments. */
  readonly command: string | readonly string[]
  readonly maxUnacked?: number | undefined
  readonly each?: boolean | undefined
}

/** How often an event that a program refuses is given to it before it counts as one that it will never take. */
export const mostAttempts = 5

/** A program that is given events; no shell is involved. Throws MISUSE. */
export function makeExecSink({command, maxUnacked, each = false}: ExecOptions): Sink {
  const [program, ...args] = typeof command === 'string' ? parseArguments(command) : command
  if (program === undefined || program === '') throw new LitefeedError('MISUSE', 'exec: needs a command')
  if ([program, ...args].some(part => part.includes('\0')))
    throw new LitefeedError('MISUSE', 'a command cannot hold the character U+0000')
  if (!each) return new ChildSink(program, args, maxUnacked ?? 100)
  if (maxUnacked !== undefined)
    throw new LitefeedError('MISUSE', '`maxUnacked` with `each`: a process for each event has that event alone')
  return new EachSink(program, args)
}

/** The error for a program that is not there, or is none. */
export function cannotRun(result: {readonly code?: string | undefined; readonly originalMessage?: string | undefined}) {
  if (!['ENOENT', 'EACCES', 'ENOEXEC', 'ENOTDIR'].includes(result.code ?? '')) return undefined
  return new LitefeedError('MISUSE', `the command cannot be run: ${result.originalMessage ?? result.code}`)
}
