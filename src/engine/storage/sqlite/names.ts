import {mistakeIn} from '../../documents/json.ts'
import {LitefeedError, shown} from '../../error.ts'

/** Refuses a name that a table cannot have. Throws MISUSE. */
export function checkName(table: string): void {
  if (table === '') throw new LitefeedError('MISUSE', 'a table needs a name')
  if (/^(_litefeed_|sqlite_)/i.test(table)) {
    throw new LitefeedError(
      'MISUSE',
      `the table name ${shown(table)} is reserved: names that start with _litefeed_ or sqlite_ belong to litefeed and SQLite`,
    )
  }
  if (!table.isWellFormed() || hasControl(table)) {
    throw new LitefeedError(
      'MISUSE',
      `the table name ${shown(table)} holds a control character or half of a surrogate pair`,
    )
  }
  if (table.startsWith('{') && mistakeIn(table) === undefined)
    throw new LitefeedError('MISUSE', `the table name ${shown(table)} looks like a document`, {
      hint: 'the name of the table comes first',
    })
  if (table.startsWith('-'))
    throw new LitefeedError('MISUSE', `the table name ${shown(table)} starts with "-", as options do`)
}

function hasControl(text: string): boolean {
  return [...text].some(character => character < ' ' || character === '\x7f')
}
