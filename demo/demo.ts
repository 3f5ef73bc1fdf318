// Shows the main job on real input: one process tails while others insert, update and delete countries of the world.
// Everything happens in a temporary directory, which is removed at the end.
import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtempSync, rmSync} from 'node:fs'
import {createRequire} from 'node:module'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {createInterface} from 'node:readline'
import {setTimeout as sleep} from 'node:timers/promises'

interface Country {
  readonly cca3: string
  readonly name: {readonly common: string}
  readonly region: string
  readonly capital: readonly string[]
  readonly area: number
  readonly borders: readonly string[]
}

const countries: Country[] = createRequire(import.meta.url)('world-countries')
const directory = mkdtempSync(join(tmpdir(), 'litefeed-demo-'))
const run = join(import.meta.dirname, '../bin/run.js')
const env = {...process.env, LITEFEED_DB: join(directory, 'world.db')}

try {
  console.log('One process follows the table "countries". There is nothing in it yet:\n')
  const seen = await tail(['changes', 'countries', '--include-states'])

  console.log('\nAnother one stores countries, which arrive on its stdin one after the other:\n')
  const insert = litefeed(['insert', 'countries'], 'pipe')
  for (const country of countries.filter(({region, area}) => region === 'Europe' && area > 300_000)) {
    insert.stdin?.write(`${JSON.stringify(documentOf(country))}\n`)
    await sleep(150)
  }
  insert.stdin?.end()
  await once(insert, 'close')

  console.log('\nAn update by a condition, and a deletion by key:\n')
  await finish(litefeed(['update', 'countries', '--where', '"DEU" in borders', '{"neighbour":{"of":"Germany"}}']))
  await finish(litefeed(['delete', 'countries', 'NOR']))
  const last = await seen.stop()

  console.log('\nThe tail is gone. Meanwhile the rest of the world arrives:\n')
  const rest = litefeed(['insert', 'countries', '--conflict', 'skip'], 'pipe')
  rest.stdin?.end(countries.map(country => JSON.stringify(documentOf(country))).join('\n'))
  await once(rest, 'close')

  console.log(
    `\nIt goes on where it stopped, after ${last}: nothing is missing. This time only large countries, and only their names:\n`,
  )
  const filter = 'new_val.area > 5000000'
  await finish(
    litefeed([
      'changes',
      'countries',
      '--since',
      String(last),
      '--no-follow',
      '--filter',
      filter,
      '--map',
      'new_val.name',
    ]),
  )
} finally {
  rmSync(directory, {recursive: true})
}

function documentOf({cca3, name, region, capital, area, borders}: Country) {
  return {id: cca3, name: name.common, region, capital: capital[0], area, borders}
}

function litefeed(
  args: readonly string[],
  stdin: 'pipe' | 'ignore' = 'ignore',
  stdout: 'pipe' | 'inherit' = 'inherit',
): ChildProcess {
  const shown = args.map(arg => (/^[\w-]+$/.test(arg) ? arg : `'${arg}'`))
  console.log(`$ litefeed ${shown.join(' ')}`)
  return spawn(process.execPath, [run, ...args], {env, stdio: [stdin, stdout, 'inherit']})
}

async function finish(child: ChildProcess): Promise<void> {
  const [status] = await once(child, 'close')
  if (status !== 0) throw new Error(`litefeed ended with status ${status}`)
}

/** Starts a tail that is shown indented, and waits until it is ready. */
async function tail(args: readonly string[]) {
  const child = litefeed(args, 'ignore', 'pipe')
  let last = 0
  const ready = Promise.withResolvers<void>()
  createInterface({input: child.stdout as NonNullable<ChildProcess['stdout']>}).on('line', line => {
    const event = JSON.parse(line)
    last = event.seq
    console.log(`    ${line}`)
    if (event.state === 'ready') ready.resolve()
  })
  await ready.promise
  const stop = async () => {
    // A tail that prints nothing more has seen everything: it is a fraction of a millisecond behind.
    await sleep(300)
    child.kill('SIGINT')
    await once(child, 'close')
    return last
  }
  return {stop}
}
