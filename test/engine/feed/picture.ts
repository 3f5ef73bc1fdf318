// What the events of a feed make, for whoever applies them; an event that does not fit is a failure.
import {expect} from 'vitest'
import type {Kind} from './kinds.ts'
import type {Event} from './predict.ts'
import {canonical, type Value} from './values.ts'

/** A line of a feed. */
export interface Line extends Omit<Event, 'type'> {
  readonly type: Event['type'] | 'initial' | 'uninitial' | 'state' | 'heartbeat'
  readonly state?: 'initializing' | 'ready'
  readonly ts_ms?: number
}

/** What one document of a set is to a client. */
export interface Held {
  readonly table: string
  readonly key: Value
  readonly value: Value
}

/** What a client holds, so that it can be compared with what is there. */
export interface Picture {
  readonly held: Value[]
  take(line: Line): void
}

export function pictureOf(kind: Kind): Picture {
  if (kind.window === undefined) return new SetPicture(kind)
  return kind.window.offsets ? new OrderedPicture() : new BagPicture()
}

/** The same for events that are there already. */
export function heldAfter(kind: Kind, lines: readonly Line[]): Held[] {
  const picture = new SetPicture(kind)
  for (const line of lines) picture.take(line)
  return picture.documents
}

/** A set: each document by its key. What an event says was there must be what was told before. */
class SetPicture implements Picture {
  readonly #kind: Kind
  readonly #held = new Map<string, Held>()

  constructor(kind: Kind) {
    this.#kind = kind
  }

  get held(): Value[] {
    return this.documents.map(({value}) => value)
  }

  get documents(): Held[] {
    return [...this.#held.values()]
  }

  take(line: Line): void {
    expect(line, 'offsets are for windows').not.toHaveProperty('new_offset')
    const {table, key, old_val, new_val} = checked(line)
    const name = `${table} ${canonical(key)}`
    expect(this.#held.get(name)?.value ?? null, `what ${JSON.stringify(line.type)} says was there`).toEqual(old_val)
    if (line.type === 'initial' && new_val === null) expect(this.#kind.keys, 'a feed of keys').toBeDefined()
    if (new_val === null) this.#held.delete(name)
    else this.#held.set(name, {table, key, value: new_val})
  }
}

/** A window with offsets: an array. */
class OrderedPicture implements Picture {
  readonly #held: Value[] = []

  get held(): Value[] {
    return [...this.#held]
  }

  take(line: Line): void {
    const {old_val, new_val, old_offset = null, new_offset = null} = checked(line)
    if (line.type === 'initial') {
      expect(line).not.toHaveProperty('old_offset')
      expect(new_offset, 'initial documents come in order').toBe(this.#held.length)
    } else expect(line).toHaveProperty('old_offset')
    expect(old_offset === null, 'old_offset is there with old_val').toBe(old_val === null)
    expect(new_offset === null, 'new_offset is there with new_val').toBe(new_val === null)
    if (old_offset !== null) expect(this.#held.splice(old_offset, 1), 'at old_offset').toEqual([old_val])
    if (new_offset === null) return
    expect(new_offset).toBeLessThanOrEqual(this.#held.length)
    this.#held.splice(new_offset, 0, new_val)
  }
}

/** A window without offsets: what is in it, but nobody says where. */
class BagPicture implements Picture {
  readonly #held: Value[] = []

  get held(): Value[] {
    return [...this.#held]
  }

  take(line: Line): void {
    expect(line, 'offsets are for those who ask').not.toHaveProperty('new_offset')
    const {old_val, new_val} = checked(line)
    const at = this.#held.findIndex(value => canonical(value) === canonical(old_val))
    if (old_val !== null) {
      expect(at, `${canonical(old_val)} is in the window`).not.toBe(-1)
      this.#held.splice(at, 1)
    }
    if (new_val !== null) this.#held.push(new_val)
  }
}

/** Holds what an event says against itself; a side that it does not have is null. */
function checked(line: Line): Line {
  const {type, old_val = null, new_val = null, old_offset, new_offset} = line
  const sides = {add: [false, true], change: [true, true], remove: [true, false]}[type as Event['type']]
  expect('old_val' in line, 'old_val is told').toBe(type !== 'initial')
  expect('new_val' in line, 'new_val is told').toBe(type !== 'uninitial')
  if (sides !== undefined) expect([old_val !== null, new_val !== null], `the sides of ${type}`).toEqual(sides)
  if (canonical(old_val) === canonical(new_val) && old_val !== null)
    expect(old_offset, 'an event whose sides are equal is none, unless it moved').not.toBe(new_offset)
  return {...line, old_val, new_val}
}
