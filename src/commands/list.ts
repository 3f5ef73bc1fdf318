import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {readAhead} from '../terminal/ahead.ts'
import {LitefeedCommand} from '../terminal/command.ts'
import {prose} from '../terminal/prose.ts'
import {setFlags, setOf} from '../terminal/set-flags.ts'

export default class List extends LitefeedCommand {
  static override summary = 'Print the documents of a table.'
  static override description =
    prose`One a line, in the order of their keys: numbers, strings, then booleans and arrays. With --order-by in the order of a field: arrays, booleans, null, numbers, objects,
strings, as in RethinkDB; documents without the field are left out.`
  static override examples = [
    '<%= config.bin %> list users',
    `<%= config.bin %> list users --where 'age >= 18' --order-by age:desc --limit 10`,
    `<%= config.bin %> list users --map '{"name": name, "born": 2026 - age}'`,
  ]

  static override args = {
    table: Args.string({description: 'the table', required: true, ignoreStdin: true}),
  }

  static override flags = {
    ...setFlags(),
    'order-by': Flags.string({
      description: 'a field, such as age or address.city, with :desc the greatest first',
      helpValue: 'FIELD[:desc]',
    }),
    limit: Flags.integer({description: 'at most so many', helpValue: 'N', min: 0}),
    map: Flags.string({
      description: 'JSONata over what would be printed; its result is printed instead',
      helpValue: 'EXPR',
    }),
  }

  protected async execute(): Promise<number> {
    const {args, flags} = await this.parse(List)
    await using store = await this.open(flags, 'read')
    const {limit, map, 'order-by': orderBy} = flags
    const options = {...setOf(flags), limit, map, orderBy}
    const ends = [this.interrupt.signal, this.output.gone]
    await readAhead(
      over => store.table(args.table).listLines({...options, signal: AbortSignal.any([...ends, over])}),
      told => this.print(told),
    )
    return 0
  }
}
