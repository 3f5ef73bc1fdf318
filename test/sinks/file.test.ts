import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {appendFileSync, existsSync, linkSync, readFileSync, renameSync, symlinkSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {expect, test} from 'vitest'
import {
  command,
  consumer,
  databaseWith,
  execute,
  finished,
  jsonLines,
  type Line,
  library,
  litefeed,
  log,
  newDirectory,
  write,
} from '../e2e/support.ts'
import {Random, rounds} from '../support.ts'
import {busyTable, deliver, killed, startPipe} from './support.ts'

const linesOf = (file: string): Line[] => jsonLines(readFileSync(file, 'utf8'))
const newFile = () => join(newDirectory(), 'out.ndjson')

test('killed at any moment, the file is the log: its last line says where to go on', async () => {
  const random = new Random()
  const db = await databaseWith({t: [{id: 'k0'}]})
  const file = newFile()
  for (let round = 0; round < rounds(2); round++) {
    busyTable(db, 20_000, random)
    await killed(random, 3, db, `file:${file}`, ...(round % 2 === 0 ? ['--as', 'x'] : []))
  }
  expect(linesOf(file)).toEqual(await log(db))
})

test('a line that a crash has torn is written anew', async () => {
  const db = await databaseWith({t: [{id: 1}, {id: 2}, {id: 3}]})
  const file = newFile()
  await deliver(db, `file:${file}`, '--take', '2')
  appendFileSync(file, '{"seq":3,"ts_ms":17')
  expect(await deliver(db, `file:${file}`)).toMatchObject({status: 0, stderr: ''})
  expect(linesOf(file)).toEqual(await log(db))
  writeFileSync(file, '{"seq":1')
  await deliver(db, `file:${file}`)
  expect(linesOf(file)).toEqual(await log(db))
})

test('what no pipe has written is not cut off', async () => {
  const db = await databaseWith({t: [{id: 1}, {id: 2}]})
  const file = newFile()
  for (const text of ['my notes', '{"a":1}\n{"b":2}', '{"a":1}\nmy notes', '{"seq":1}', '{"seq":1,"of":"mine"}']) {
    writeFileSync(file, text)
    for (const args of [[], ['--take', '1', '--as', 'x'], ['--map', 'key', '--as', 'new']])
      expect(await deliver(db, `file:${file}`, ...args), text).toMatchObject({
        status: 2,
        stderr: expect.stringContaining('does not end with a line break'),
      })
    expect(readFileSync(file, 'utf8')).toBe(text)
  }
  // Lines of map may be any JSON.
  const own = newFile()
  await deliver(db, `file:${own}`, '--map', 'key', '--as', 'mapped')
  appendFileSync(own, '"to')
  await write(db, 't', t => t.insert({id: 3}))
  expect(await deliver(db, `file:${own}`, '--map', 'key', '--as', 'mapped')).toMatchObject({status: 0, stderr: ''})
  expect(readFileSync(own, 'utf8')).toBe('1\n2\n3\n')
})

test('the database that the changes come from is refused, by any name, and so is what SQLite keeps beside it', async () => {
  const db = await databaseWith({t: [{id: 1}, {id: 2}]})
  const directory = newDirectory()
  const [hard, soft, beside] = ['hard.db', 'soft.db', 'beside'].map(name => join(directory, name)) as [
    string,
    string,
    string,
  ]
  linkSync(db, hard)
  symlinkSync(db, soft)
  symlinkSync(dirname(db), beside)
  const before = readFileSync(db)
  const names = [db, hard, soft, `${db}-wal`, `${db}-shm`, `${db}-journal`, join(beside, 'test.db-wal'), `//${db}`]
  for (const name of names) {
    const refusal = {status: 2, stderr: expect.stringContaining('is part of the database')}
    expect(await deliver(db, `file:${name}`), name).toMatchObject(refusal)
    expect(await deliver(db, 'exec:cat', '--on-poison', 'dlq', '--dlq', name.replace('//', '')), name).toMatchObject(
      refusal,
    )
  }
  expect(await deliver(soft, `file:${db}-wal`)).toMatchObject({status: 2})
  const copy = join(directory, 'copy.db')
  expect(await deliver(db, `sqlite:${copy}`, '--on-poison', 'dlq', '--dlq', copy)).toMatchObject({status: 2})
  expect(readFileSync(db)).toEqual(before)
})

test('what follows // is a path from the root, or is refused', async () => {
  const db = await databaseWith({t: [{id: 1}]})
  const file = newFile()
  expect(await deliver(db, `file://localhost${file}`)).toMatchObject({status: 0})
  expect(linesOf(file)).toHaveLength(1)
  for (const to of ['file://rel/x.ndjson', 'sqlite://copy.db', 'file://a b', 'file:///%ff'])
    expect(await deliver(db, to), to).toMatchObject({status: 2, stderr: expect.stringContaining('names no file')})
})

test('an initial part that is told again without a name does not say what is gone since', async () => {
  const db = await databaseWith({t: [{id: 1}, {id: 2}]})
  const to = `file:${newFile()}`
  const pipe = (...args: string[]) => litefeed(['pipe', '--to', to, '--include-initial', '--no-follow', ...args], {db})
  expect(await pipe()).toMatchObject({status: 0, stderr: ''})
  expect(await pipe()).toMatchObject({
    status: 0,
    stderr: expect.stringMatching(/^warning: .* has an initial part already/),
  })
  expect(await pipe('--as', 'x')).toMatchObject({status: 0, stderr: ''})
})

test('lines that map makes do not say where to go on; the consumer does', async () => {
  const db = await databaseWith({t: [{id: 1}, {id: 2}]})
  const file = newFile()
  for (let run = 0; run < 2; run++) await deliver(db, `file:${file}`, '--map', 'new_val.id', '--as', 'x')
  expect(readFileSync(file, 'utf8')).toBe('1\n2\n')
  // Also where they have something of that name.
  const other = newFile()
  for (const seq of [7, 900, 2]) {
    await write(db, 't', t => t.insert({seq}))
    expect(
      await deliver(db, `file:${other}`, '--map', 'new_val.seq ? {"seq": new_val.seq}', '--as', 'y'),
    ).toMatchObject({status: 0})
  }
  expect(linesOf(other).map(({seq}) => seq)).toEqual([7, 900, 2])
})

test('an initial part, a set and --squash are lines like any other', async () => {
  const db = await databaseWith({t: Array.from({length: 1200}, (_, id) => ({id, n: id}))})
  const file = newFile()
  const pipe = [
    'pipe',
    '--to',
    `file:${file}`,
    '--as',
    'x',
    '--where',
    'n >= 600',
    '--include-initial',
    '--squash',
    '0',
    '--no-follow',
  ]
  expect(await litefeed(pipe, {db})).toMatchObject({status: 0, stderr: ''})
  for (const n of [1, 700, 800]) await write(db, 't', t => t.update(7, {n}))
  await write(db, 't', t => t.delete(1100))
  expect(await litefeed(pipe, {db})).toMatchObject({status: 0, stderr: ''})
  const lines = linesOf(file)
  expect(lines.slice(0, 600).map(({type, key}) => [type, key])).toEqual(
    Array.from({length: 600}, (_, index) => ['initial', 600 + index]),
  )
  expect(lines.slice(600)).toMatchObject([
    {seq: 1203, key: 7, type: 'add', new_val: {n: 800}},
    {seq: 1204, key: 1100, type: 'remove'},
  ])
  expect(await consumer(db)).toMatchObject({position: 1204, lag: 0})
})

test('several consumers append to one file, and each delivers all of its own', async () => {
  const db = await databaseWith({users: [{id: 1}]})
  const file = newFile()
  const run = (table: string) =>
    litefeed(['pipe', table, '--to', `file:${file}`, '--as', table, '--since', 'beginning', '--no-follow'], {db})
  await run('users')
  await write(db, 'users', t => t.insert({id: 2}))
  await write(db, 'orders', t => t.insert([{id: 1}, {id: 2}]))
  await run('orders')
  expect(await run('users')).toMatchObject({status: 0, stderr: ''})
  expect(linesOf(file).map(({table, key}) => [table, key])).toEqual([
    ['users', 1],
    ['orders', 1],
    ['orders', 2],
    ['users', 2],
  ])
  expect(await consumer(db, 'users')).toMatchObject({position: 4})
})

test('what a file has already of what follows the position is not written again', async () => {
  const text = 'x'.repeat(3000)
  const db = await databaseWith({t: Array.from({length: 60}, (_, id) => ({id, text}))})
  const file = newFile()
  const pipe = () => deliver(db, `file:${file}`, '--as', 'x')
  await pipe()
  const whole = readFileSync(file, 'utf8')
  for (const [kept, lines] of [
    [0, 60],
    [0, 7],
    [20, 59],
    [20, 20],
  ] as const) {
    writeFileSync(
      file,
      whole
        .split(/(?<=\n)/)
        .slice(0, lines)
        .join(''),
    )
    execute(db, `UPDATE _litefeed_consumers SET seq = ${kept}`)
    expect(await pipe()).toMatchObject({status: 0, stderr: ''})
    expect(readFileSync(file, 'utf8')).toBe(whole)
  }
  // What others have written since does not keep it from that, and nothing is missing when it was before.
  appendFileSync(file, '{"seq":61,"ts_ms":0,"table":"other"}\n')
  await write(db, 't', t => t.insert({id: 60}))
  execute(db, `UPDATE _litefeed_consumers SET seq = 50`)
  expect(await pipe()).toMatchObject({status: 0})
  expect(linesOf(file).slice(60)).toMatchObject([
    {seq: 61, table: 'other'},
    {seq: 61, table: 't'},
  ])
  // Who was put back is given all of it again.
  await library(db, store => store.resetConsumer('x', 58))
  expect(await pipe()).toMatchObject({status: 0})
  expect(linesOf(file).slice(62)).toMatchObject([{seq: 59}, {seq: 60}, {seq: 61}])
})

test('a reader that goes away ends the pipe', async () => {
  const db = await databaseWith({t: [{id: 1}]})
  // What Node gives a child is a socket.
  const pipe = '"$0" "$1" pipe --to file:/dev/stdout --since beginning --db "$2" | head -1'
  const child = spawn('sh', ['-c', pipe, process.execPath, command, db])
  let isOver = false
  const end = finished(child).finally(() => {
    isOver = true
  })
  await once(child.stdout, 'data')
  for (let id = 2; !isOver; id++) {
    await write(db, 't', t => t.insert({id}))
    await Promise.race([end, sleep(20)])
  }
  expect((await end).stderr).toContain('file:/dev/stdout has no reader any more')
})

test('SIGHUP after mv: what follows goes into a new file', async () => {
  const db = await databaseWith({t: [{id: 1}]})
  const file = newFile()
  const child = startPipe(db, `file:${file}`, ['--as', 'x'])
  const isIn = (name: string, text: string) => existsSync(name) && readFileSync(name, 'utf8').includes(text)
  const has = async (text: string, ...files: string[]) => {
    while (!files.some(name => isIn(name, text))) await sleep(20)
  }
  await has('"seq":1', file)
  renameSync(file, `${file}.1`)
  child.kill('SIGHUP')
  // It may see a change before the signal, and is right to write it into the old file.
  for (let id = 2; !existsSync(file); id++) {
    await write(db, 't', t => t.insert({id}))
    await has(`"seq":${id}`, file, `${file}.1`)
  }
  child.kill('SIGINT')
  expect((await finished(child)).signal).toBe('SIGINT')
  expect([...linesOf(`${file}.1`), ...linesOf(file)]).toEqual(await log(db))
})

test('a directory that is not there, a file that is ahead of the log, a full disk', async () => {
  const db = await databaseWith({t: [{id: 1}]})
  const nowhere = await deliver(db, `file:${join(newDirectory(), 'none/out.ndjson')}`)
  expect(nowhere).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/^error: .*none\/out.ndjson cannot be opened: ENOENT/),
  })
  const file = newFile()
  writeFileSync(file, '{"seq":99}\n')
  expect(await deliver(db, `file:${file}`)).toMatchObject({
    status: 3,
    stderr: expect.stringContaining('beyond the log'),
  })
  const full = startPipe(db, 'file:/dev/full', ['--as', 'full'])
  const reason = new Promise(resolve => full.stderr?.on('data', chunk => resolve(String(chunk))))
  expect(await reason).toMatch(/ENOSPC/)
  full.kill('SIGINT')
  if (full.exitCode === null && full.signalCode === null) await once(full, 'close')
  expect(await consumer(db, 'full')).toMatchObject({position: 0})
})

test('what the pipe says when it is no terminal: nothing, but what is wrong', async () => {
  const db = await databaseWith({t: [{id: 1}]})
  expect(await deliver(db, `file:${newFile()}`)).toMatchObject({status: 0, stdout: '', stderr: ''})
  for (const [to, ...args] of [
    ['ftp://example.com'],
    ['file:'],
    ['file:x', '--exchange', 'y'],
    ['file:x', '--dlq', 'y'],
    ['exec:cat', '--each', '--max-unacked', '3'],
    ["exec:''"],
    ["exec:'' x", '--each'],
    ['amqp://127.0.0.1', '--exchange', 'x'.repeat(256)],
    ['nats://127.0.0.1', '--subject', 'a b'],
    ['nats://127.0.0.1', '--subject', ''],
    ['nats://127.0.0.1', '--subject', 'a..{table}'],
    ['nats://127.0.0.1', '--subject', 'a.>'],
    ['file:x', '--on-poison', 'dlq'],
    ['file:x', '--as', 'y', '--order-by', 'id', '--limit', '1'],
  ])
    expect(await deliver(db, to as string, ...args), `${to} ${args}`).toMatchObject({status: 2})
  expect(await litefeed(['pipe', 't'], {db})).toMatchObject({status: 2, stderr: expect.stringContaining('where to?')})
  const {stderr} = await deliver(db, 'amqs://user:secret@example.com/')
  expect(stderr).toMatch(/^error: there is no way to deliver to amqs:..\*\*\*@example.com/)
})

test('a pipe of the system gets each line once', async () => {
  const db = await databaseWith({t: [{id: 1}, {id: 2}]})
  const path = join(newDirectory(), 'fifo')
  spawnSync('mkfifo', [path])
  const reader = spawn('cat', [path])
  const out: Buffer[] = []
  reader.stdout.on('data', chunk => out.push(chunk))
  expect(await deliver(db, `file:${path}`)).toMatchObject({status: 0, stderr: ''})
  if (reader.exitCode === null) await once(reader, 'close')
  expect(jsonLines(Buffer.concat(out).toString())).toEqual(await log(db))
})
