import {readdirSync, readFileSync} from 'node:fs'
import {dirname, join, relative, resolve} from 'node:path'
import {describe, expect, test} from 'vitest'

const src = resolve(import.meta.dirname, '../src')

interface Source {
  /** The path within src. */
  readonly file: string
  /** The file without comments and strings. */
  readonly code: string
  /** What it imports: paths within src, and names of packages. */
  readonly imports: readonly string[]
}

const sources: readonly Source[] = readdirSync(src, {recursive: true, encoding: 'utf8'})
  .filter(file => file.endsWith('.ts') && !file.endsWith('.d.ts'))
  .map(read)

/** A room is a folder or a file; a file belongs to the first that its path begins with. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  'commands/': ['terminal/', 'engine/', '@oclif/core'],
  'terminal/': ['terminal/', 'engine/', '@oclif/core', 'chalk', 'execa', 'node:'],
  'engine/error.ts': [],
  'engine/expression/': ['engine/error.ts', 'engine/expression/', 'jsonata', 'node:timers', 'node:vm'],
  'engine/storage/sqlite/': [
    'engine/error.ts',
    'engine/storage/',
    'engine/documents/key.ts',
    'engine/documents/json.ts',
    'engine/documents/order.ts',
    'better-sqlite3',
    'node:',
  ],
  'engine/storage/': [
    'engine/error.ts',
    'engine/storage/storage.ts',
    'engine/storage/line.ts',
    'engine/storage/bounds.ts',
    'engine/storage/consumers.ts',
    'engine/storage/retention.ts',
    'engine/storage/replica.ts',
    'node:buffer',
    // What a document, a key and JSON are is known everywhere.
    'engine/documents/key.ts',
    'engine/documents/json.ts',
    'engine/documents/order.ts',
  ],
  'engine/documents/': [
    'engine/error.ts',
    'engine/told.ts',
    'engine/expression/',
    'engine/documents/',
    'engine/storage/storage.ts',
    'engine/storage/line.ts',
    'engine/storage/bounds.ts',
    'uuid',
    'node:',
  ],
  'engine/feed/': [
    'engine/error.ts',
    'engine/told.ts',
    'engine/expression/',
    'engine/documents/',
    'engine/feed/',
    'engine/storage/storage.ts',
    'engine/storage/line.ts',
    'engine/storage/line-event.ts',
    'engine/storage/bounds.ts',
    'node:timers',
  ],
  'engine/consumer/': [
    'engine/error.ts',
    'engine/documents/key.ts',
    'engine/consumer/',
    'engine/feed/',
    'engine/storage/storage.ts',
    'engine/storage/consumers.ts',
    'node:timers',
  ],
  'engine/sinks/': [
    'engine/error.ts',
    'engine/told.ts',
    'engine/consumer/origin.ts',
    'engine/sinks/',
    'engine/feed/',
    'engine/documents/json.ts',
    'engine/documents/key.ts',
    'engine/storage/storage.ts',
    'engine/storage/line.ts',
    'engine/storage/replica.ts',
    'engine/storage/sqlite/replica.ts',
    'execa',
    'string-argv',
    'amqplib',
    '@nats-io/',
    'node:',
  ],
  'engine/': ['engine/', 'node:path'],
  'index.ts': ['engine/'],
  'expression.ts': ['engine/'],
  'main.ts': ['commands/', 'terminal/', '@oclif/core', 'node:path', '../package.json'],
}

test('every file of src is in a room', () => {
  expect(sources.length).toBeGreaterThan(40)
  expect(sources.filter(source => roomOf(source) === undefined).map(source => source.file)).toEqual([])
})

describe('each room imports only what it may', () => {
  test.each(Object.entries(rooms))('%s', (room, allowed) => {
    const broken = sources
      .filter(source => roomOf(source) === room)
      .flatMap(({file, imports}) =>
        imports.filter(name => !allowed.some(start => name.startsWith(start))).map(name => `${file} imports ${name}`),
      )
    expect(broken).toEqual([])
  })

  test.each([
    ['better-sqlite3', 'engine/storage/sqlite/'],
    ['jsonata', 'engine/expression/'],
  ])('%s is imported by %s alone', (name, room) => {
    const importers = sources.filter(source => source.imports.includes(name))
    expect(importers.length).toBeGreaterThan(0)
    expect(importers.filter(source => !source.file.startsWith(room)).map(source => source.file)).toEqual([])
  })

  test('storage/sqlite is opened by store.ts, and by the sink into another file', () => {
    const importers = sources.filter(source => source.imports.some(name => name.startsWith('engine/storage/sqlite/')))
    expect(
      importers
        .map(source => source.file)
        .filter(file => !file.startsWith('engine/storage/sqlite/'))
        .sort(),
    ).toEqual(['engine/sinks/sqlite.ts', 'engine/store.ts'])
  })
})

test('the engine neither prints, exits nor reads the environment', () => {
  const engine = sources.filter(source => source.file.startsWith('engine/'))
  const broken = engine.filter(({code}) => /\bprocess\b|\bconsole\b/.test(code)).map(source => source.file)
  expect(broken).toEqual([])
})

test('there is no SQL outside of the SQLite engine', () => {
  const sql =
    /\b(SELECT\b.*\bFROM|INSERT (OR \w+ )?INTO|DELETE FROM|UPDATE \S+ SET|CREATE (TABLE|TRIGGER|INDEX)|PRAGMA|BEGIN IMMEDIATE)\b/
  const broken = sources.filter(
    ({file}) => !file.startsWith('engine/storage/sqlite/') && sql.test(readFileSync(join(src, file), 'utf8')),
  )
  expect(broken.map(source => source.file)).toEqual([])
})

test('no two rooms of the engine import each other', () => {
  // A folder within a room is a part of it.
  const folderOf = (file: string) =>
    file.startsWith('engine/storage/sqlite/')
      ? 'engine/storage/sqlite'
      : file.split('/').length > 2
        ? dirname(file)
        : file
  const arrows = new Set<string>()
  for (const {file, imports} of sources) {
    for (const name of imports) {
      // The words that documents and storage share.
      if (['engine/documents/key.ts', 'engine/documents/json.ts', 'engine/documents/order.ts'].includes(name)) continue
      if (name.startsWith('engine/') && file.startsWith('engine/') && folderOf(name) !== folderOf(file))
        arrows.add(`${folderOf(file)} > ${folderOf(name)}`)
    }
  }
  expect(arrows.size).toBeGreaterThan(3)
  expect([...arrows].filter(arrow => arrows.has(arrow.split(' > ').toReversed().join(' > ')))).toEqual([])
})

test('what is heavy is imported when it is used, and so is each sink', () => {
  const broken = sources
    .filter(({file}) => !file.startsWith('engine/sinks/exec-'))
    .flatMap(({file}) =>
      [
        ...readFileSync(join(src, file), 'utf8').matchAll(
          /^import (?!type\b)[^'\n]*'(jsonata|execa|.*\/storage\/sqlite\/sqlite\.ts|.*\/sinks\/(amqp|elasticsearch|exec|file|http|nats|sqlite)\.ts)'/gm,
        ),
      ].map(([line]) => `${file}: ${line}`),
    )
  expect(broken).toEqual([])
})

function roomOf({file}: Source): string | undefined {
  return Object.keys(rooms).find(room => file.startsWith(room))
}

function read(file: string): Source {
  const text = readFileSync(join(src, file), 'utf8')
  const names = [
    ...text.matchAll(/\bfrom\s+'([^']+)'|\bimport\s+'([^']+)'|\bimport\(\s*['"`]([^'"`]+)['"`]\s*\)/g),
  ].map(([, from, bare, dynamic]) => (from ?? bare ?? dynamic) as string)
  const imports = names.map(name => (name.startsWith('.') ? relative(src, resolve(src, dirname(file), name)) : name))
  const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '').replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
  return {file, code, imports}
}
