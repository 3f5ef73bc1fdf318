// npm run bench [NAME...]: measures the built command beside a baseline, in turn, and prints a table.
import {mkdtempSync, rmSync} from 'node:fs'
import {cpus, tmpdir, totalmem} from 'node:os'
import {join} from 'node:path'
import {expression} from './expression.ts'
import {filter, list} from './filter.ts'
import {live, slowReader} from './live.ts'
import {pipe} from './pipe.ts'
import {prune} from './prune.ts'
import {where, window} from './sets.ts'
import {start} from './start.ts'
import type {Row} from './support.ts'
import {insert, long} from './throughput.ts'
import {tracked} from './tracked.ts'

const benches: Record<string, (directory: string) => Promise<Row[]>> = {
  insert,
  filter,
  list,
  long,
  expression,
  start,
  live,
  slowReader,
  window,
  where,
  tracked,
  pipe,
  prune,
}
const chosen = process.argv.slice(2)
const unknown = chosen.filter(name => !(name in benches))
if (unknown.length > 0)
  throw new Error(`there is no bench ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`)

const directory = mkdtempSync(join(tmpdir(), 'litefeed-bench-'))
console.log(
  `${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}\n`,
)
console.log('| measure | litefeed | baseline | ratio | target |\n|---|---|---|---|---|')
try {
  for (const [name, bench] of Object.entries(benches)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue
    for (const row of await bench(directory))
      console.log(`| ${row.measure} | ${row.ours} | ${row.baseline} | ${row.ratio} | ${row.target} |`)
  }
} finally {
  rmSync(directory, {recursive: true})
}
