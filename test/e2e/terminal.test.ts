// What a person at a terminal sees, and a pipe does not. util-linux' `script` makes the terminal.
import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, onTestFinished, test, vi} from 'vitest'
import {
  collect,
  command,
  databaseWith,
  finished,
  jsonLines,
  litefeed,
  newDatabase,
  newDirectory,
  start,
  write,
} from './support.ts'

const able = spawnSync('script', ['--version']).stdout?.toString().includes('util-linux') ?? false
if (!able) console.warn('SKIPPED: the tests on a terminal, because there is no `script` of util-linux')

/** Runs a line of shell on a terminal of its own, on which stdout and stderr come together. */
function onTerminal(line: string, db: string, env: NodeJS.ProcessEnv = {}) {
  const {NO_COLOR: _no, FORCE_COLOR: _force, ...rest} = process.env
  const child = spawn('script', ['-qec', line.replaceAll('litefeed', '"$NODE" "$COMMAND"'), '/dev/null'], {
    env: {...rest, TERM: 'xterm-256color', NODE: process.execPath, COMMAND: command, LITEFEED_DB: db, ...env},
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

const esc = '\x1b'

describe.skipIf(!able)('on a terminal', () => {
  const setUp = () => databaseWith({t: [{id: 1, name: 'Slava', ok: true, none: null}]})

  test('JSON is coloured, and is the same JSON', async () => {
    const {stdout, status} = await finished(onTerminal('litefeed list t', await setUp()))
    expect(stdout).toContain(`${esc}[`)
    expect(plain(stdout)).toBe('{"id":1,"name":"Slava","ok":true,"none":null}\r\n')
    expect(status).toBe(0)
  })

  test.each([
    ['NO_COLOR', 'litefeed list t', {NO_COLOR: '1'}],
    ['--no-color', 'litefeed list t --no-color', {}],
    ['a terminal that knows no colour', 'litefeed list t', {TERM: 'dumb'}],
    ['a pipe', 'litefeed list t | cat', {}],
  ])('not with %s', async (_, line, env) => {
    const {stdout} = await finished(onTerminal(line, await setUp(), env))
    expect(stdout).toBe('{"id":1,"name":"Slava","ok":true,"none":null}\r\n')
  })

  test('an empty NO_COLOR does not count', async () => {
    const {stdout} = await finished(onTerminal('litefeed list t', await setUp(), {NO_COLOR: ''}))
    expect(stdout).toContain(`${esc}[`)
  })

  test('a long write shows documents, rate and bytes, and wipes them out at the end', async () => {
    const db = newDatabase()
    // As long as nothing is shown, there is more to come.
    const child = onTerminal(
      `"$NODE" -e '
      let id = 0, stopped = false
      process.stdout.on("error", () => process.exit())
      const timer = setInterval(() => process.stdout.write(JSON.stringify({id: id++}) + "\\n"), 5)
      setTimeout(() => { clearInterval(timer) }, 1600)
    ' | litefeed insert t`,
      db,
    )
    const run = await finished(child)
    expect(plain(run.stdout)).toMatch(/[\d,]+ documents, [\d,]+\/s, \d+\.\d MB/)
    expect(plain(run.stdout.split('\r').at(-2) ?? '')).toMatch(/^\{"deleted":0,.*"inserted":\d+,.*\}$/)
    expect(run.status).toBe(0)
  })

  test('the same with stderr in a file shows nothing', async () => {
    const db = newDatabase()
    const line = `(echo '{"id":1}'; "$NODE" -e 'setTimeout(() => {}, 1200)'; echo '{"id":2}') | litefeed insert t 2>&1 | cat`
    const {stdout} = await finished(onTerminal(line, db))
    expect(stdout).toBe('{"deleted":0,"errors":0,"inserted":2,"replaced":0,"skipped":0,"unchanged":0,"seq":2}\r\n')
  })

  test('a pipe goes on when the terminal of its stderr goes away', async () => {
    const directory = newDirectory()
    const db = join(directory, 'test.db')
    await write(db, 't', table => table.insert({id: 1}))
    // In a session of its own it is not told that the terminal has gone.
    const pipe = 'cd "$HERE"; litefeed pipe t --since beginning --take 3 --to file:out; echo $? > status'
    const child = onTerminal(`exec setsid -w sh -c '${pipe}'`, db, {HERE: directory})
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await once(child, 'close')
    for (const id of [2, 3]) await write(db, 't', table => table.insert({id}))
    await vi.waitFor(() => expect(readFileSync(join(directory, 'status'), 'utf8')).toBe('0\n'), {timeout: 20_000})
    expect(jsonLines(readFileSync(join(directory, 'out'), 'utf8')).map(({seq}) => seq)).toEqual([1, 2, 3])
  })

  test('Ctrl-C at a feed is status 130', async () => {
    const child = onTerminal('litefeed changes --include-states; echo "status $?"', await setUp())
    const output = collect(child)
    await once(child.stdout, 'data')
    child.stdin.write('\x03')
    const run = await finished(child, output)
    expect(run.stdout.includes('status 130') || run.status === 130).toBe(true)
  })
})

describe('piped', () => {
  test('output has no colour, also when it is asked for', async () => {
    const db = await databaseWith({t: [{id: 1, name: 'Slava'}]})
    for (const args of [
      ['list', 't'],
      ['list', 't', '--color'],
      ['tables'],
      ['get', 't', '1'],
      ['changes', '--since', '0', '--no-follow'],
      ['insert', 't', '{"id":2}'],
    ]) {
      const {stdout, stderr, status} = await litefeed(args, {db, env: {TERM: 'xterm-256color'}})
      expect(status).toBe(0)
      expect(stdout + stderr).not.toContain(esc)
    }
  })
})

describe('help', () => {
  const commands = ['insert', 'update', 'replace', 'delete', 'drop', 'get', 'list', 'tables', 'changes', 'help']

  test('names every command', async () => {
    for (const args of [['--help'], ['help'], []]) {
      const {stdout, status} = await litefeed(args)
      expect(status).toBe(0)
      for (const name of commands) expect(stdout).toMatch(new RegExp(`^ +${name} `, 'm'))
      expect(stdout).not.toContain(esc)
    }
  })

  test.each(commands.filter(name => name !== 'help'))('of %s has a usage and examples', async name => {
    const {stdout, stderr, status} = await litefeed([name, '--help'])
    expect(status).toBe(0)
    expect(stderr).toBe('')
    expect(stdout).toMatch(/USAGE\n +\$ litefeed /)
    expect(stdout).toMatch(/EXAMPLES\n/)
    expect(stdout.split('EXAMPLES')[1]).toContain(`$ litefeed ${name}`)
    expect(await litefeed(['help', name])).toMatchObject({status: 0, stdout})
  })

  test('of a command of two words is shown by both of them', async () => {
    const {stdout, status} = await litefeed(['consumers', 'reset', '--help'])
    expect(status).toBe(0)
    expect(await litefeed(['help', 'consumers', 'reset'])).toMatchObject({status: 0, stdout})
  })

  test('an unknown command, flag or a missing argument is misuse', async () => {
    expect(await litefeed(['nonsense'])).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('nonsense'),
    })
    expect((await litefeed(['insrt', 't', '{}'])).stderr).toMatch(/^error: there is no command insrt\n/)
    expect((await litefeed(['consumers', 'nonsense'])).stderr).toMatch(
      /^error: there is no command consumers nonsense\n/,
    )
    expect(await litefeed(['--db', 'x', 'tables'])).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^error: the command comes first, before --db\n/),
    })
    expect(await litefeed(['help', 'nonsense'])).toMatchObject({status: 2, stderr: expect.stringContaining('nonsense')})
    expect(await litefeed(['help', 'consumers', 'nonsense'])).toMatchObject({status: 2})
    for (const flag of ['--include-initial=true', '--no-color=1', '--color=false'])
      expect(await litefeed(['changes', 't', flag])).toMatchObject({
        status: 2,
        stderr: expect.stringMatching(/^error: --[a-z-]+ takes no value\n/),
      })
    expect(await litefeed(['list', 't', '--nonsense'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--nonsense'),
    })
    expect(await litefeed(['list'])).toMatchObject({status: 2, stderr: expect.stringContaining('table')})
    expect(await litefeed(['list', 'a', 'b'])).toMatchObject({status: 2, stderr: expect.stringContaining('b')})
    expect(await litefeed(['tables', 'a'])).toMatchObject({status: 2, stderr: expect.stringContaining('a')})
  })

  test('--version', async () => {
    expect((await litefeed(['--version'])).stdout).toMatch(/^litefeed\/\d+\.\d+\.\d+/)
  })
})

/** Without colours and other escapes. */
function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes begin with one.
  return text.replaceAll(/\x1b\[[0-9;]*[A-Za-z]/g, '')
}

test('that nobody reads stderr changes neither what is told nor the exit status', async () => {
  const db = await databaseWith({t: Array.from({length: 5}, (_, id) => ({id, n: id < 4 ? 'x' : 1}))})
  const ended = async (...args: string[]) => {
    const child = start(args, {db})
    child.stderr?.destroy()
    const {lines, status} = await finished(child)
    return {status, keys: lines.map(({key}) => key)}
  }
  const feed = ['changes', 't', '--since', 'beginning', '--no-follow', '--filter', 'new_val.n > 0']
  expect(await ended(...feed)).toEqual({status: 1, keys: [4]})
  expect(await ended('changes', 't', '--limit', '2')).toEqual({status: 2, keys: []})
  expect(await ended('get', 't', '4', '77')).toMatchObject({status: 1, keys: [undefined]})
})
