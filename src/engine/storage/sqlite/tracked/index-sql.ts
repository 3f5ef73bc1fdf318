import {identifier, literal} from '../sql.ts'
import {foldName, type Token, tokens} from './tokens.ts'

/** What CREATE INDEX says that no PRAGMA tells: the expressions that are indexed, and which rows are. */
export interface IndexSql {
  /** By place; columns are expressions too. */
  readonly expressions: readonly Expression[]
  readonly where?: Expression
}

export interface Expression {
  /** Its columns are quoted, and have no table's name before them, as CHECK and WHERE allow it. */
  readonly sql: string
  /** The columns that it names, as the table spells them. */
  readonly columns: readonly string[]
}

/** Reads a statement as SQLite keeps it in sqlite_schema. `columns` are those of its table. */
export function readIndexSql(sql: string, columns: readonly string[]): IndexSql {
  const all = tokens(sql)
  const open = all.findIndex(token => token.text === '(')
  const close = closing(all, open)
  const parts: Token[][] = [[]]
  for (let at = open + 1; at < close; at++) {
    const end = all[at]?.text === '(' ? closing(all, at) : at
    if (all[at]?.text === ',') parts.push([])
    else parts.at(-1)?.push(...all.slice(at, end + 1))
    at = end
  }
  const expressions = parts.map(part => expression(withoutOrder(part), columns))
  const rest = all.slice(close + 1)
  if (rest.length === 0 || !isWord(rest[0], 'where')) return {expressions}
  return {expressions, where: expression(rest.slice(1), columns)}
}

/** The CHECK constraints in a CREATE TABLE as SQLite keeps it. */
export function readCheckSql(sql: string, columns: readonly string[]): readonly Expression[] {
  const all = tokens(sql)
  return all.flatMap((token, at) => {
    if (!isWord(token, 'check') || all[at + 1]?.text !== '(') return []
    return [expression(all.slice(at + 2, closing(all, at + 1)), columns)]
  })
}

/** The place of the parenthesis that closes the one at `open`. */
function closing(all: readonly Token[], open: number): number {
  let depth = 0
  for (let at = open; at < all.length; at++) {
    if (all[at]?.text === '(') depth++
    if (all[at]?.text === ')') depth--
    if (depth === 0) return at
  }
  return all.length
}

/** An indexed expression may end with COLLATE name, ASC and DESC; a PRAGMA tells the collation. */
function withoutOrder(part: readonly Token[]): readonly Token[] {
  const end = part.at(-1)
  if (part.length > 1 && (isWord(end, 'asc') || isWord(end, 'desc'))) return withoutOrder(part.slice(0, -1))
  if (part.length > 2 && isWord(part.at(-2), 'collate')) return part.slice(0, -2)
  return part
}

function expression(written: readonly Token[], columns: readonly string[]): Expression {
  const part = written.filter((_, at) => !isQualifier(written, at) && !isQualifier(written, at - 1))
  const known = new Map(columns.map(name => [foldName(name), name]))
  const used = new Set<string>()
  const texts = part.map((token, at) => {
    if (token.kind !== 'word' && token.kind !== 'quoted') return token.text
    const isColumn = part[at + 1]?.text !== '(' && !isWord(part[at - 1], 'collate') && !isKeyword(part, at)
    const column = isColumn ? known.get(foldName(token.name)) : undefined
    if (column === undefined) return otherName(token)
    used.add(column)
    return identifier(column)
  })
  return {sql: texts.join(' '), columns: [...used]}
}

/** There is no query in an expression: what stands before a dot is the table, or the name of its database. */
function isQualifier(part: readonly Token[], at: number): boolean {
  const kind = part[at]?.kind
  return (kind === 'word' || kind === 'quoted') && part[at + 1]?.text === '.'
}

/** Whether a token is no name. Some words are names where a value is expected, as in `a LIKE like`, and only there. */
function isKeyword(part: readonly Token[], at: number): boolean {
  const token = part[at]
  if (token?.kind !== 'word') return false
  return reserved.test(token.text) || (operators.test(token.text) && isValueEnd(part, at - 1))
}

/** Whether a value may end with the token, so that no other one can follow it. */
function isValueEnd(part: readonly Token[], at: number): boolean {
  const token = part[at]
  if (token === undefined) return false
  if (token.kind === 'sign') return token.text === ')'
  // In `a NOT LIKE b`, but not in `NOT like`.
  if (isWord(token, 'not')) return isValueEnd(part, at - 1)
  return !isKeyword(part, at) || /^(end|null|isnull|notnull|current_\w+)$/i.test(token.text)
}

/** Of the words that an expression may hold, those that must be quoted to be a name. https://sqlite.org/lang_keywords.html */
const reserved =
  /^(and|as|between|case|collate|current_date|current_time|current_timestamp|distinct|else|escape|exists|from|in|is|isnull|not|notnull|null|or|then|when)$/i
const operators = /^(end|glob|like|match|regexp)$/i

/**
 * What is no column is a function, a keyword or, in double quotes, an old way to write a string, which a writer may have
 * turned off. https://sqlite.org/quirks.html#dblquote
 */
function otherName(token: Token): string {
  return token.text.startsWith('"') ? literal(token.name) : token.text
}

function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === 'word' && token.text.toLowerCase() === word
}
