import {type Key, parseKey} from '../engine/documents/key.ts'
import {LitefeedError} from '../engine/error.ts'

/** Refuses a command line. */
export function misuse(message: string, hint?: string): LitefeedError {
  return new LitefeedError('MISUSE', message, {hint})
}

/** A KEY argument. */
export function keyOf(argument: string): Key {
  if (argument === '-') throw misuse('"-" is stdin, from which no keys are read', `the key "-" is '"-"'`)
  try {
    return parseKey(argument)
  } catch (error) {
    throw misuse(`the key ${argument} cannot be: ${(error as Error).message}`)
  }
}

/** What `parse` makes of a flag's value; refused by the flag's name when that is nothing. */
export function flagValue<T>(
  flag: string,
  text: string | undefined,
  parse: (text: string) => T | undefined,
  takes: string,
): T | undefined {
  if (text === undefined) return undefined
  const value = parse(text)
  if (value === undefined) throw misuse(`--${flag} does not take "${text}"`, `it takes ${takes}`)
  return value
}

export const durations = 'a duration such as 250ms, 2s, 5m, 1h30m or 7d'
