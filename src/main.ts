import {run} from '@oclif/core'
import {sayError} from './terminal/talk.ts'

// The library's own `handle` would write a log file into the home directory.
await run(process.argv.slice(2), import.meta.url).catch(error => {
  process.exitCode = sayError(error)
})
