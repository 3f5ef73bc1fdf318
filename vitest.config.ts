import {defineConfig} from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The machines that this runs on have two cores.
    maxWorkers: 2,
    setupFiles: ['test/setup.ts'],
    testTimeout: process.env.LITEFEED_FUZZ === 'long' ? 600_000 : 30_000,
    // Tests of the commands read what they write to stdout.
    disableConsoleIntercept: true,
  },
})
