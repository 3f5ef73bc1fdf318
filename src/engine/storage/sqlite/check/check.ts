import type {Finding} from '../../storage.ts'
import type {Connection} from '../connection.ts'
import {isBusy} from '../failure.ts'
import {isInitialised} from '../tables.ts'
import {checkDamage, checkLibrary, checkWal} from './file.ts'
import {checkHistory} from './history.ts'
import {checkLog} from './log.ts'
import {checkTables} from './tables.ts'

/** See Storage.check. Each check is a read transaction of its own, so that none keeps the WAL from shrinking for all of them. */
export async function checkDatabase(connection: Connection): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const check of checks) findings.push(...(await performAlone(check, connection)))
  return findings
}

type Check = readonly [name: Finding['check'], look: (connection: Connection) => Iterable<Finding>, needsLog: boolean]

const checks: readonly Check[] = [
  ['sqlite', checkLibrary, false],
  ['file', checkDamage, false],
  ['wal', checkWal, false],
  ['triggers', checkTables, true],
  ['log', checkLog, true],
  ['history', checkHistory, true],
]

async function performAlone(check: Check, connection: Connection): Promise<readonly Finding[]> {
  let found: readonly Finding[] | undefined
  try {
    await connection.read(() => {
      found = perform(check, connection)
    })
  } catch (error) {
    // Of a damaged file SQLite may refuse even the end of a transaction that has only read.
    if (found === undefined) throw error
  }
  return found ?? []
}

/** A file may be so damaged that a check cannot come to its end; the others still say what they see. */
function perform([name, look, needsLog]: Check, connection: Connection): readonly Finding[] {
  try {
    if (isInitialised(connection) || !needsLog) return [...look(connection)]
    return name === 'log' ? [{check: name, status: 'ok', message: 'litefeed has recorded nothing in this file'}] : []
  } catch (error) {
    if (isBusy(error)) throw error
    const message = `this could not be checked: ${(error as Error).message}`
    return [{check: name, status: 'problem', message}]
  }
}
