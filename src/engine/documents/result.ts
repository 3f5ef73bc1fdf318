import {oneLine} from '../storage/line.ts'
import type {Outcome, Position, Write} from '../storage/storage.ts'
import {type Document, Refusal} from './document.ts'
import {keyText} from './key.ts'

/** What a write did, in RethinkDB's words, and the position of the log that it reached. https://rethinkdb.com/api/javascript/insert/ */
export interface WriteResult {
  readonly deleted: number
  /** Documents that were refused. */
  readonly errors: number
  readonly inserted: number
  readonly replaced: number
  /** Keys that were not there, or, inserting with conflict `skip`, that were. */
  readonly skipped: number
  readonly unchanged: number
  readonly seq: Position
  readonly first_error?: string
  /** The ids that were made for documents without one, in their order; at most 100,000. */
  readonly generated_keys?: readonly string[]
  /** With returnChanges; at most 100,000. */
  readonly changes?: readonly {readonly old_val: Document | null; readonly new_val: Document | null}[]
  readonly warnings?: readonly string[]
}

/** Adds up what a write does, batch by batch. */
export class Tally {
  deleted = 0
  errors = 0
  inserted = 0
  replaced = 0
  skipped = 0
  unchanged = 0
  seq: Position = 0
  firstError: string | undefined
  readonly #generated: string[] = []
  #generatedCount = 0
  readonly #changes: string[] | undefined
  #changeCount = 0

  constructor(returnChanges: boolean) {
    this.#changes = returnChanges ? [] : undefined
  }

  /** Documents dealt with so far. */
  get documents(): number {
    return this.deleted + this.errors + this.inserted + this.replaced + this.skipped + this.unchanged
  }

  /** Counts what became of one write. Returns why it was refused, if it was. */
  add(write: Write, generated: boolean, {old, verdict}: Outcome): string | undefined {
    switch (verdict.kind) {
      case 'inserted':
        this.inserted++
        if ('insert' in write) this.#change(null, write.insert)
        if (generated) this.#generate(String(write.key))
        return undefined
      case 'store':
        if (old === null) this.inserted++
        else this.replaced++
        this.#change(old, verdict.text)
        if (generated) this.#generate(String(write.key))
        return undefined
      case 'remove':
        if (old === null) this.skipped++
        else {
          this.deleted++
          this.#change(old, null)
        }
        return undefined
      case 'taken':
        return this.refuse(`duplicate primary key \`id\`: ${keyText(write.key)}`)
      case 'refused':
        return this.refuse(verdict.reason)
      case 'unchanged':
        this.unchanged++
        return undefined
      case 'skipped':
        this.skipped++
        return undefined
      case 'moved':
        return undefined
    }
  }

  /** Counts a document that was refused before it came to a write. */
  refuse(reason: string): string {
    this.errors++
    this.firstError ??= reason
    return reason
  }

  /** The result so far as JSON, the documents in it as they are stored. */
  text(): string {
    const {deleted, errors, inserted, replaced, skipped, unchanged, seq} = this
    const counts = JSON.stringify({deleted, errors, inserted, replaced, skipped, unchanged, seq})
    const extras: string[] = []
    if (this.firstError !== undefined) extras.push(`"first_error":${JSON.stringify(this.firstError)}`)
    if (this.#generated.length > 0) extras.push(`"generated_keys":${JSON.stringify(this.#generated)}`)
    if (this.#changes !== undefined) extras.push(`"changes":[${this.#changes.join(',')}]`)
    const warnings = this.#warnings()
    if (warnings.length > 0) extras.push(`"warnings":${JSON.stringify(warnings)}`)
    return `${[counts.slice(0, -1), ...extras].join(',')}}`
  }

  result(): WriteResult {
    return JSON.parse(this.text())
  }

  #generate(key: string): void {
    this.#generatedCount++
    if (this.#generated.length < listLimit) this.#generated.push(key)
  }

  #change(old: string | null, next: string | null): void {
    if (this.#changes === undefined) return
    this.#changeCount++
    if (this.#changes.length < listLimit) this.#changes.push(`{"old_val":${oneLine(old)},"new_val":${oneLine(next)}}`)
  }

  #warnings(): string[] {
    const warnings: string[] = []
    if (this.#generatedCount > listLimit)
      warnings.push(`${this.#generatedCount} keys were generated, the first ${listLimit} are listed`)
    if (this.#changeCount > listLimit)
      warnings.push(`${this.#changeCount} documents changed, the first ${listLimit} are listed`)
    return warnings
  }
}

/** Why the document was refused, when the error says so; otherwise the error is thrown on. */
export function refusalReason(error: unknown): string {
  if (error instanceof Refusal) return error.message
  throw error
}

/** RethinkDB's limit for arrays: https://rethinkdb.com/limitations/ */
const listLimit = 100_000
