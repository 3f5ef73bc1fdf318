/**
 * Follows the grammar of one JSON value that goes on over several lines, token by token, to say where it ends or that it
 * cannot be one. Strings and numbers never go over a line. https://www.rfc-editor.org/rfc/rfc8259
 */
export class ValueScan {
  /** The containers that are open, outermost first. */
  readonly #open: ('{' | '[')[] = []
  #expect: Expect = 'value'

  copy(): ValueScan {
    const copy = new ValueScan()
    copy.#open.push(...this.#open)
    copy.#expect = this.#expect
    return copy
  }

  /** Goes on at `from`. `end` is the index after the value; `more` says that the line ended first. */
  scan(line: string, from: number): {readonly end: number} | 'more' | 'error' {
    let at = from
    for (;;) {
      token.lastIndex = at
      const match = token.exec(line)
      if (match === null) return blank.test(line.slice(at)) ? 'more' : 'error'
      at = token.lastIndex
      const text = match[1] as string
      if (text === '"') {
        const end = endOfString(line, at)
        if (end === undefined) return 'error'
        at = end
      }
      if (!this.#accept(text)) return 'error'
      if (this.#open.length === 0) return {end: at}
    }
  }

  #accept(text: string): boolean {
    const first = text[0] as string
    const expect = this.#expect
    switch (first) {
      case '{':
      case '[':
        if (expect !== 'value' && expect !== 'value or end') return false
        this.#open.push(first)
        this.#expect = first === '{' ? 'name or end' : 'value or end'
        return this.#open.length <= deepest
      case '}':
        return (expect === 'name or end' || expect === 'comma or end') && this.#close('{')
      case ']':
        return (expect === 'value or end' || expect === 'comma or end') && this.#close('[')
      case ':':
        this.#expect = 'value'
        return expect === 'colon'
      case ',':
        this.#expect = this.#open.at(-1) === '{' ? 'name' : 'value'
        return expect === 'comma or end'
      default:
        if (first === '"' && (expect === 'name' || expect === 'name or end')) {
          this.#expect = 'colon'
          return true
        }
        this.#expect = 'comma or end'
        return expect === 'value' || expect === 'value or end'
    }
  }

  #close(container: '{' | '['): boolean {
    this.#expect = 'comma or end'
    return this.#open.pop() === container
  }
}

type Expect = 'value' | 'value or end' | 'name' | 'name or end' | 'colon' | 'comma or end'

/** SQLite's limit: https://sqlite.org/json1.html#jlimits */
const deepest = 1000
// A string is its opening quote here: one expression for all of it would run out of stack in a string of some megabytes.
const token = /[ \t\r]*([{}[\],:"]|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/uy
const special = /["\\\p{Cc}]/gu
const blank = /^[ \t\r]*$/

/** The index after the string that goes on at `from`; undefined when it does not end in this line or cannot be one. */
function endOfString(line: string, from: number): number | undefined {
  for (let at = from; ; ) {
    special.lastIndex = at
    const found = special.exec(line)
    if (found === null || found[0] < ' ') return undefined
    at = special.lastIndex
    if (found[0] === '"') return at
    // Unicode's own control characters, from U+007F to U+009F, are allowed.
    if (found[0] !== '\\') continue
    if (!'"\\/bfnrtu'.includes(line[at] ?? ' ')) return undefined
    at++
  }
}
