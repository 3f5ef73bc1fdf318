// Random documents: few keys and few values, so that documents collide and tie, but of every kind that JSON has.
import type {Random} from '../../support.ts'
import {canonical, type Doc, type Value} from './values.ts'

/**
 * Keys of all kinds; some differ in nothing but their type, and two are the same as doubles. No value of a document is that
 * double as well: where two numbers are one to an expression, nobody knows which of them its result means, and it fails.
 */
export const keys: readonly Value[] = [
  ...[0, 1, 2, 3, -1, 10, 2.5, 2n ** 54n - 1n, 2n ** 54n + 1n],
  ...['', '1', 'a', 'b', 'ü', '\ue000', '🦆', 'it"s\\', 'true'],
  ...[true, false, [], [1], [1, 'a'], ['a'], [true, [2]]],
]

export function randomDocument(random: Random, id = random.pick(keys)): Doc {
  return {
    id,
    ...Object.fromEntries(Object.keys(fields).flatMap(name => (random.chance(0.8) ? [field(random, name)] : []))),
    // Long documents are looked at in other ways.
    ...(random.chance(0.4) ? {filling: {text: '-'.repeat(250)}} : {}),
  }
}

/** Some fields, as an update brings them; of `o` some members. */
export function randomPatch(random: Random): Doc {
  const names = Object.keys(fields)
  return Object.fromEntries(Array.from({length: 1 + random.below(2)}, () => field(random, random.pick(names))))
}

/** The document as JSON in one of the ways in which another program might write it. */
export function spelled(random: Random, document: Doc): string {
  const {id, ...rest} = document
  const entries = random.chance(0.3) ? Object.entries(rest).toReversed() : Object.entries(rest)
  const members = entries.flatMap(([name, value]) => {
    const member = `${spelledText(random, name)}:${spelledValue(random, value)}`
    // Of two members with one name the last counts.
    return random.chance(0.05) ? [`${JSON.stringify(name)}:0`, member] : [member]
  })
  const first = `"id":${canonical(id as Value)}`
  return `{${(random.chance(0.7) ? [first, ...members] : [...members, first]).join(random.pick([',', ',', ', ']))}}`
}

const fields: Readonly<Record<string, readonly Value[]>> = {
  kind: ['a', 'b', 'c'],
  flag: [true, false],
  n: [0, 1, 2, 3, 4, 5, 6, 7],
  s: ['a', 'A', 'b', 'é', 7, null, '🦆', '\u0000', 'a\tb'],
  v: [
    ...[null, true, false, -1, 0, 1, 2, 3, 10, 2.5, -0.5, 0.1 + 0.2, 1e300, 1e-7],
    ...[2n ** 53n + 3n, 2n ** 53n + 5n, -(2n ** 53n) - 3n, 2n ** 63n, 12345678901234567890n],
    ...[
      '',
      'a',
      'A',
      'ab',
      'a\u0000b',
      'ü',
      '\ue000',
      '🦆',
      'it"s\\\n\u2028',
      `${'x'.repeat(210)}1`,
      `${'x'.repeat(210)}2`,
    ],
    ...[[], [1], [1, 'a'], [[]], ['a'], {}, {a: 1}, {a: 1, b: 2}, {a: 2}, {b: null}],
  ],
  x: [0, 1, 2, 'a', null, [1]],
  y: [0, 1],
}

function field(random: Random, name: string): [string, Value] {
  if (name !== 'x' && name !== 'y') return [name, random.pick(fields[name] as readonly Value[])]
  return [
    'o',
    Object.fromEntries(
      random.pick([['x'], ['y'], ['x', 'y'], []]).map(inner => [inner, random.pick(fields[inner] as readonly Value[])]),
    ),
  ]
}

function spelledText(random: Random, text: string): string {
  const escaped = text === '' ? '' : `\\u${text.charCodeAt(0).toString(16).padStart(4, '0')}`
  return random.chance(0.1) ? `"${escaped}${JSON.stringify(text.slice(1)).slice(1)}` : JSON.stringify(text)
}

function spelledValue(random: Random, value: Value): string {
  if (typeof value === 'string') return spelledText(random, value)
  return typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 100
    ? `${value}${random.pick(['', '', '.0', 'e0', '.00E+0'])}`
    : canonical(value)
}
