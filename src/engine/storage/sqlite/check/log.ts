import type {Finding} from '../../storage.ts'
import type {Connection} from '../connection.ts'
import {readBounds} from '../log.ts'
import {counted, shownBytes} from './words.ts'

/** How large the log is, and whether it has every position from its oldest to its newest. */
export function* checkLog(connection: Connection): Generator<Finding> {
  const {oldest, newest} = readBounds(connection)
  const [count, last] = connection.prepare('SELECT count(*), max(seq) FROM _litefeed_changes').get() as [
    number,
    number | null,
  ]
  const [bytes] = connection
    .prepare(`SELECT sum(pgsize) FROM dbstat WHERE name = '_litefeed_changes' AND aggregate = true`)
    .get() as [number | null]
  yield {check: 'log', status: 'ok', message: `the log has ${counted(count, 'change')} in ${shownBytes(bytes ?? 0)}`}

  const [given] = (connection.prepare(`SELECT seq FROM sqlite_sequence WHERE name = '_litefeed_changes'`).get() ?? [
    0,
  ]) as [number]
  const todo = 'only litefeed may delete from its log; a feed may have missed those changes'
  const missing = last === null ? 0 : newest - oldest + 1 - count
  if (missing > 0) {
    const holes = connection
      .prepare(
        `SELECT seq + 1 FROM _litefeed_changes c WHERE seq < ?
          AND NOT EXISTS (SELECT 1 FROM _litefeed_changes n WHERE n.seq = c.seq + 1) ORDER BY seq LIMIT 3`,
      )
      .all(newest) as [number][]
    const where = holes.map(([seq]) => seq).join(', ')
    const message = `${counted(missing, 'position')} of the log ${missing === 1 ? 'is' : 'are'} missing: holes begin at ${where}`
    yield {check: 'positions', status: 'problem', message, todo}
  }
  if (last !== null && given > last) {
    const message = `the end of the log is missing: it was at ${given}, and is at ${last}`
    yield {check: 'positions', status: 'problem', message, todo}
  }
  if (missing === 0 && (last === null || given <= last)) {
    const message = last === null ? `none is kept; the last was ${newest}` : `${oldest} to ${newest}, without a hole`
    yield {check: 'positions', status: 'ok', message}
  }
}
