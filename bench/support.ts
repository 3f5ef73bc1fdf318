import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {createReadStream, createWriteStream} from 'node:fs'
import {join} from 'node:path'
import {pipeline} from 'node:stream/promises'

/** One line of the table that a bench prints. */
export interface Row {
  readonly measure: string
  readonly ours: string
  readonly baseline: string
  /** More is better, unless the measure says otherwise. */
  readonly ratio: string
  readonly target: string
}

export const run = join(import.meta.dirname, '../bin/run.js')

/** Seconds that a command takes from its start to its end, its output read through a pipe and thrown away. */
export async function seconds(
  command: readonly string[],
  options: {readonly input?: string; readonly cwd?: string} = {},
): Promise<number> {
  const start = performance.now()
  const [program, ...args] = command as [string, ...string[]]
  const child = spawn(program, args, {cwd: options.cwd, stdio: ['pipe', 'pipe', 'inherit']})
  child.stdout.resume()
  const closed = once(child, 'close')
  if (options.input === undefined) child.stdin.end()
  else await pipeline(createReadStream(options.input), child.stdin)
  const [status] = await closed
  if (status !== 0) throw new Error(`${command.join(' ')} ended with status ${status}`)
  return (performance.now() - start) / 1000
}

export function litefeed(...args: string[]): readonly string[] {
  return [process.execPath, run, ...args]
}

/** Runs each in turn, `rounds` times after one that does not count, and gives the median of each. */
export async function interleave(rounds: number, runs: readonly (() => Promise<number>)[]): Promise<number[]> {
  const times: number[][] = runs.map(() => [])
  for (let round = -1; round < rounds; round++) {
    for (const [index, once] of runs.entries()) {
      const time = await once()
      if (round >= 0) times[index]?.push(time)
    }
  }
  return times.map(median)
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version'], {stdio: 'ignore'}).status === 0
}

/** Writes `count` lines. */
export async function writeLines(file: string, count: number, line: (index: number) => string): Promise<void> {
  async function* parts() {
    for (let start = 0; start < count; start += 1000) {
      let text = ''
      for (let index = start; index < Math.min(count, start + 1000); index++) text += `${line(index)}\n`
      yield text
    }
  }
  await pipeline(parts, createWriteStream(file))
}

/** A comparison of two times as a row: how many times faster the first is. */
export function compared(
  measure: string,
  target: string,
  [mine, other]: readonly number[],
  peer: string,
  show = (time: number) => `${time.toFixed(2)} s`,
): Row {
  if (mine === undefined) throw new Error(`${measure} was not measured`)
  const isThere = other !== undefined
  return {
    measure,
    ours: show(mine),
    baseline: isThere ? `${peer} ${show(other)}` : `${peer} is not installed`,
    ratio: isThere ? (other / mine).toFixed(2) : '',
    target,
  }
}

export function rate(count: number): (time: number) => string {
  return time => `${Math.round(count / time / 1000)} k/s`
}
