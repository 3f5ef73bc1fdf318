import {globSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {expect, test} from 'vitest'

const root = join(import.meta.dirname, '..')

test('what is built has no syntax that the oldest Node of `engines` does not know', () => {
  const files = globSync('dist/**/*.{js,cjs}', {cwd: root})
  expect(files.length).toBeGreaterThan(10)
  const younger = files.filter(file => /[;{}]\s*(await )?using [\w$]+\s*=/.test(readFileSync(join(root, file), 'utf8')))
  expect(younger).toEqual([])
})

test('the licence of everything that is bundled comes with it', () => {
  const notices = readFileSync(join(root, 'dist/THIRD-PARTY-LICENCES.txt'), 'utf8')
  for (const name of ['@oclif/core', 'jsonata', 'chalk', 'uuid'])
    expect(notices).toMatch(new RegExp(`^${name} \\d`, 'm'))
})
