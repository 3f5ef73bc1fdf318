import {parseKey} from '../documents/key.ts'
import {LitefeedError} from '../error.ts'
import type {Parcel} from './sink.ts'

/**
 * A text in which `{table}`, `{type}`, `{key}` and `{seq}` stand for those of an event, as `encode` makes them. Throws MISUSE for
 * any other.
 */
export function compileTemplate(
  flag: string,
  text: string,
  encode: (value: string) => string = value => value,
): (parcel: Parcel) => string {
  const unknown = [...text.matchAll(placeholders)].find(([, name]) => !(`${name}` in fields))
  if (unknown !== undefined)
    throw new LitefeedError('MISUSE', `\`${flag}\` does not know ${unknown[0]}`, {
      hint: `there are ${Object.keys(fields)
        .map(name => `{${name}}`)
        .join(', ')}`,
    })
  return parcel => text.replaceAll(placeholders, (_, name: keyof typeof fields) => encode(fields[name](parcel)))
}

const placeholders = /\{([^{}]*)\}/g

const fields = {
  table: ({event}: Parcel) => event.table,
  type: ({event}: Parcel) => event.type,
  key: ({event}: Parcel) => keyName(event.key),
  seq: ({event}: Parcel) => String(event.seq),
}

/** A key, which is JSON text, as part of a name: a string as it is, anything else as its JSON. */
export function keyName(key: string): string {
  return key.startsWith('"') ? (JSON.parse(key) as string) : key
}

/**
 * A key, which is JSON text, as it is typed at a shell: `litefeed get TABLE "$LITEFEED_KEY"` finds the document. No two keys have the
 * same: the string "1" has its quotes, which the number has not, and a string with quotes of its own has more of them.
 */
export function keyArgument(key: string): string {
  const name = keyName(key)
  // Neither an argument nor the environment can have it.
  if (name.includes('\0')) return key
  return key.startsWith('"') && !isItself(name) ? key : name
}

/** Whether a string, typed without more, is that string. */
function isItself(name: string): boolean {
  try {
    return parseKey(name) === name
  } catch {
    return false
  }
}
