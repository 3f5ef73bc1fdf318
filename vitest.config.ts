import {join} from 'node:path'
import {defineConfig} from 'vitest/config'
import {BaseSequencer, type TestSpecification} from 'vitest/node'

// vitest keeps a token of its own here, which would otherwise be in the home directory.
process.env.XDG_DATA_HOME = join(import.meta.dirname, 'node_modules/.cache')

/**
 * What takes longest begins first, so that no processor waits for it at the end. vitest knows how long a file took the last time;
 * where it has not run before it goes by the size of the file, and these are small.
 */
const longest = [
  'sinks/exec',
  'sinks/amqp',
  'sinks/squash',
  'e2e/consumers',
  'e2e/tracked',
  'e2e/bad-input',
  'e2e/conformance',
  'e2e/migrate',
  'e2e/windows',
  'tracked/fuzz',
  'feed/model',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({moduleId}: TestSpecification) => longest.some(name => moduleId.endsWith(`${name}.test.ts`))
    const sorted = await super.sort(files)
    return [...sorted.filter(isLong), ...sorted.filter(file => !isLong(file))]
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The machines that this runs on have two cores, and a quarter of the time of the tests is spent on waiting: for leases, for servers.
    maxWorkers: 3,
    sequence: {sequencer: LongestFirst},
    setupFiles: ['test/setup.ts'],
    testTimeout: process.env.LITEFEED_FUZZ === 'long' ? 3_600_000 : 120_000,
    reporters: ['default', './test/services-reporter.ts'],
    // Tests of the commands read what they write to stdout.
    disableConsoleIntercept: true,
  },
})
