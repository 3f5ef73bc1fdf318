import {endOfString} from '../json-string.ts'

/**
 * What is left of a value that was refused, so that no part of it is taken for a value of its own. It ends with its last
 * bracket or, where that is missing, before a line that is not indented more than its first one and does not begin as a
 * value goes on. Of values whose inner lines are not indented the latter may be an inner one.
 */
export class Rest {
  readonly #indent: number
  readonly #isInArray: boolean
  /** The brackets that are open, outermost first. */
  readonly #open: string[] = []

  /** Of a value in this line. */
  constructor(line: string, isInArray: boolean) {
    this.#indent = indentOf(line)
    this.#isInArray = isInArray
  }

  /** Whether it goes on in the lines after those that it was given. */
  get isOpen(): boolean {
    return this.#open.length > 0
  }

  /** Where something else begins in a line after the first; undefined when it holds nothing else. */
  endInNext(line: string): number | undefined {
    const indent = indentOf(line)
    const isNew = indent < line.length && indent <= this.#indent && !'}],:"-0123456789'.includes(line.charAt(indent))
    return isNew ? 0 : this.endIn(line, 0)
  }

  /** Where something else begins in this line, of which everything from `from` on is read as a part of it. */
  endIn(line: string, from: number): number | undefined {
    token.lastIndex = from
    for (let match = token.exec(line); match !== null; match = token.exec(line)) {
      const [text] = match
      // One that is not closed ends with its line.
      if (text === '"') token.lastIndex = endOfString(line, token.lastIndex)
      else if (text === '{' || text === '[') this.#open.push(text)
      else if (text === '}' || text === ']') {
        const opener = this.#open.lastIndexOf(text === '}' ? '{' : '[')
        // One that closes nothing here closes the array around it, or is a part of the mistake.
        if (opener === -1 && text === ']' && this.#isInArray) return match.index
        if (opener !== -1) this.#open.length = opener
        if (opener === 0) return token.lastIndex
      } else if (text === ',' && this.#open.length === 0 && this.#isInArray) return match.index
    }
    return undefined
  }
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}

const token = /[{}[\],"]/g
