import {spawn} from 'node:child_process'
import {join} from 'node:path'
import Sqlite, {SqliteError} from 'better-sqlite3'
import {documentText} from './datasets.ts'
import {litefeed, quantile, type Row, seconds, writeLines} from './support.ts'

const count = 500_000

/** How long another writer finds the file locked at a stretch while a long log is shortened: asked as fast as one can. */
export async function prune(directory: string): Promise<Row[]> {
  const input = join(directory, 'prune.ndjson')
  await writeLines(input, count, id => documentText(id, 57))
  await seconds(litefeed('insert', 'docs', '--db', 'prune.db'), {input, cwd: directory})
  const [program, ...args] = litefeed('prune', '--keep', '1000', '--db', 'prune.db') as [string, ...string[]]
  using database = closing(new Sqlite(join(directory, 'prune.db'), {timeout: 0}))
  const [begin, end] = ['BEGIN IMMEDIATE', 'ROLLBACK'].map(sql => database.prepare(sql)) as [Statement, Statement]
  const child = spawn(program, args, {cwd: directory, stdio: 'ignore'})
  const ended = new Promise<boolean>(resolve => child.on('close', () => resolve(true)))
  const spans: number[] = []
  let since: number | undefined
  while (!(await Promise.race([ended, new Promise(resolve => setImmediate(resolve))]))) {
    for (let attempt = 0; attempt < 200; attempt++) {
      const now = performance.now()
      if (isLocked(begin, end)) since ??= now
      else if (since !== undefined) {
        spans.push(now - since)
        since = undefined
      }
    }
  }
  return [
    {
      measure: `prune ${count / 1000} k changes: how long the write lock is held, p50 / longest (less is better)`,
      ours: `${quantile(spans, 0.5).toFixed(1)} ms / ${Math.max(...spans).toFixed(1)} ms`,
      baseline: '',
      ratio: '',
      target: '20 ms',
    },
  ]
}

type Statement = Sqlite.Statement<[]>

function isLocked(begin: Statement, end: Statement): boolean {
  try {
    begin.run()
    end.run()
    return false
  } catch (error) {
    if (error instanceof SqliteError && error.code === 'SQLITE_BUSY') return true
    throw error
  }
}

function closing(database: Sqlite.Database) {
  return Object.assign(database, {[Symbol.dispose]: () => void database.close()})
}
