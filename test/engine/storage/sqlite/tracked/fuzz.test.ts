import {describe, test} from 'vitest'
import {Random, rounds} from '../../../../support.ts'
import {fuzz} from './fuzz.ts'
import {schemas} from './schemas.ts'
import {writers} from './writers.ts'

describe.each(writers)('whatever $name does to tracked tables', writer => {
  if (writer.version === undefined) console.error(`${writer.name} is not installed: not tested as a writer`)

  test.runIf(writer.version !== undefined).each(['off', 'on'] as const)(
    'is in the log and disturbs nothing, with recursive_triggers %s',
    async recursive => {
      const random = new Random()
      const chosen = schemas.filter(schema => recursive === (schema.recursive ?? recursive))
      for (let run = 0; run < rounds(1); run++) await fuzz(chosen, writer, random, {recursive, length: 40})
    },
  )
})
