import type {FileHandle} from 'node:fs/promises'
import {LitefeedError} from '../error.ts'
import type {Position} from '../storage/storage.ts'

/**
 * The last line, parsed; undefined when there is none, null when it is no JSON. What follows the last newline is cut off when a crash
 * can have left it: the beginning of an event, or with `map`, after a line of JSON, that of another one. Throws MISUSE when it is
 * anything else, which is none of litefeed's.
 */
export async function lastLine(file: FileHandle, path: string, isMapped: boolean): Promise<unknown> {
  const {size} = await file.stat()
  let tail = Buffer.alloc(0)
  let [begin, end] = [-1, -1]
  let at = size
  while (at > 0 && begin === -1) {
    const length = Math.min(at, 65_536)
    at -= length
    const chunk = Buffer.alloc(length)
    await file.read(chunk, 0, length, at)
    tail = Buffer.concat([chunk, tail])
    end = tail.lastIndexOf(10)
    begin = end < 1 ? -1 : tail.lastIndexOf(10, end - 1)
  }
  const last = end === -1 ? undefined : parse(tail.toString('utf8', begin + 1, end))
  const rest = tail.subarray(end + 1)
  if (rest.length > 0) {
    if (!isTornEvent(rest) && !(isMapped && last != null && isTornJson(rest)))
      throw new LitefeedError(
        'MISUSE',
        `${path} does not end with a line break, and how it ends is no torn line of a pipe`,
        {
          hint: 'end it with a line break, or name another file',
        },
      )
    await file.truncate(at + end + 1)
  }
  return last
}

/** Where, of the events that the file ends with, those after a position begin. */
export async function beginAfter(file: FileHandle, position: Position): Promise<number> {
  const {size} = await file.stat()
  let begin = size
  for (let at = size; at > 0; ) {
    const length = Math.min(at, 65_536)
    at -= length
    // What is to be seen of a line that begins at the end is read as well.
    const chunk = Buffer.alloc(length + 64)
    await file.read(chunk, 0, chunk.length, at)
    for (let end = length; ; ) {
      end = end === 0 ? -1 : chunk.lastIndexOf(10, end - 1)
      if (end === -1 && at > 0) break
      if (at + end + 1 < size) {
        const [, seq] = /^\{"seq":(\d+),/.exec(chunk.toString('latin1', end + 1, end + 33)) ?? []
        if (seq === undefined || Number(seq) <= position) return begin
        begin = at + end + 1
      }
      if (end === -1) break
    }
  }
  return begin
}

/** How many bytes of a text are whole lines that another one begins with, too. */
export function sameLines(text: Buffer, other: Buffer): number {
  if (text.equals(other)) return text.length
  const most = Math.min(text.length, other.length)
  let same = 0
  while (same < most && text[same] === other[same]) same++
  return same === 0 ? 0 : text.lastIndexOf(10, same - 1) + 1
}

/** Whether a text without a line break is how an event begins, or a piece of that. */
function isTornEvent(text: Buffer): boolean {
  const begin = text.toString('utf8', 0, 64).replace(/^\{"seq":\d+/, '{"seq":0')
  return begin.startsWith(eventBegin) || eventBegin.startsWith(begin)
}

/** Whole JSON may be what somebody else has left without a line break. */
function isTornJson(text: Buffer): boolean {
  return /^["{[tfn\d-]/.test(text.toString('utf8', 0, 1)) && parse(text.toString()) === null
}

const eventBegin = '{"seq":0,"ts_ms":'

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
