// A process that is killed loses nothing that was committed, and leaves nothing behind that stops the others.
import {once} from 'node:events'
import {expect, test} from 'vitest'
import {documents, finished, type Line, litefeed, log, newDatabase, start, Tail} from './support.ts'

/** What the log says the tables hold. */
function replay(events: readonly Line[]): Map<string, Line> {
  const state = new Map<string, Line>()
  for (const {table, key, type, old_val, new_val} of events) {
    const name = JSON.stringify([table, key])
    expect(state.get(name) ?? null).toEqual(old_val)
    if (type === 'remove') state.delete(name)
    else state.set(name, new_val)
  }
  return state
}

async function expectLogEqualsTables(db: string, tables: readonly string[]): Promise<void> {
  const events = await log(db)
  expect(events.map(({seq}) => seq)).toEqual(events.map((_, index) => index + 1))
  const stored = tables.flatMap(table =>
    documents(db, table).map(document => [JSON.stringify([table, document.id]), document] as const),
  )
  expect(replay(events)).toEqual(new Map(stored))
}

test('a writer that is killed again and again: the log equals the tables, and what was told is there', async () => {
  const db = newDatabase()
  await litefeed(['insert', 'a', '{"id":0,"round":-1}'], {db})
  await litefeed(['insert', 'b', '{"id":0,"round":-1}'], {db})
  const following = new Tail(start(['changes', '--since', 'beginning'], {db}))
  for (let round = 0; round < 8; round++) {
    const table = 'ab'[round % 2] as string
    const durability = round % 4 < 2 ? 'hard' : 'soft'
    const writer = start(['insert', table, '--conflict', 'replace', '--durability', durability], {db})
    writer.stdin?.on('error', () => {})
    const closed = once(writer, 'close')
    let id = 0
    const feed = () => {
      const lines = Array.from(
        {length: 200},
        () => `{"id":${id++ % 3000},"v":${(7 * round) % 5},"round":${round},"text":"${'x'.repeat(100)}"}\n`,
      )
      if (!writer.stdin?.destroyed) writer.stdin?.write(lines.join(''), error => error || setImmediate(feed))
    }
    feed()
    // In the middle of its work: some of it has been seen by another process.
    await following.until(event => event.new_val?.round === round)
    writer.kill('SIGKILL')
    await closed
    await expectLogEqualsTables(db, ['a', 'b'])
  }
  // The next one goes on without a word.
  expect(await litefeed(['insert', 'a', '{"id":"last"}'], {db})).toMatchObject({status: 0, stderr: ''})
  await following.until(event => event.key === 'last')
})

test('a tail that is killed again and again goes on after the last line that it printed', async () => {
  const db = newDatabase()
  const writer = start(['insert', 't', '--durability', 'soft'], {db})
  const done = finished(writer)
  const seen: Line[] = []
  const total = 4000
  let written = 0
  const write = (until: number) => {
    const from = written
    written = until
    writer.stdin?.write(Array.from({length: until - from}, (_, index) => `{"id":${from + index}}\n`).join(''))
  }
  for (let round = 1; seen.length < total; round++) {
    write(Math.min(total, round * 700))
    const following = new Tail(start(['changes', 't', '--since', String(seen.at(-1)?.seq ?? 0)], {db}))
    const enough = Math.min(total, seen.length + 1 + ((round * 331) % 600))
    while (seen.length < enough) seen.push(await following.next())
    following.child.kill('SIGKILL')
    await following.ended()
  }
  writer.stdin?.end()
  expect(await done).toMatchObject({status: 0, result: {inserted: total}})
  expect(seen.map(({seq}) => seq)).toEqual(seen.map((_, index) => index + 1))
  expect(seen.map(({key}) => key)).toEqual(seen.map((_, index) => index))
  await expectLogEqualsTables(db, ['t'])
})
