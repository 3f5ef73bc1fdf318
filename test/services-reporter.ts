import type {Reporter} from 'vitest/node'
import {isThere, type Service, services} from './services.ts'

/** Says at the end which tests were skipped because a server is not there. */
export default class ServicesReporter implements Reporter {
  async onTestRunEnd(): Promise<void> {
    for (const name of Object.keys(services) as Service[]) {
      if (await isThere(name).catch(() => false)) continue
      console.log(`${name} does not listen on 127.0.0.1:${services[name]}: the tests that need it were skipped`)
    }
  }
}
