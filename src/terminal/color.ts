import {Chalk} from 'chalk'
import {endOfString} from './json-string.ts'

/** Lines of JSON with names, strings, numbers and the rest each in its colour. */
export function colorJson(lines: string): string {
  const {blue, green, yellow, magenta} = new Chalk({level: 1})
  let colored = ''
  for (let at = 0; ; ) {
    token.lastIndex = at
    const found = token.exec(lines)
    if (found === null) return colored + lines.slice(at)
    const {index, 0: first, 1: number} = found
    const end = first === '"' ? endOfString(lines, index + 1) : token.lastIndex
    const paint = first !== '"' ? (number === undefined ? magenta : yellow) : lines[end] === ':' ? blue : green
    colored += lines.slice(at, index) + paint(lines.slice(index, end))
    at = end
  }
}

const token = /"|(-?\d[\d.eE+-]*)|true|false|null/g
