import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {afterAll, expect, test} from 'vitest'

const root = join(import.meta.dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const directory = mkdtempSync(join(tmpdir(), 'litefeed-readme-'))
afterAll(() => rmSync(directory, {recursive: true}))

// `litefeed` and `import 'litefeed'` are what an installation would give.
mkdirSync(join(directory, 'node_modules'))
symlinkSync(root, join(directory, 'node_modules/litefeed'))
writeFileSync(join(directory, 'litefeed'), `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'bin/run.js')}' "$@"\n`)
chmodSync(join(directory, 'litefeed'), 0o755)
const env = {
  ...process.env,
  PATH: `${directory}:${dirname(process.execPath)}:${process.env.PATH}`,
  LITEFEED_DB: undefined,
}
const hasJq = spawnSync('jq', ['--version']).status === 0

test('the commands of README print what README shows', async () => {
  const transcripts = [...readme.matchAll(/```console\n(.*?)```/gs)].map(([, text]) => text as string)
  const commands = transcripts.join('').split(/^\$ /m).filter(Boolean)
  expect(commands.length).toBeGreaterThan(10)
  for (const text of commands) {
    const [command, ...lines] = text.trimEnd().split('\n') as [string, ...string[]]
    if (command.includes('jq') && !hasJq) {
      console.log(`not run, since jq is not installed: ${command}`)
      continue
    }
    expect
      .soft(await run(command, lines.includes('^C') ? lines.length - 1 : undefined), command)
      .toEqual(lines.filter(line => line !== '^C').map(masked))
  }
})

test('the program in README prints the changes', async () => {
  const [, code] = /```js\n(.*?)```/s.exec(readme) as unknown as [string, string]
  writeFileSync(join(directory, 'program.mjs'), code)
  expect(await run('node program.mjs', 1)).toEqual(["1 null { id: 1, name: 'Slava', age: 31 }"])
})

/** The lines that a command prints; with `enough`, it is interrupted when it has printed so many. */
async function run(command: string, enough = Number.POSITIVE_INFINITY): Promise<string[]> {
  const child = spawn(
    'bash',
    ['-c', enough === Number.POSITIVE_INFINITY ? `{ ${command}\n} 2>&1` : `exec ${command} 2>&1`],
    {cwd: directory, env},
  )
  let text = ''
  child.stdout.on('data', chunk => {
    text += chunk
    if (text.split('\n').length > enough) child.kill('SIGINT')
  })
  await once(child, 'close')
  return text.trimEnd().split('\n').map(masked)
}

/** The clock is not the same twice. */
function masked(line: string): string {
  return line.replaceAll(/"ts_ms":\d+/g, '"ts_ms":0')
}
