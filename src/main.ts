import {join} from 'node:path'
import {run} from '@oclif/core/run'
import pjson from '../package.json' with {type: 'json'}
import {sayError} from './terminal/talk.ts'

// With the package's description at hand oclif need not look for it, nor for plugins: there are none. Built, this file is
// dist/cli/main.cjs.
const options = {
  root: join(import.meta.dirname, '../..'),
  pjson: pjson as never,
  userPlugins: false,
  devPlugins: false,
}

// oclif's own `handle` would write a log file into the home directory.
run(process.argv.slice(2), options).catch(error => {
  process.exitCode = sayError(error)
})
