import {readFileSync} from 'node:fs'
import {misuse} from './arguments.ts'

/** What signs webhooks: from a file or from the environment, never an argument, which every user of the machine can read. */
export function readSecret(file: string | undefined, to: string | undefined): string | undefined {
  if (file !== undefined) {
    try {
      return readFileSync(file, 'utf8').trim()
    } catch (error) {
      throw misuse(`--secret-file cannot be read: ${(error as Error).message}`)
    }
  }
  const secret = process.env.LITEFEED_WEBHOOK_SECRET
  return secret === '' || !/^https?:/.test(to ?? '') ? undefined : secret
}
