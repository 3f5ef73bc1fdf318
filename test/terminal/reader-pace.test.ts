import {closeSync, openSync} from 'node:fs'
import {join} from 'node:path'
import {expect, onTestFinished, test} from 'vitest'
import {LitefeedError} from '../../src/engine/error.ts'
import {Output} from '../../src/terminal/output.ts'
import {ReaderPace} from '../../src/terminal/reader-pace.ts'
import {temporaryDirectory} from '../support.ts'

/** The pace of what is written into a file, with what moving on does. */
async function paceOfFile(advance: (to: number) => Promise<void>): Promise<ReaderPace> {
  const file = openSync(join(await temporaryDirectory(), 'out'), 'w')
  onTestFinished(() => closeSync(file))
  return new ReaderPace(new Output(new AbortController().signal, file), advance)
}

test('into a file, a lock that somebody else holds for long is tried again', async () => {
  let isBusy = true
  const reached: number[] = []
  const pace = await paceOfFile(async to => {
    if (isBusy) throw new LitefeedError('BUSY', 'somebody else writes')
    reached.push(to)
  })
  await pace.took({position: 1})
  isBusy = false
  await pace.took({position: 2})
  await pace.end()
  expect(reached.at(-1)).toBe(2)
})

test('what else is wrong is thrown', async () => {
  const pace = await paceOfFile(async () => {
    throw new LitefeedError('TAKEN', 'somebody else has it')
  })
  await expect(pace.took({position: 1})).rejects.toMatchObject({code: 'TAKEN'})
})
