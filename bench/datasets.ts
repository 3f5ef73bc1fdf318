import {readFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import {join} from 'node:path'
import {writeLines} from './support.ts'

/** Documents to measure with, and what to ask of them. */
export interface Dataset {
  readonly name: string
  readonly count: number
  /** How often each is changed: often enough that the start of a process does not count. */
  readonly rounds: number
  /** Undefined when they are not installed. */
  write(file: string): Promise<void> | undefined
  /** True for about 1 of 100. */
  readonly equality: {readonly field: string; readonly value: number}
  /** A field that each change makes another number, which is less in about 1 of 90; the parameter counts the rounds. */
  readonly changing: {readonly field: string; readonly sql: string}
}

/** `npm ci --prefix bench --ignore-scripts` brings them. */
const flights: Dataset = {
  name: 'the 200 k flights',
  count: 200_000,
  rounds: 2,
  write(file) {
    let text: string
    try {
      const main = createRequire(import.meta.url).resolve('vega-datasets')
      text = readFileSync(
        join(main.slice(0, main.lastIndexOf('vega-datasets')), 'vega-datasets/data/flights-200k.json'),
        'utf8',
      )
    } catch {
      return undefined
    }
    const documents: readonly object[] = JSON.parse(text)
    return writeLines(file, documents.length, id => JSON.stringify({id, ...documents[id]}))
  },
  equality: {field: 'distance', value: 405},
  changing: {field: 'delay', sql: `CASE WHEN (id + ?) % 90 = 0 THEN -1 ELSE 1 END + (doc ->> '$.delay')`},
}

export const datasets: readonly Dataset[] = [
  flights,
  synthetic('200 B', 200_000, 1, 85),
  synthetic('1 kB', 50_000, 2, 880),
  synthetic('10 kB', 10_000, 2, 9880),
]

function synthetic(size: string, count: number, rounds: number, padding: number): Dataset {
  return {
    name: `${count / 1000} k documents of ${size}`,
    count,
    rounds,
    write: file => writeLines(file, count, id => documentText(id, padding)),
    equality: {field: 'room_id', value: 7},
    changing: {field: 'age', sql: '(id + 1 + ?) % 90'},
  }
}

/** A document of about 115 bytes, and so many more. */
export function documentText(id: number, padding: number): string {
  const user = `user${id}`
  const bio = 'x'.repeat(padding)
  return JSON.stringify({
    id,
    name: user,
    email: `${user}@example.com`,
    age: id % 90,
    tags: ['a', 'b'],
    bio,
    room_id: id % 100,
  })
}
