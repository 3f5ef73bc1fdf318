import * as Flags from '@oclif/core/flags'
import {isObject, mistakeIn, mistakeOf, parse} from '../engine/documents/json.ts'
import type {Selected} from '../engine/documents/options.ts'
import {keyOf, misuse} from './arguments.ts'

/** The flags that select documents instead of keys. */
export const selectionFlags = {
  where: Flags.string({
    description: 'JSONata over the document: those for which it is true',
    helpValue: 'EXPR',
    exclusive: ['all'],
  }),
  all: Flags.boolean({description: 'every document'}),
}

/** What keys and flags select; undefined when there are neither. Refuses both. */
export function selectionOf(
  keys: readonly string[],
  flags: {where?: string | undefined; all: boolean},
): Selected | undefined {
  const byFlag = flags.where !== undefined || flags.all
  if (keys.length > 0 && byFlag) throw misuse(`keys and ${flags.all ? '--all' : '--where'} exclude each other`)
  if (keys.length > 0) return {keys: keys.map(keyOf)}
  if (flags.where !== undefined) return {where: flags.where}
  return flags.all ? {all: true} : undefined
}

/** Refuses what an expression is to make and the last argument is as well. */
export function checkNotGiven(keys: readonly string[], name: string): void {
  const last = keys.at(-1) ?? ''
  if (last.startsWith('{') && mistakeIn(last) === undefined)
    throw misuse(`a ${name} with --expr`, '--expr makes it: leave out the one or the other')
}

/** Refuses an argument that is to say by its `id` which document it is about, and does not. */
export function checkNamesItself(argument: string, name: string): void {
  if (argument === '-') return
  const value = parsed(argument, name)
  if (typeof value !== 'object' || JSON.isRawJSON(value))
    throw misuse(`${name} is a JSON object, and ${argument} is none`, `if it is the KEY, ${name} is missing behind it`)
  if (Array.isArray(value) || (isObject(value) && Object.hasOwn(value, 'id'))) return
  throw misuse(`which document? ${name} has no id, and there is no KEY`)
}

/** A JSON argument; refused by its name. */
export function parsed(argument: string, name: string): unknown {
  try {
    return parse(argument)
  } catch (error) {
    throw misuse(
      `${name} is not JSON: ${mistakeOf(error)}`,
      'names and strings need double quotes, and the shell single ones around it all',
    )
  }
}
