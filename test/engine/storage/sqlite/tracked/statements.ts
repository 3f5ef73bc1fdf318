import {identifier} from '../../../../../src/engine/storage/sqlite/sql.ts'
import type {Random} from '../../../../support.ts'
import type {ColumnOf, Schema} from './schemas.ts'

/** Random statements for the tables of a schema; the transactions among them are complete. */
export function script(random: Random, {tables}: Schema, length: number): string[] {
  const statements: string[] = []
  const one = () => {
    const [table, columns] = random.pick(Object.entries(tables))
    return statement(random, identifier(table), columns)
  }
  while (statements.length < length) {
    if (random.chance(0.85)) statements.push(one())
    else {
      const inner = Array.from({length: 1 + random.below(4)}, one)
      const end = random.pick(['COMMIT', 'ROLLBACK'])
      const savepoint = ['SAVEPOINT s', one(), random.pick(['RELEASE s', 'ROLLBACK TO s'])]
      statements.push('BEGIN', ...inner, ...(random.chance(0.5) ? savepoint : []), end)
    }
  }
  return statements
}

function statement(random: Random, table: string, columns: readonly ColumnOf[]): string {
  const or = random.pick(['', '', 'OR REPLACE', 'OR REPLACE', 'OR IGNORE', 'OR FAIL', 'OR ABORT', 'OR ROLLBACK'])
  const column = () => random.pick(columns)
  const name = ([text]: ColumnOf) => (text === 'rowid' || text === 'oid' ? text : identifier(text))
  const some = () => {
    const chosen = columns.filter(() => random.chance(0.8))
    return chosen.length === 0 ? [column()] : chosen
  }
  const term = () => {
    const chosen = column()
    return random.chance(0.7)
      ? `${name(chosen)} = ${valueFor(random, chosen)}`
      : `${name(chosen)} IS NOT ${valueFor(random, chosen)}`
  }
  const where = () =>
    random.pick([term, term, () => `${term()} OR ${term()}`, () => `${term()} AND ${term()}`, () => 'true'])()
  const assignment = (chosen: ColumnOf) =>
    `${name(chosen)} = ${random.pick([valueFor(random, chosen), valueFor(random, chosen), name(chosen), `${name(chosen)} + 1`, `upper(${name(column())})`, name(column())])}`
  const set = () => some().map(assignment).join(', ')
  const row = (chosen: readonly ColumnOf[]) => `(${chosen.map(one => valueFor(random, one)).join(', ')})`
  const insert = () => {
    const chosen = some()
    const rows = Array.from({length: 1 + random.below(3)}, () => row(chosen)).join(', ')
    return `INSERT ${or} INTO ${table} (${chosen.map(name).join(', ')}) VALUES ${rows}`
  }
  const upsert = () =>
    random.pick([
      ' ON CONFLICT DO NOTHING',
      ` ON CONFLICT DO UPDATE SET ${set()}`,
      ` ON CONFLICT DO UPDATE SET ${set()} WHERE ${where()}`,
    ])
  const copy = () => {
    const chosen = some()
    const values = chosen.map(one => random.pick([name(one), valueFor(random, one)]))
    return `INSERT ${or} INTO ${table} (${chosen.map(name).join(', ')}) SELECT ${values.join(', ')} FROM ${table} WHERE ${where()} LIMIT 3`
  }
  return random.pick([
    insert,
    insert,
    () => insert() + upsert(),
    copy,
    () => `UPDATE ${or} ${table} SET ${set()} WHERE ${where()}`,
    () => `UPDATE ${or} ${table} SET ${set()} WHERE ${where()}`,
    () => `UPDATE ${or} ${table} SET ${assignment(column())} WHERE ${where()}`,
    () => `DELETE FROM ${table} WHERE ${where()} AND ${where()}`,
  ])()
}

function valueFor(random: Random, [, values]: ColumnOf): string {
  if (values === 'key') return random.pick(random.chance(0.9) ? keys : anything)
  if (values === 'small') return random.chance(0.95) ? String(random.below(7)) : random.pick(anything)
  return random.pick(values === 'json' ? [...json, ...anything] : anything)
}

const keys = ['1', '1.0', `'1'`, '2', '2.5', `'a'`, `'A'`, `'b'`, `X'61'`, 'NULL', '-1']

const json = [
  `'{"a": [1, 2.50, "x"], "b": 12345678901234567890}'`,
  `'  [ ] '`,
  `'[1,' || char(10) || '2]'`,
  `'no JSON'`,
  `'{"a":1'`,
  `'"text"'`,
  'json_array(1, NULL)',
  `'1]' || char(0)`,
]

const anything = [
  'NULL',
  '0',
  '1',
  '1.0',
  '-0.0',
  '-7',
  '4611686018427387905',
  '-9223372036854775808',
  '9007199254740993',
  '9007199254740992.0',
  '0.1',
  '0.1 + 0.2',
  '2.5e-7',
  '1e15',
  '1e300',
  '123456789.123456789',
  '9e999',
  '-9e999',
  `''`,
  `'a'`,
  `'A'`,
  `'1'`,
  `'1.0'`,
  `'it''s "so" \\ and \\n'`,
  `'größe 🦆'`,
  `'two' || char(13, 10) || 'lines' || char(9)`,
  `'bell' || char(7, 27, 31, 127) || char(8232)`,
  `'nul' || char(0) || 'nul'`,
  `CAST(X'61FF62C328' AS TEXT)`,
  `json('{"sub":"type"}')`,
  `json_array(1)`,
  `X''`,
  `X'00FF22'`,
  'zeroblob(3)',
]
