import {Chalk} from 'chalk'

/** Lines of JSON with names, strings, numbers and the rest each in its colour. */
export function colorJson(lines: string): string {
  const {blue, green, yellow, magenta} = new Chalk({level: 1})
  return lines.replace(token, (text, name, string, number) => {
    if (name !== undefined) return blue(text)
    if (string !== undefined) return green(text)
    return number !== undefined ? yellow(text) : magenta(text)
  })
}

const token = /("(?:[^"\\]|\\.)*")(?=:)|("(?:[^"\\]|\\.)*")|(-?\d[\d.eE+-]*)|true|false|null/g
