import {join} from 'node:path'
import {defineConfig} from 'vitest/config'

// vitest keeps a token of its own here, which would otherwise be in the home directory.
process.env.XDG_DATA_HOME = join(import.meta.dirname, 'node_modules/.cache')

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The machines that this runs on have two cores.
    maxWorkers: 2,
    setupFiles: ['test/setup.ts'],
    testTimeout: process.env.LITEFEED_FUZZ === 'long' ? 3_600_000 : 120_000,
    reporters: ['default', './test/services-reporter.ts'],
    // Tests of the commands read what they write to stdout.
    disableConsoleIntercept: true,
  },
})
