// A client that follows a feed and believes what it is told.
import {expect} from 'vitest'
import type {Store} from '../../../src/engine/store.ts'
import {type Kind, type KindOptions, optionsOf} from './kinds.ts'
import {type Line, type Picture, pictureOf} from './picture.ts'
import {parseExactly, type Value} from './values.ts'

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
  #told = -1
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
    const options: KindOptions = {
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
      if (this.ready !== undefined) {
        expect(line.seq, 'positions never fall').toBeGreaterThanOrEqual(this.#told)
        this.#told = line.seq
      }
      this.#picture.take(line)
    }
  }
}

export function parseLines(lines: Uint8Array): Line[] {
  return new TextDecoder()
    .decode(lines)
    .split('\n')
    .flatMap(line => (line === '' ? [] : [parseExactly(line) as unknown as Line]))
}
