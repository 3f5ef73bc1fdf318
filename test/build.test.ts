import {spawnSync} from 'node:child_process'
import {globSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect, onTestFinished, test} from 'vitest'

const root = join(import.meta.dirname, '..')

test('what is built has no syntax that the oldest Node of `engines` does not know', () => {
  const files = globSync('dist/**/*.{js,cjs}', {cwd: root})
  expect(files.length).toBeGreaterThan(10)
  const younger = files.filter(file => /[;{}]\s*(await )?using [\w$]+\s*=/.test(readFileSync(join(root, file), 'utf8')))
  expect(younger).toEqual([])
})

// An import too many at the top of a file that every command loads is not seen otherwise: each of these costs 5 to 12 ms.
test('a command loads neither a network nor cryptography nor child processes, no stream, no expressions and no help', () => {
  const directory = mkdtempSync(join(tmpdir(), 'litefeed-'))
  onTestFinished(() => rmSync(directory, {recursive: true, force: true}))
  const report = join(directory, 'report.cjs')
  writeFileSync(
    report,
    `process.on('exit', () => require('fs').writeSync(2, [...process.moduleLoadList, ...Object.keys(require.cache)].join('\\n')))`,
  )
  const run = (...args: string[]) => {
    const command = ['--require', report, join(root, 'bin/run.js'), ...args, '--db', join(directory, 'test.db')]
    const {stdout, stderr} = spawnSync(process.execPath, command, {encoding: 'utf8'})
    const loaded = stderr
      .split('\n')
      .map(name => name.replace(/^NativeModule /, '').replace(/^.*\/([^/]+)-.{8}\.cjs$/, '$1'))
    return {stdout, loaded}
  }
  for (const [args, out] of [
    [['insert', 't', '{"id":1}'], /"inserted":1/],
    [['get', 't', '1'], /^{"id":1}$/m],
    [['list', 't'], /^{"id":1}$/m],
    [['changes', '--since', '0', '--no-follow'], /"add"/],
  ] as const) {
    const {stdout, loaded} = run(...args)
    expect(stdout).toMatch(out)
    expect(loaded).toEqual(expect.arrayContaining(['fs', 'oclif', 'litefeed', 'sqlite']))
    for (const name of ['net', 'stream', 'tty', 'crypto', 'child_process', 'fs/promises', 'help', 'jsonata', 'execa'])
      expect(loaded, args.join(' ')).not.toContain(name)
  }
})

test('the licence of everything that is bundled comes with it', () => {
  const notices = readFileSync(join(root, 'dist/THIRD-PARTY-LICENCES.txt'), 'utf8')
  for (const name of ['@oclif/core', 'jsonata', 'chalk', 'uuid'])
    expect(notices).toMatch(new RegExp(`^${name} \\d`, 'm'))
})
