import {join} from 'node:path'
import {misuse} from './terminal/arguments.ts'
import {sayError} from './terminal/talk.ts'

/**
 * The commands of one word. They are started without oclif's search for commands, plugins, hooks and themes, which reads three
 * files and takes a quarter of the time of `get`. What is not here, and every --help, goes the long way.
 */
const commands: Readonly<Record<string, () => Promise<{default: {run(argv: string[]): Promise<unknown>}}>>> = {
  ack: () => import('./commands/ack.ts'),
  changes: () => import('./commands/changes.ts'),
  delete: () => import('./commands/delete.ts'),
  doctor: () => import('./commands/doctor.ts'),
  drop: () => import('./commands/drop.ts'),
  get: () => import('./commands/get.ts'),
  insert: () => import('./commands/insert.ts'),
  list: () => import('./commands/list.ts'),
  migrate: () => import('./commands/migrate.ts'),
  pipe: () => import('./commands/pipe.ts'),
  prune: () => import('./commands/prune.ts'),
  replace: () => import('./commands/replace.ts'),
  tables: () => import('./commands/tables.ts'),
  track: () => import('./commands/track.ts'),
  untrack: () => import('./commands/untrack.ts'),
  update: () => import('./commands/update.ts'),
}

async function start(argv: readonly string[]): Promise<void> {
  const [name = '', ...rest] = argv
  const load = Object.hasOwn(commands, name) && !rest.includes('--help') ? commands[name] : undefined
  if (load !== undefined) return void (await (await load()).default.run(rest))
  checkCommand(name)
  const {run} = await import('@oclif/core/run')
  const {default: pjson} = await import('../package.json', {with: {type: 'json'}})
  // With the package's description at hand oclif need not look for it, nor for plugins: there are none. Built, this file is
  // dist/cli/main.cjs.
  await run([...argv], {
    root: join(import.meta.dirname, '../..'),
    pjson: pjson as never,
    userPlugins: false,
    devPlugins: false,
  })
}

/** oclif would take all arguments for the words of a command, and say that it does not find it. */
function checkCommand(name: string): void {
  if (name === '' || Object.hasOwn(commands, name) || others.includes(name)) return
  if (name.startsWith('-'))
    throw misuse(`the command comes first, before ${name}`, 'litefeed --help lists the commands')
  throw misuse(`there is no command ${name}`, 'litefeed --help lists the commands')
}

const others: readonly string[] = ['consumers', 'help', '--help', '--version']

// oclif's own `handle` would write a log file into the home directory.
start(process.argv.slice(2)).catch(error => {
  process.exitCode = sayError(error)
})
