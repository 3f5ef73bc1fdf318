import {spawnSync} from 'node:child_process'
import Sqlite from 'better-sqlite3'

/** A program that runs SQL statements one after the other, and goes on after one that fails. */
export interface Writer {
  readonly name: string
  /** The version of its SQLite, or undefined when it is not installed. */
  readonly version: string | undefined
  /** What the statements that failed said, for each job by the statement's place. A statement has no line break. */
  run(jobs: readonly Job[]): readonly Failures[]
}

export interface Job {
  readonly file: string
  readonly statements: readonly string[]
}

export type Failures = Readonly<Record<number, string>>

const inProcess: Writer = {
  name: 'better-sqlite3',
  version: new Sqlite(':memory:').prepare('SELECT sqlite_version()').pluck().get() as string,
  run: jobs =>
    jobs.map(({file, statements}) => {
      const failures: Record<number, string> = {}
      const db = new Sqlite(file)
      for (const [index, statement] of statements.entries()) {
        try {
          db.exec(statement)
        } catch (error) {
          failures[index] = (error as Error).message
        }
      }
      db.close()
      return failures
    }),
}

const shell: Writer = {
  name: 'the sqlite3 shell',
  version: versionOf('sqlite3', '--version'),
  run: jobs =>
    jobs.map(({file, statements}) => {
      const {stderr, status} = spawnSync('sqlite3', ['-init', '/dev/null', file], {
        input: statements.map(statement => `${statement};\n`).join(''),
        encoding: 'utf8',
      })
      const failures = [...stderr.matchAll(/near line (\d+): (.*)/g)].map(([, line, text]) => [Number(line) - 1, text])
      if (status !== 0 && failures.length === 0) throw new Error(`the sqlite3 shell ended with ${status}: ${stderr}`)
      return Object.fromEntries(failures)
    }),
}

const python: Writer = {
  name: "python3's sqlite3",
  version: versionOf('python3', '-c', 'import sqlite3; print(sqlite3.sqlite_version)'),
  run(jobs) {
    const program = `
import json, sqlite3, sys
told = []
for job in json.load(sys.stdin):
    db = sqlite3.connect(job['file'], isolation_level=None)
    failures = {}
    for index, statement in enumerate(job['statements']):
        try: db.execute(statement)
        except sqlite3.Error as error: failures[index] = str(error)
    db.close()
    told.append(failures)
print(json.dumps(told))`
    const {stdout, stderr, status} = spawnSync('python3', ['-c', program], {
      input: JSON.stringify(jobs),
      encoding: 'utf8',
      maxBuffer: 1e9,
    })
    if (status !== 0) throw new Error(`python3 ended with ${status}: ${stderr}`)
    return JSON.parse(stdout)
  },
}

export const writers: readonly Writer[] = [inProcess, shell, python]

function versionOf(program: string, ...args: string[]): string | undefined {
  const {status, stdout} = spawnSync(program, args, {encoding: 'utf8'})
  return status === 0 ? stdout.split(' ')[0]?.trim() : undefined
}
