import {readFileSync} from 'node:fs'
import {misuse} from './arguments.ts'

/** What signs webhooks: from a file or from the environment, never an argument, which every user of the machine can read. */
export function readSecret(file: string | undefined, to: string | undefined): string | undefined {
  const [name, secret] = file === undefined ? [variable, process.env[variable]] : ['--secret-file', readFile(file)]
  // The environment is for whatever litefeed is started there.
  if (secret === undefined || (file === undefined && !/^https?:/i.test(to ?? ''))) return undefined
  const text = secret.trim()
  if (text === '')
    throw misuse(`${name} is empty`, 'it is what signs the requests: whsec_ and bytes in base64, or any text')
  if (text.startsWith(prefix) && !isBase64(text.slice(prefix.length)))
    throw misuse(`what follows ${prefix} in ${name} is not base64`)
  return text
}

function readFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw misuse(`--secret-file cannot be read: ${(error as Error).message}`)
  }
}

function isBase64(text: string): boolean {
  return text !== '' && /^[A-Za-z0-9+/_-]*={0,2}$/.test(text) && text.replace(/=+$/, '').length % 4 !== 1
}

const variable = 'LITEFEED_WEBHOOK_SECRET'
const prefix = 'whsec_'
