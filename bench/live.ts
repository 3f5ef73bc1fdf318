import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {readdirSync, readFileSync, statSync} from 'node:fs'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import {setTimeout as sleep} from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import {litefeed, quantile, type Row, seconds} from './support.ts'

/** From the end of a commit to the line, for a writer of 50 commits a second; and what an idle tail costs. */
export async function live(directory: string): Promise<Row[]> {
  const rows: Row[] = []
  for (const [durability, synchronous] of [
    ['soft', 'NORMAL'],
    ['hard', 'FULL'],
  ] as const) {
    const file = join(directory, `live-${durability}.db`)
    await seconds(litefeed('insert', 'docs', '{"id":0}', '--db', file))
    const {child, lines} = await tail(file)
    const committed = new Map<number, number>()
    const delays: number[] = []
    const done = Promise.withResolvers<void>()
    lines.on('line', line => {
      delays.push(performance.now() - (committed.get(JSON.parse(line).key) ?? Number.NaN))
      if (delays.length === commits) done.resolve()
    })
    const db = new Sqlite(file)
    db.pragma(`synchronous = ${synchronous}`)
    const insert = db.prepare('INSERT INTO docs VALUES (?, ?)')
    for (let id = 1; id <= commits; id++) {
      insert.run(BigInt(id), `{"id":${id}}`)
      committed.set(id, performance.now())
      await sleep(20)
    }
    await done.promise
    // The engine tidies up for some seconds after it has had something to do.
    if (durability === 'soft') await sleep(20_000)
    const before = processorTime(child)
    if (durability === 'soft') await sleep(10_000)
    const idle = ((processorTime(child) - before) / 10_000) * 100
    child.kill('SIGINT')
    db.close()
    const delay = (part: number) => `${quantile(delays, part).toFixed(2)} ms`
    rows.push({
      measure: `commit to line, ${durability}, p50 / p99 (less is better)`,
      ours: `${delay(0.5)} / ${delay(0.99)}`,
      baseline: '',
      ratio: '',
      target: durability === 'soft' ? '0.6 ms / 5 ms' : '',
    })
    if (durability === 'soft')
      rows.push({
        measure: 'processor time of an idle tail (less is better)',
        ours: `${idle.toFixed(2)} %`,
        baseline: '',
        ratio: '',
        target: '0.2 %',
      })
  }
  return rows
}

/** What a reader that stops costs while 100 k changes are written. */
export async function slowReader(directory: string): Promise<Row[]> {
  const file = join(directory, 'slow.db')
  await seconds(litefeed('insert', 'docs', '{"id":-1}', '--db', file))
  const {child, lines} = await tail(file)
  lines.pause()
  child.stdout?.pause()
  const before = memory(child)
  let largest = 0
  const db = new Sqlite(file)
  db.pragma('synchronous = NORMAL')
  const insert = db.prepare('INSERT INTO docs VALUES (?, ?)')
  for (let start = 0; start < 100_000; start += 100) {
    db.transaction(() => {
      for (let id = start; id < start + 100; id++) insert.run(BigInt(id), JSON.stringify({id, bio: 'x'.repeat(150)}))
    })()
    largest = Math.max(largest, statSync(`${file}-wal`).size)
    if (start % 1000 === 0) await sleep(1)
  }
  const grown = memory(child) - before
  let count = 0
  const all = Promise.withResolvers<void>()
  lines.on('line', () => {
    if (++count === 100_000) all.resolve()
  })
  lines.resume()
  child.stdout?.resume()
  await all.promise
  child.kill('SIGINT')
  db.close()
  return [
    {
      measure: 'a reader that stops while 100 k changes are written: memory of the tail, largest WAL',
      ours: `${(grown / 1e6).toFixed(0)} MB, ${(largest / 1e6).toFixed(1)} MB`,
      baseline: '',
      ratio: '',
      target: '',
    },
  ]
}

const commits = 300

async function tail(file: string) {
  const [program, ...args] = litefeed('changes', 'docs', '--include-states', '--db', file) as [string, ...string[]]
  const child = spawn(program, args, {stdio: ['ignore', 'pipe', 'inherit']})
  const lines = createInterface({input: child.stdout})
  await once(lines, 'line')
  return {child: child as ChildProcess, lines}
}

/** Milliseconds, of all its threads. https://docs.kernel.org/scheduler/sched-stats.html */
function processorTime({pid}: ChildProcess): number {
  const threads = readdirSync(`/proc/${pid}/task`)
  const nanoseconds = threads.map(thread =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  )
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6
}

/** Bytes in memory. */
function memory({pid}: ChildProcess): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096
}
