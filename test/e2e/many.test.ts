// Many processes on one file, and readers that do not read.
import type {ChildProcess} from 'node:child_process'
import {once} from 'node:events'
import {existsSync, readFileSync, statSync} from 'node:fs'
import {createInterface} from 'node:readline'
import Sqlite from 'better-sqlite3'
import {expect, test} from 'vitest'
import {databaseWith, finished, type Line, litefeed, newDatabase, query, start, tail} from './support.ts'

test('20 tails and 4 writers: every tail sees every change once, and in order', async () => {
  const db = await databaseWith({first: [{id: 0}]})
  const tails = await Promise.all(
    Array.from({length: 20}, (_, index) => tail(index % 5 === 4 ? ['t0', 't1'] : [], {db})),
  )
  const each = 500
  const writers = await Promise.all(
    Array.from({length: 4}, async (_, writer) => {
      const child = start(['insert', `t${writer % 3}`, ...(writer % 2 === 0 ? ['--durability', 'soft'] : [])], {db})
      const run = finished(child)
      for (let id = 0; id < each; id++) {
        child.stdin?.write(`{"id":"${writer}-${id}","writer":${writer},"n":${id}}\n`)
        if (id % 50 === 49) await new Promise(done => setImmediate(done))
      }
      child.stdin?.end()
      return run
    }),
  )
  for (const run of writers) expect(run).toMatchObject({status: 0, stderr: '', result: {inserted: each}})
  await litefeed(['insert', 't0', '{"id":"end"}'], {db})

  const last = 1 + 4 * each + 1
  const everything = query(db, 'SELECT seq, tbl FROM _litefeed_changes WHERE seq > 1 ORDER BY seq')
  expect(everything).toHaveLength(last - 1)
  for (const [index, following] of tails.entries()) {
    const events = await following.until(event => event.key === 'end')
    const expected = index % 5 === 4 ? everything.filter(([, table]) => table !== 't2') : everything
    expect(events.map(({seq}) => seq)).toEqual(expected.map(([seq]) => seq))
    // What one writer wrote comes in its order.
    for (let writer = 0; writer < 4; writer++) {
      const own = events.filter(event => event.new_val.writer === writer).map(event => event.new_val.n)
      expect(own).toEqual(own.map((_, at) => at))
    }
  }
  for (const following of tails) expect(await following.stop()).toMatchObject({signal: 'SIGINT'})
})

test('writers that want the same documents: every write happens once', async () => {
  const db = await databaseWith({t: [{id: 'sum', n: 0}]})
  const one = '{"id":"sum","n":1}\n'
  const runs = await Promise.all(
    Array.from({length: 4}, async () => {
      const child = start(
        ['insert', 't', '--conflict-expr', '{"id": id, "n": old_val.n + new_val.n}', '--durability', 'soft'],
        {db},
      )
      const run = finished(child)
      child.stdin?.end(one.repeat(100))
      return run
    }),
  )
  for (const run of runs) expect(run).toMatchObject({status: 0, result: {replaced: 100}})
  expect(query(db, `SELECT doc ->> '$.n' FROM t`)).toEqual([[400]])
  expect(query(db, 'SELECT count(*) FROM _litefeed_changes')).toEqual([[401]])
})

test('a reader that stops costs neither memory nor WAL, and gets every line when it reads on', async () => {
  const db = newDatabase()
  const following = start(['changes', '--include-states'], {db})
  const stdout = following.stdout as NonNullable<ChildProcess['stdout']>
  await once(stdout, 'readable')
  // From here on nobody reads; the pipe takes what it holds, and no more.
  stdout.pause()
  const before = rss(following)
  const text = 'x'.repeat(150)
  const total = 60_000
  for (let part = 0; part < 6; part++) {
    const input = Array.from(
      {length: total / 6},
      (_, at) => `{"id":${part * (total / 6) + at},"text":"${text}"}\n`,
    ).join('')
    expect(await litefeed(['insert', 't', '--durability', 'soft'], {db, input})).toMatchObject({status: 0})
  }
  // Nothing pins the WAL: a checkpoint gets to its end.
  const other = new Sqlite(db)
  const [checkpoint] = other.pragma('wal_checkpoint(TRUNCATE)') as Line[]
  other.close()
  expect(checkpoint).toMatchObject({busy: 0})
  expect(existsSync(`${db}-wal`) ? statSync(`${db}-wal`).size : 0).toBe(0)
  expect(rss(following) - before).toBeLessThan(60_000_000)

  let expected = 0
  for await (const line of createInterface({input: stdout})) {
    const event = JSON.parse(line)
    if (event.type === 'state') continue
    expect(event.seq).toBe(++expected)
    if (expected === total) break
  }
  expect(expected).toBe(total)
  // It printed far more than it ever held.
  expect(rss(following) - before).toBeLessThan(100_000_000)
  following.kill('SIGINT')
})

test('an interrupt reaches a feed whose reader has stopped', async () => {
  const db = await databaseWith({t: Array.from({length: 5000}, (_, id) => ({id, text: 'x'.repeat(100)}))})
  const following = start(['changes', '--since', '0'], {db})
  await once(following.stdout as NodeJS.ReadableStream, 'readable')
  const ended = once(following, 'exit')
  following.kill('SIGINT')
  expect(await ended).toEqual([null, 'SIGINT'])
})

/** Bytes of memory that the process has. */
function rss({pid}: ChildProcess): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
}
