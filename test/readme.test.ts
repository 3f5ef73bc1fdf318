import {readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {afterAll, expect, test} from 'vitest'
import {Desk, root} from './transcript.ts'

const readme = readFileSync(join(root, 'README.md'), 'utf8')
const library = readFileSync(join(root, 'docs/library.md'), 'utf8')
const desk = new Desk()
afterAll(() => desk[Symbol.dispose]())

test('the commands of README print what README shows', async () => {
  await desk.follow(readme)
})

test('the program in README prints the changes', async () => {
  const [, code] = /```js\n(.*?)```/s.exec(readme) as unknown as [string, string]
  writeFileSync(join(desk.directory, 'program.mjs'), code)
  expect(await desk.run('node program.mjs', 1)).toEqual(["1 null { id: 1, name: 'Slava', age: 31 }"])
})

test('the programs in docs/library.md print what stands under them', async () => {
  const programs = [...library.matchAll(/```js\n(.*?)```\n\n```text\n(.*?)```/gs)]
  expect(programs.length).toBe(library.split('```js').length - 1)
  for (const [, code = '', printed] of programs) {
    writeFileSync(join(desk.directory, 'program.mjs'), code)
    expect.soft((await desk.run('node program.mjs')).join('\n'), code).toBe(printed?.trimEnd())
  }
})

test('the pages that README links to are in the package', () => {
  const {files} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain('](docs/')
  expect(files).toContain('docs')
})
