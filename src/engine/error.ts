/** Every way in which litefeed fails, as a closed list. */
export type ErrorCode =
  | 'MISUSE' // the caller asked for what cannot be
  | 'BAD_EXPRESSION' // a JSONata expression that does not parse
  | 'EXPRESSION_FAILED' // a JSONata expression that failed on a document or an event
  | 'NO_DATABASE' // the file does not exist
  | 'NO_TABLE' // the table does not exist
  | 'NOT_A_TABLE' // an SQL table that litefeed does not manage
  | 'NOT_A_DATABASE' // the file is something else
  | 'NEWER_FILE' // written by a newer litefeed
  | 'REPLACED' // the file was moved or replaced while a feed followed it
  | 'READ_ONLY' // the file or its directory cannot be written
  | 'BUSY' // another writer held the lock for longer than the busy timeout
  | 'FULL' // no space left
  | 'IO' // the operating system or SQLite failed otherwise
  | 'HISTORY_LOST' // a position that the log no longer holds, or does not hold yet
  | 'TAKEN' // a consumer that another process holds
  | 'NO_CONSUMER' // the consumer does not exist
  | 'UNDELIVERED' // a receiver refused an event for good
  | 'BAD_INPUT' // input that cannot be read on
  | 'CLOSED' // the database was closed before

/**
 * The one error that the engine throws. `message` names the thing, `hint` says what to do about it.
 * Refused documents are not errors of this kind: they are counted in the result of the write.
 */
export class LitefeedError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, options: {hint?: string | undefined; cause?: unknown} = {}) {
    super(message, options.cause === undefined ? undefined : {cause: options.cause})
    this.name = 'LitefeedError'
    this.code = code
    this.hint = options.hint
  }
}

/** Refuses what is none of these words: of a program in JavaScript it may be anything. */
export function checkChoice(name: string, value: unknown, choices: readonly string[]): void {
  if (value === undefined || choices.includes(value as string)) return
  throw new LitefeedError('MISUSE', `\`${name}\` is one of ${choices.join(', ')}, and ${shown(value)} is none`)
}

/** Refuses what is no whole number from `least` on. */
export function checkWhole(name: string, value: unknown, least: number): void {
  if (Number.isSafeInteger(value) && (value as number) >= least) return
  throw new LitefeedError('MISUSE', `\`${name}\` must be a whole number from ${least} on, not ${shown(value)}`)
}

/** A value as an error shows it. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
