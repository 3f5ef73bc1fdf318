import {realpathSync, statSync} from 'node:fs'
import {basename, dirname, join, resolve} from 'node:path'
import {LitefeedError} from '../error.ts'

/** The path in a URL of this scheme, of which `rest` follows the colon. Throws MISUSE. */
export function pathOf(scheme: 'file' | 'sqlite', rest: string): string {
  if (!rest.startsWith('//')) return rest
  const url = URL.canParse(`file:${rest}`) ? new URL(`file:${rest}`) : undefined
  const path = decode(url?.pathname ?? '')
  if (url === undefined || url.host !== '' || path === undefined)
    throw new LitefeedError('MISUSE', `${scheme}:${rest} names no file: what follows // would be a host`, {
      hint: `${scheme}:${rest.replace(/^\/+/, '')} is a path from here, ${scheme}:///path one from the root`,
    })
  return path
}

/** Throws MISUSE when a file, which is to be written to, belongs to a database: is it, or one of those that SQLite keeps beside it. */
export function refusePartOf(database: string | undefined, file: string): void {
  if (database === undefined) return
  const whole = realPath(database)
  if (['', '-wal', '-shm', '-journal'].some(end => isSame(`${whole}${end}`, file)))
    throw new LitefeedError(
      'MISUSE',
      `${file} is part of the database ${database}; what is delivered has to go elsewhere`,
    )
}

/** Also by another link. */
function isSame(one: string, other: string): boolean {
  const [first, second] = [one, other].map(file => statSync(file, {throwIfNoEntry: false}))
  return first === undefined || second === undefined
    ? realPath(one) === realPath(other)
    : first.ino === second.ino && first.dev === second.dev
}

/** That of a file that is not there yet, as well. */
function realPath(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    const directory = dirname(resolve(file))
    return directory === resolve(file) ? directory : join(realPath(directory), basename(file))
  }
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}
