import {expect, onTestFinished, test, vi} from 'vitest'
import {LitefeedError} from '../../src/engine/error.ts'
import {sayError} from '../../src/terminal/talk.ts'

/** What is said of an error, and the exit status. */
function said(error: unknown): {readonly text: string; readonly status: number} {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  onTestFinished(() => write.mockRestore())
  const status = sayError(error)
  return {text: write.mock.calls.map(([chunk]) => chunk).join(''), status}
}

test('what closing throws does not hide what the work threw', async () => {
  const work = async () => {
    await using _outer = {[Symbol.asyncDispose]: async () => Promise.reject(new Error('the outer one'))}
    await using _inner = {[Symbol.asyncDispose]: async () => Promise.reject(new Error('the inner one'))}
    throw new LitefeedError('HISTORY_LOST', 'changes after 4 are gone')
  }
  const error = await work().catch(thrown => thrown)
  expect(said(error)).toEqual({text: 'error: changes after 4 are gone\n', status: 3})
})
