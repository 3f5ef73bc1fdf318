/**
 * Follows the grammar of one JSON value that goes on over several lines, token by token, to say where it ends or that it
 * cannot be one. Strings and numbers never go over a line. https://www.rfc-editor.org/rfc/rfc8259
 */
export class ValueScan {
  /** The containers that are open, outermost first. */
  readonly #open: ('{' | '[')[] = []
  #expect: Expect = 'value'

  /** Goes on at `from`. `end` is the index after the value; `more` says that the line ended first. */
  scan(line: string, from: number): {readonly end: number} | 'more' | 'error' {
    let at = from
    for (;;) {
      token.lastIndex = at
      const match = token.exec(line)
      if (match === null) return blank.test(line.slice(at)) ? 'more' : 'error'
      at = token.lastIndex
      if (!this.#accept(match[1] as string)) return 'error'
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
// The string is written so that no two parts of it can match the same text: otherwise a missing quote takes for ever.
const token =
  /[ \t\r]*([{}[\],:]|"[^"\\\p{Cc}]*(?:(?:\\["\\/bfnrtu]|[\x7f-\x9f])[^"\\\p{Cc}]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/uy
const blank = /^[ \t\r]*$/
