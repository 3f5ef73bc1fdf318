import {isAscii} from 'node:buffer'
import {canonicalKey} from '../documents/key.ts'
import type {ChangeType, RawEvent} from './line.ts'
import type {Change} from './storage.ts'

/**
 * A change as the finished line that it is told by. What somebody asks for is cut out of the line: most is never asked for,
 * and to make lines where they are stored is several times faster than to fetch the parts.
 *
 * It holds on to the text of all lines that were read with it, so it is not to be kept for long.
 */
export class LineEvent implements RawEvent, Change {
  readonly #text: string
  readonly #start: number
  /** Behind the newline. */
  readonly #end: number
  /** Undefined until somebody asks for what is behind it. */
  #type: ChangeType | undefined
  #old = 0
  #new = 0
  #header: Header | undefined

  constructor(text: string, start: number, end: number) {
    this.#text = text
    this.#start = start
    this.#end = end
  }

  /** With its newline. */
  get line(): string {
    return this.#text.slice(this.#start, this.#end)
  }

  get seq(): number {
    const start = this.#start + '{"seq":'.length
    return Number(this.#text.slice(start, this.#text.indexOf(',', start)))
  }

  get ts_ms(): number {
    return this.#read().ts_ms
  }

  get table(): string {
    return this.#read().table
  }

  get key(): string {
    const start = this.#text.indexOf(',"key":', this.#start) + ',"key":'.length
    return canonicalKey(this.#text.slice(start, this.#text.indexOf(',"type":"', start)))
  }

  get type(): ChangeType {
    return this.#type ?? this.#locate()
  }

  get old_val(): string | null {
    const type = this.#type ?? this.#locate()
    if (type === 'add') return null
    return this.#text.slice(
      this.#old,
      type === 'remove' ? this.#end - `${next}null}\n`.length : this.#new - next.length,
    )
  }

  get new_val(): string | null {
    const type = this.#type ?? this.#locate()
    return type === 'remove' ? null : this.#text.slice(this.#new, this.#end - '}\n'.length)
  }

  /** Of a change from one value to another: the same without its old value, or without its new one. */
  withoutSide(side: 'old_val' | 'new_val'): LineEvent {
    this.#locate()
    const text = this.#text
    const head = text.slice(this.#start, this.#old - 'change","old_val":'.length)
    const line =
      side === 'old_val'
        ? `${head}add","old_val":null${text.slice(this.#new - next.length, this.#end)}`
        : `${head}remove","old_val":${text.slice(this.#old, this.#new)}null}\n`
    return new LineEvent(line, 0, line.length)
  }

  /** No string of JSON has an unescaped quote in it, so what is looked for is a field; the first old_val is the event's own. */
  #locate(): ChangeType {
    const text = this.#text
    const field = text.indexOf(',"old_val":', this.#start)
    // The last letter but one of the type.
    const type = types[text.charAt(field - 3) as 'd' | 'g' | 'v']
    this.#old = field + ',"old_val":'.length
    this.#new = type === 'remove' ? 0 : this.#endOfOld(type) + next.length
    this.#type = type
    return type
  }

  #endOfOld(type: ChangeType): number {
    const [text, start] = [this.#text, this.#old]
    if (type === 'add') return start + 'null'.length
    const end = this.#findNext(start)
    // Documents may have a field of this name, too.
    return this.#findNext(end + next.length) === -1 ? end : (commaBehindValue(text, start, this.#end) ?? end)
  }

  /** Where `next` is in this line, from there on, or -1. What is looked for begins with a rare character, which is found much sooner. */
  #findNext(from: number): number {
    const text = this.#text
    for (let at = text.indexOf('_val":', from); at !== -1 && at < this.#end; at = text.indexOf('_val":', at + 1))
      if (text.startsWith(',"new', at - ',"new'.length)) return at - ',"new'.length
    return -1
  }

  #read(): Header {
    if (this.#header !== undefined) return this.#header
    const end = this.#text.indexOf(',"key":', this.#start)
    const header: Header = JSON.parse(`${this.#text.slice(this.#start, end)}}`)
    this.#header = header
    return header
  }
}

interface Header {
  readonly ts_ms: number
  readonly table: string
}

/** The events of whole lines, UTF-8. */
export function lineEvents(lines: Uint8Array): LineEvent[] {
  const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength)
  const text = bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8')
  const events: LineEvent[] = []
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start) + 1
    events.push(new LineEvent(text, start, end))
    start = end
  }
  return events
}

const next = ',"new_val":'
const types = {d: 'add', g: 'change', v: 'remove'} as const

/** Where the comma behind the value is that begins here, or before it; undefined where the value is no JSON. */
function commaBehindValue(text: string, start: number, end: number): number | undefined {
  let depth = 0
  for (let at = start; at < end; at++) {
    const character = text.charAt(at)
    if (character === '"') at = endOfString(text, at)
    else if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') depth--
    else if (character === ',' && depth === 0) return at
  }
  return undefined
}

/** Where its closing quote is. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1
  return at
}
