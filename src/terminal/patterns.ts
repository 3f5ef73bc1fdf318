import type {ApplicationTable} from '../engine/storage/storage.ts'
import {misuse} from './arguments.ts'

/**
 * The tables that names and patterns stand for: `*` is any text, `?` any character. A name that is no table is among them as
 * it is, for the engine to refuse; a pattern must fit one.
 */
export function matchTables(
  tables: readonly Pick<ApplicationTable, 'name'>[],
  asked: readonly string[],
): readonly string[] {
  const found = asked.flatMap(text => {
    const exact = tables.find(({name}) => name.toLowerCase() === text.toLowerCase())
    if (exact !== undefined || !/[*?]/.test(text)) return [exact?.name ?? text]
    const pattern = new RegExp(
      `^${text
        .replaceAll(/[^\w*?]/g, '\\$&')
        .replaceAll('*', '.*')
        .replaceAll('?', '.')}$`,
      'is',
    )
    const fitting = tables.filter(({name}) => pattern.test(name))
    if (fitting.length === 0) throw misuse(`no table fits ${text}`)
    return fitting.map(({name}) => name)
  })
  return [...new Set(found)]
}
