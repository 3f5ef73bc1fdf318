import * as Flags from '@oclif/core/flags'
import type {SetOptions} from '../engine/documents/set.ts'

/** The flags that say which documents, and what of them. */
export function setFlags(helpGroup?: string) {
  const group = helpGroup === undefined ? {} : {helpGroup}
  return {
    where: Flags.string({
      description: 'JSONata over the document: only those for which it is true',
      helpValue: 'EXPR',
      ...group,
    }),
    pluck: Flags.string({
      description: 'only these fields of each, such as name,address.city',
      helpValue: 'FIELDS',
      ...group,
    }),
    without: Flags.string({description: 'all but these fields of each', helpValue: 'FIELDS', ...group}),
    select: Flags.string({
      description:
        'JSONata over the document: its result stands for it; one without a result, or with null, is left out',
      helpValue: 'EXPR',
      ...group,
    }),
  }
}

/** What those flags mean. */
export function setOf(flags: {[Name in keyof ReturnType<typeof setFlags>]: string | undefined}): SetOptions {
  return {where: flags.where, pluck: fieldsOf(flags.pluck), without: fieldsOf(flags.without), select: flags.select}
}

function fieldsOf(list: string | undefined): readonly string[] | undefined {
  return list?.split(',').map(name => name.trim())
}
