import {mistakeIn, parse} from '../../engine/documents/json.ts'
import type {Incoming} from '../../engine/documents/options.ts'
import {peek} from '../../engine/documents/peek.ts'
import {ValueScan} from './scan.ts'

/**
 * Finds the values in lines: a value a line (NDJSON), an array of values, or values one after the other, over as many lines
 * as they like. What is no JSON is refused by the number of its line, and costs no other line: after a mistake the next line
 * is a new start.
 *
 * A line that is a value by itself is the fast and the usual case. One that ends within a value may be the first of
 * several, or broken. Then the lines after it decide: they are scanned as a continuation, and when they cannot be one, the
 * first line is refused and the others are looked at again, each by itself.
 */
export class Values {
  /** The number of the line that comes next. */
  #line = 1
  /** The line on which the array began that the values are in. */
  #array: number | undefined
  /** Whether an array needs a comma before its next value. */
  #comma = false
  /** Whether a comma in it has nothing behind it yet. */
  #trails = false
  #value: {line: number; scan: ValueScan; lines: string[]} | undefined
  /** Whether a line has been a value by itself: then the input is probably one a line. */
  #ndjson = false
  #out: Incoming[] = []

  /** Takes whole lines, without the last line break. */
  lines(text: string): void {
    for (let start = 0; start <= text.length; ) {
      const ready = this.#value === undefined && this.#array === undefined ? peek(text, start) : undefined
      if (ready === undefined) {
        const found = text.indexOf('\n', start)
        const end = found === -1 ? text.length : found
        this.#wholeLine(text.slice(start, end))
        start = end + 1
      } else {
        ready.line = this.#line++
        this.#ndjson = true
        this.#out.push(ready)
        start += ready.insert.length + 1
      }
    }
  }

  /** Takes a line that cannot be read. */
  damagedLine(reason: string): void {
    while (this.#value !== undefined) this.#giveUp('the line ends within this value')
    this.#refuse(this.#line++, reason)
  }

  /** Takes the beginning of a line if it is nothing but values that are complete; otherwise says false. */
  partOfLine(text: string): boolean {
    if (this.#value !== undefined) return false
    const before = {array: this.#array, comma: this.#comma, trails: this.#trails, out: this.#out.length}
    this.#scanLine(this.#line === 1 ? withoutMark(text) : text, this.#line)
    if (this.#value === undefined && !this.#out.slice(before.out).some(incoming => 'refused' in incoming)) return true
    this.#value = undefined
    this.#array = before.array
    this.#comma = before.comma
    this.#trails = before.trails
    this.#out.length = before.out
    return false
  }

  /** Refuses what is broken off by the end of the input. */
  end(): void {
    while (this.#value !== undefined) this.#giveUp('the input ends within this value')
    if (this.#array !== undefined) this.#refuse(this.#array, 'the input ends within this array; what it held is stored')
    this.#array = undefined
  }

  /** What was found since the last call. */
  take(): Incoming[] {
    const out = this.#out
    this.#out = []
    return out
  }

  #wholeLine(text: string): void {
    const number = this.#line++
    const line = number === 1 ? withoutMark(text) : text
    if (this.#array === undefined && (this.#value === undefined || this.#ndjson)) {
      let value: unknown
      try {
        value = JSON.parse(line)
      } catch {
        this.#scanLine(line, number)
        return
      }
      // After lines that were values by themselves, one that ended too early was broken and did not begin a longer value.
      // But a scalar, {} or [] on a line of its own is what a value over several lines is made of.
      if (this.#value !== undefined && !holdsSomething(value)) {
        this.#scanLine(line, number)
        return
      }
      while (this.#value !== undefined) this.#giveUp('the line ends within this value')
      this.#ndjson = true
      this.#emit(number, value, line)
    } else this.#scanLine(line, number)
  }

  #scanLine(line: string, number: number): void {
    let at = 0
    if (this.#value !== undefined) {
      const {scan, lines} = this.#value
      lines.push(line)
      const result = scan.scan(line, 0)
      if (result === 'more') return
      if (result === 'error') {
        this.#giveUp('this line is not JSON, nor is it with the lines after it')
        return
      }
      at = result.end
      this.#finish([...lines.slice(0, -1), line.slice(0, at)].join('\n'), this.#value.line)
    }
    while (at < line.length) at = this.#step(line, at, number)
  }

  /** Deals with what stands at `at`, and returns where the next thing begins. */
  #step(line: string, at: number, number: number): number {
    const character = line[at] as string
    if (' \t\r'.includes(character)) return at + 1
    if (this.#array === undefined && character === '[') {
      this.#array = number
      this.#comma = false
      this.#trails = false
      return at + 1
    }
    if (this.#array !== undefined && character === ']') {
      if (this.#trails)
        this.#refuse(number, 'a comma with nothing between it and the end of the array; what it held is stored')
      this.#array = undefined
      return at + 1
    }
    if (this.#array !== undefined && character === ',' && this.#comma) {
      this.#comma = false
      this.#trails = true
      return at + 1
    }
    if (this.#array !== undefined && this.#comma) {
      this.#refuse(this.#array, 'the array that begins here is not closed; what it held is stored')
      this.#array = undefined
    }
    const scan = new ValueScan()
    const result = scan.scan(line, at)
    if (result === 'error') {
      this.#refuse(number, mistakeIn(line.slice(at)) ?? 'not JSON')
      this.#comma = false
      return line.length
    }
    if (result === 'more') {
      this.#value = {line: number, scan, lines: [line.slice(at)]}
      return line.length
    }
    this.#finish(line.slice(at, result.end), number)
    return result.end
  }

  #finish(text: string, line: number): void {
    this.#value = undefined
    this.#comma = true
    this.#trails = false
    try {
      const value = parse(text)
      this.#out.push({line, value})
    } catch {
      this.#refuse(line, mistakeIn(text) ?? 'not JSON')
    }
  }

  /** Refuses the first line of a value that came to nothing, and looks at the others again. */
  #giveUp(reason: string): void {
    const value = this.#value
    if (value === undefined) return
    this.#value = undefined
    this.#comma = false
    this.#refuse(value.line, reason)
    const resume = this.#line
    this.#line = value.line + 1
    for (const line of value.lines.slice(1)) this.#wholeLine(line)
    this.#line = resume
  }

  #emit(line: number, value: unknown, text: string): void {
    if (!Array.isArray(value)) this.#out.push({line, value, text})
    else for (const item of parse(text) as unknown[]) this.#out.push({line, value: item})
  }

  #refuse(line: number, refused: string): void {
    this.#out.push({line, refused})
  }
}

/** Input from some systems begins with a byte order mark. */
function withoutMark(line: string): string {
  return line.startsWith('\ufeff') ? line.slice(1) : line
}

function holdsSomething(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !JSON.isRawJSON(value) && Object.keys(value).length > 0
}
