import {mistakeIn, parse} from '../../engine/documents/json.ts'
import type {Incoming} from '../../engine/documents/options.ts'
import {peek} from '../../engine/documents/peek.ts'
import {Rest} from './rest.ts'
import {ValueScan} from './scan.ts'

/**
 * Finds the values in lines: a value a line (NDJSON), an array of values, or values one after the other, over as many lines
 * as they like. What is no JSON is refused by the number of its line, and costs no other value.
 *
 * A line that is a value by itself is the fast and the usual case. One that ends within a value may be the first of
 * several, or broken. Then the lines after it decide: they are scanned as a continuation, and when they cannot be one, the
 * first line is refused, with those that belong to it, and the others are looked at again.
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
  /** What ended within a value, from its beginning on; `first` is the whole of its first line. */
  #value: {line: number; first: string; scan: ValueScan; lines: string[]} | undefined
  /** What may be left of a value that was refused. */
  #rest: Rest | undefined
  #out: Incoming[] = []

  /** Takes whole lines, without the last line break. */
  lines(text: string): void {
    for (let start = 0; start <= text.length; ) {
      const ready = this.#isBetween ? peek(text, start) : undefined
      if (ready === undefined) {
        const found = text.indexOf('\n', start)
        const end = found === -1 ? text.length : found
        this.#wholeLine(text.slice(start, end))
        start = end + 1
      } else {
        ready.line = this.#line++
        this.#out.push(ready)
        start += ready.insert.length + 1
      }
    }
  }

  /** Takes a line that cannot be read, with what can be read of it. */
  damagedLine(reason: string, text: string): void {
    while (this.#value !== undefined) this.#giveUp('the value that begins here has no end')
    const number = this.#line++
    if (this.#rest !== undefined && this.#rest.endInNext(text) === undefined) return
    this.#refuse(number, reason)
    this.#passOver(text, 0)
  }

  /** Takes the beginning of a line if it is nothing but values that are complete; otherwise says false. */
  partOfLine(text: string): boolean {
    if (this.#rest !== undefined) return false
    if (this.#value !== undefined) {
      const result = this.#value.scan.copy().scan(text, 0)
      if (typeof result === 'string' || text.slice(result.end).trim() !== '') return false
    }
    const before = {array: this.#array, comma: this.#comma, trails: this.#trails, out: this.#out.length}
    this.#scanLine(this.#line === 1 ? withoutMark(text) : text, this.#line)
    if (this.#value === undefined && !this.#out.slice(before.out).some(incoming => 'refused' in incoming)) return true
    this.#value = undefined
    this.#rest = undefined
    this.#array = before.array
    this.#comma = before.comma
    this.#trails = before.trails
    this.#out.length = before.out
    return false
  }

  /** Refuses what is broken off by the end of the input. */
  end(): void {
    while (this.#value !== undefined) this.#giveUp('the value that begins here has no end')
    if (this.#array !== undefined) this.#refuse(this.#array, 'the input ends within this array; what it held is stored')
    this.#array = undefined
  }

  /** What was found since the last call. */
  take(): Incoming[] {
    const out = this.#out
    this.#out = []
    return out
  }

  /** Whether nothing is begun that the next line may go on with. */
  get #isBetween(): boolean {
    return this.#value === undefined && this.#array === undefined && this.#rest === undefined
  }

  #wholeLine(text: string): void {
    const number = this.#line++
    const line = number === 1 ? withoutMark(text) : text
    if (this.#rest !== undefined) {
      const end = this.#rest.endInNext(line)
      if (end === undefined) return
      this.#rest = undefined
      this.#comma = end > 0
      if (end > 0) {
        this.#steps(line, end, number)
        return
      }
    }
    if (!this.#isBetween) {
      this.#scanLine(line, number)
      return
    }
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch {
      this.#scanLine(line, number)
      return
    }
    this.#emit(number, value, line)
  }

  #scanLine(line: string, number: number): void {
    let at = 0
    if (this.#value !== undefined) {
      const {scan, lines} = this.#value
      lines.push(line)
      const result = scan.scan(line, 0)
      if (result === 'more') return
      if (result === 'error') {
        this.#giveUp(`this line is not JSON, nor is it with the lines up to ${number}`)
        return
      }
      at = result.end
      this.#finish([...lines.slice(0, -1), line.slice(0, at)].join('\n'), this.#value.line)
    }
    this.#steps(line, at, number)
  }

  #steps(line: string, from: number, number: number): void {
    for (let at = from; at < line.length; ) at = this.#step(line, at, number)
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
    if (this.#array !== undefined && character === ',') {
      if (!this.#comma) this.#refuse(number, 'a comma with no value before it')
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
      return this.#passOver(line, at)
    }
    if (result === 'more') {
      this.#value = {line: number, first: line, scan, lines: [line.slice(at)]}
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

  /** Goes behind what was refused from `from` on, in this line and the next ones. Outside an array that is all of the line. */
  #passOver(line: string, from: number): number {
    const rest = new Rest(line, this.#array !== undefined)
    const end = rest.endIn(line, from)
    this.#rest = end === undefined && rest.isOpen ? rest : undefined
    this.#comma = end !== undefined
    this.#trails = false
    return this.#array === undefined ? line.length : (end ?? line.length)
  }

  /** Refuses a value that came to nothing, and looks at the lines again that do not belong to it. */
  #giveUp(reason: string): void {
    const value = this.#value
    if (value === undefined) return
    this.#value = undefined
    this.#refuse(value.line, reason)
    this.#passOver(value.first, value.first.length - (value.lines[0] ?? '').length)
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
