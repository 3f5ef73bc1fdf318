// A client that follows a feed and believes what it is told, so that what it holds can be compared with what is there.
import {expect} from 'vitest'
import type {Store} from '../../../src/engine/store.ts'
import {type Kind, optionsOf, type SetOptions} from './kinds.ts'
import type {Event} from './predict.ts'
import {canonical, parseExactly, type Value} from './values.ts'

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

/** What a feed with its initial part has told so far. */
export class Client {
  readonly kind: Kind
  /** The lines before `ready`, and after it, without states and heartbeats. */
  readonly before: Line[] = []
  readonly after: Line[] = []
  /** The position of `ready`, and what was held then. */
  ready: number | undefined
  heldAtReady: Value[] = []
  readonly #picture: Picture
  readonly #abort = new AbortController()
  readonly #ended: Promise<void>
  #position = -1
  #waiting: {position: number; resolve: () => void} | undefined
  readonly #begun = Promise.withResolvers<void>()

  /** `pause` is waited for after each batch of the initial part, as a client that is slow would do. */
  constructor(store: Store, kind: Kind, pause: () => Promise<void> = async () => {}) {
    this.kind = kind
    this.#picture = pictureOf(kind)
    this.#ended = this.#follow(store, pause)
    // Whoever waits for a position is told.
    this.#ended.catch(() => {})
  }

  /** What it holds: of a window in its order. */
  get held(): Value[] {
    return this.#picture.held
  }

  /** Waits until the feed says that it has told the changes up to a position. */
  async upTo(position: number): Promise<void> {
    if (this.#position >= position) return
    const {promise, resolve} = Promise.withResolvers<void>()
    this.#waiting = {position, resolve}
    await this.#orEnd(promise)
  }

  /** Waits for `ready`. */
  async begun(): Promise<void> {
    await this.#orEnd(this.#begun.promise)
  }

  async stop(): Promise<void> {
    this.#abort.abort()
    await this.#ended
  }

  async #orEnd(promise: Promise<void>): Promise<void> {
    await Promise.race([promise, this.#ended.then(() => Promise.reject(new Error('the feed ended')))])
  }

  async #follow(store: Store, pause: () => Promise<void>): Promise<void> {
    const options: SetOptions = {
      ...optionsOf(this.kind),
      includeInitial: true,
      includeStates: true,
      heartbeat: 2,
      signal: this.#abort.signal,
    }
    for await (const {lines} of store.changes(options).batches()) {
      for (const line of parseLines(lines)) this.#take(line)
      if (this.ready === undefined) await pause()
    }
  }

  #take(line: Line): void {
    if (line.type === 'heartbeat') {
      expect(line.seq, 'the position of a heartbeat').toBeGreaterThanOrEqual(Math.max(this.#position, this.ready ?? 0))
      this.#position = line.seq
      if (this.#waiting !== undefined && this.#waiting.position <= line.seq) this.#waiting.resolve()
    } else if (line.type === 'state') {
      expect(this.ready, 'ready comes once, and last').toBeUndefined()
      if (line.state === 'initializing') expect(this.before, 'initializing comes first').toEqual([])
      else {
        this.ready = line.seq
        this.heldAtReady = this.held
        this.#begun.resolve()
      }
    } else {
      ;(this.ready === undefined ? this.before : this.after).push(line)
      expect(line, 'what may be told').toSatisfy(({type}: Line) =>
        this.ready === undefined ? type !== 'remove' : type !== 'initial' && type !== 'uninitial',
      )
      this.#picture.take(line)
    }
  }
}

/** The same for events that are there already. */
export function heldAfter(kind: Kind, lines: readonly Line[]): Held[] {
  const picture = new SetPicture(kind)
  for (const line of lines) picture.take(line)
  return picture.documents
}

export function parseLines(lines: Uint8Array): Line[] {
  return new TextDecoder()
    .decode(lines)
    .split('\n')
    .flatMap(line => (line === '' ? [] : [parseExactly(line) as unknown as Line]))
}

interface Picture {
  readonly held: Value[]
  take(line: Line): void
}

function pictureOf(kind: Kind): Picture {
  if (kind.window === undefined) return new SetPicture(kind)
  return kind.window.offsets ? new OrderedPicture() : new BagPicture()
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
