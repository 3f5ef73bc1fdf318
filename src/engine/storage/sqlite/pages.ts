import {isAscii, isUtf8} from 'node:buffer'
import {canonicalKey} from '../../documents/key.ts'
import type {Comparisons, Cursor, Page, Stored} from '../storage.ts'
import type {Connection} from './connection.ts'
import type {Fragment} from './fragment.ts'
import {compareIds, exactId, type Id, idOfKey, idParameter, type TextBytes} from './ids.ts'
import {keepsDocument, leavingOut} from './leave-out.ts'
import {readBounds} from './log.ts'
import {docText, identifier, keyJson} from './sql.ts'

/** See Storage.page. Ends a page early at 8 MB, so that memory stays small whatever the documents. */
export function pageDocuments(
  connection: Connection,
  table: string,
  after: Cursor | undefined,
  limit: number,
  where: Comparisons = [],
): Page {
  return leavingOut(keepsDocument(where), condition => {
    const {id, span} = (after?.cursor ?? {}) as Place
    const from = id === undefined ? [] : [idParameter(id)]
    const until = condition === undefined ? undefined : (span ?? endOfSpan(connection, table, from))
    const rows = selectRows(table, from, until, limit, condition)
    const {documents, last, isFull} = readJoined(connection, rows, limit) ?? readEach(connection, rows, limit)
    const position = readBounds(connection).newest
    const end = isFull ? last : until
    if (end === undefined) return {position, documents, covers: () => true}
    const cursor: Place = {id: end, span: isFull && end !== until ? until : undefined}
    return {position, documents, covers: key => compareIds(idOfKey(key), end) <= 0, next: {cursor}}
  })
}

/** Where a page ends, and where the span of documents ends that it belongs to. */
interface Place {
  readonly id?: Id
  readonly span?: Id | undefined
}

type Parameter = ReturnType<typeof idParameter>
type ReadId = Exclude<Id, TextBytes>

interface Rows {
  readonly documents: readonly Stored[]
  readonly last: Id | undefined
  /** Whether there may be more of them. */
  readonly isFull: boolean
}

function selectRows(
  table: string,
  from: readonly Parameter[],
  until: Id | undefined,
  limit: number,
  condition: Fragment | undefined,
) {
  const to = until === undefined ? [] : [idParameter(until)]
  const conditions = [
    ...from.map(({sql}) => `id > ${sql}`),
    ...to.map(({sql}) => `id <= ${sql}`),
    ...(condition === undefined ? [] : [condition.sql]),
  ]
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`
  return {
    sql: `SELECT ${keyJson('id', 'doc')} AS key, ${docText('doc')} AS doc, id, CAST(id AS BLOB) FROM ${identifier(table)} ${where} ORDER BY id LIMIT ${limit}`,
    values: [...[...from, ...to].map(({value}) => value), ...(condition?.values ?? [])],
  }
}

/**
 * All rows at once, their texts joined in SQL, which takes a third of the time. Undefined where the joined texts cannot be
 * told apart, since one holds a line break, and where one is long: in its place stands one line too many. Nor in UTF-16.
 */
function readJoined(
  connection: Connection,
  {sql, values}: ReturnType<typeof selectRows>,
  limit: number,
): Rows | undefined {
  if (!connection.isUtf8) return undefined
  const text = `CASE WHEN octet_length(doc) > 16000 THEN char(10) ELSE doc END`
  const statement = connection.prepare(
    `SELECT CAST(group_concat(key, char(10)) AS BLOB), CAST(group_concat(${text}, char(10)) AS BLOB), count(*), max(id),
      CAST(max(id) AS BLOB) FROM (${sql})`,
  )
  statement.safeIntegers()
  const [keyBytes, textBytes, count, last, lastBytes] = statement.get(...values) as [
    Buffer | null,
    Buffer | null,
    bigint,
    ReadId,
    Buffer,
  ]
  if (keyBytes === null || textBytes === null) return {documents: [], last: undefined, isFull: false}
  if (!isUtf8(textBytes)) return undefined
  const [keys, texts] = [linesOf(keyBytes), linesOf(textBytes)]
  if (keys.length !== Number(count) || texts.length !== keys.length) return undefined
  const documents = texts.map((text, index) => ({key: canonicalKey(keys[index] as string), text}))
  return {documents, last: exactId(last, lastBytes), isFull: documents.length >= limit}
}

function linesOf(bytes: Buffer): string[] {
  return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8').split('\n')
}

/** Row by row. */
function readEach(connection: Connection, {sql, values}: ReturnType<typeof selectRows>, limit: number): Rows {
  const statement = connection.prepare(sql)
  statement.safeIntegers()
  const documents: Stored[] = []
  let bytes = 0
  let last: Id | undefined
  for (const [key, text, id, idBytes] of statement.iterate(...values) as Iterable<[string, string, ReadId, Buffer]>) {
    documents.push({key: canonicalKey(key), text})
    last = exactId(id, idBytes)
    bytes += text.length
    if (bytes > 8e6) break
  }
  return {documents, last, isFull: documents.length >= limit || bytes > 8e6}
}

/** The last id of as many documents as one statement may pass over, so that it stays short; undefined when fewer are left. */
function endOfSpan(connection: Connection, table: string, from: readonly Parameter[]): Id | undefined {
  const statement = connection.prepare(
    `SELECT id, CAST(id AS BLOB) FROM ${identifier(table)} ${from.map(({sql}) => `WHERE id > ${sql}`).join()} ORDER BY id LIMIT 1 OFFSET ${documentsAtOnce}`,
  )
  statement.safeIntegers()
  const end = statement.get(...from.map(({value}) => value)) as [ReadId, Buffer] | undefined
  return end && exactId(...end)
}

const documentsAtOnce = 20_000
