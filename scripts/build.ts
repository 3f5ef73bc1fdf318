// Builds dist/: the command line and the library, each bundled so that it starts fast; the types of the library; the manifest
// by which oclif loads one command without the others; and the licences of what is bundled.
import {execFileSync} from 'node:child_process'
import {existsSync, globSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join, relative} from 'node:path'
import {Config, type Plugin} from '@oclif/core'
import {type OutputChunk, rolldown} from 'rolldown'
import {quickOclif} from './oclif.ts'

const root = join(import.meta.dirname, '..')
process.chdir(root)
rmSync('dist', {recursive: true, force: true})
rmSync('oclif.manifest.json', {force: true})

const commands = globSync('src/commands/**/*.ts').map(file => [relative('src', file).replace(/\.ts$/, ''), file])
// The oldest Node of `engines` decides: it does not know `using`, for one.
const common = {platform: 'node' as const, transform: {target: 'node22'}}
const stubs = {
  debug: join(root, 'scripts/stubs/debug.cjs'),
  'wsl-utils': join(root, 'scripts/stubs/wsl-utils.js'),
  './binding': join(root, 'scripts/stubs/binding.cjs'),
}

const cli = await rolldown({
  ...common,
  input: {main: 'src/main.ts', ...Object.fromEntries(commands)},
  resolve: {alias: stubs},
  plugins: [quickOclif()],
})
const library = await rolldown({...common, external: ['better-sqlite3'], input: ['src/index.ts', 'src/expression.ts']})
const outputs = [
  await cli.write({
    dir: 'dist/cli',
    format: 'cjs',
    exports: 'named',
    minify: true,
    entryFileNames: '[name].cjs',
    chunkFileNames: 'chunks/[name]-[hash].cjs',
    // Few files: each costs a start. What only some commands need stays by itself.
    codeSplitting: {
      groups: [
        {name: 'oclif', test: /@oclif\/core\/lib\/(command|args|flags)\.js/, priority: 2},
        {name: 'help', test: /node_modules\/@oclif/, priority: 1},
        {
          name: 'litefeed',
          test: /src\/(engine|terminal)\/(?!color|run-command|dead-letters|owner|storage\/sqlite|sinks)/,
        },
        {name: 'sqlite', test: /src\/engine\/storage\/sqlite|better-sqlite3/},
      ],
    },
  }),
  await library.write({dir: 'dist', format: 'esm', chunkFileNames: 'chunks/[name]-[hash].js'}),
]
writeLicences(outputs.flatMap(({output}) => output.filter(chunk => chunk.type === 'chunk')))

execFileSync('tsc', ['--project', 'tsconfig.build.json'], {stdio: 'inherit'})

const config = await Config.load({root, ignoreManifest: true})
const plugin = config.plugins.get('litefeed') as Plugin | undefined
if (plugin === undefined || plugin.commands.length !== commands.length) throw new Error('the commands do not load')
writeFileSync('oclif.manifest.json', JSON.stringify(plugin.manifest))

function writeLicences(chunks: OutputChunk[]): void {
  const packages = new Set(
    chunks
      .flatMap(chunk => chunk.moduleIds)
      .map(id => /.*\/node_modules\/(@[^/]+\/[^/]+|[^/]+)/.exec(id)?.[0])
      .filter(folder => folder !== undefined),
  )
  const notices = [...packages].sort().map(folder => {
    const {name, version, license} = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const [file] = globSync('{LICENSE,LICENCE,license,License}*', {cwd: folder})
    const text =
      file !== undefined && existsSync(join(folder, file))
        ? readFileSync(join(folder, file), 'utf8').trim()
        : `Licence: ${license}`
    return `${name} ${version}\n\n${text}\n`
  })
  writeFileSync('dist/THIRD-PARTY-LICENCES.txt', notices.join(`\n${'-'.repeat(80)}\n\n`))
}
