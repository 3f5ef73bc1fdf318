import {LitefeedError} from '../../error.ts'

/** Whether the error says that another process has the lock. */
export function isBusy(error: unknown): boolean {
  return /^SQLITE_(BUSY|LOCKED)/.test(codeOf(error))
}

/** Makes an error that names the file and says what to do of what SQLite said. https://sqlite.org/rescode.html */
export function explain(error: unknown, file: string): unknown {
  if (error instanceof TypeError && /connection is not open/.test(error.message))
    return new LitefeedError('CLOSED', `${file} was closed`, {cause: error})
  const code = codeOf(error)
  const known = failures.find(([pattern]) => pattern.test(code))
  if (known === undefined) return error
  const [, kind, message, hint] = known
  return new LitefeedError(kind, message(file, (error as Error).message), {hint, cause: error})
}

/** Whether SQLite refused the value itself, not the attempt: it is too much, or the application has made a rule that forbids it. */
export function isRefusal(error: unknown): boolean {
  return codeOf(error).startsWith('SQLITE_CONSTRAINT') || isTooMuch(error)
}

/** Whether a document is too deep for SQLite's JSON parser, or too long. */
export function isTooMuch(error: unknown): boolean {
  return /^SQLITE_(CONSTRAINT_CHECK|TOOBIG)/.test(codeOf(error)) || error instanceof RangeError
}

/** Whether one of SQLite's JSON functions was given a text that is no JSON, or is nested too deeply for it. */
export function isMalformed(error: unknown): boolean {
  return codeOf(error) === 'SQLITE_ERROR' && /malformed JSON/.test((error as Error).message)
}

/** Whether SQLite cannot make sense of a statement or the schema: for one, it names what is not there. */
export function isMisunderstood(error: unknown): boolean {
  return codeOf(error) === 'SQLITE_ERROR'
}

/** Whether a statement names a table that is not there. */
export function isWithoutTable(error: unknown): boolean {
  return codeOf(error) === 'SQLITE_ERROR' && /^no such table: /.test((error as Error).message)
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : ''
}

type Failure = readonly [RegExp, LitefeedError['code'], (file: string, message: string) => string, hint?: string]

const failures: readonly Failure[] = [
  [
    /^SQLITE_(BUSY|LOCKED)/,
    'BUSY',
    file => `${file} is locked: another writer has held it for more than 5 s`,
    'try again, or look for a transaction that was left open',
  ],
  [/^SQLITE_NOTADB/, 'NOT_A_DATABASE', file => `${file} is not an SQLite database`, 'name another file with --db'],
  [
    /^SQLITE_FULL/,
    'FULL',
    file => `no space left to write ${file}`,
    'free some space; everything that was committed is there',
  ],
  [
    /^SQLITE_READONLY/,
    'READ_ONLY',
    file => `${file} cannot be written: the file, its directory or its file system is read-only`,
    'also to be read it needs a place beside it for its -shm; copy it to one',
  ],
  [
    /^SQLITE_(CANTOPEN|PERM|AUTH)/,
    'IO',
    file => `${file} cannot be opened`,
    'are the file and its directory readable and writable by this user?',
  ],
  [/^SQLITE_CORRUPT/, 'IO', (file, message) => `${file} is damaged: ${message}`, "see SQLite's .recover"],
  [/^SQLITE_IOERR/, 'IO', (file, message) => `${file} cannot be read or written: ${message}`],
  [/^SQLITE_/, 'IO', (file, message) => `${file}: ${message}`],
]
