import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {misuse} from '../terminal/arguments.ts'
import {LitefeedCommand} from '../terminal/command.ts'
import {matchTables} from '../terminal/patterns.ts'
import {prose} from '../terminal/prose.ts'
import {say} from '../terminal/talk.ts'

export default class Track extends LitefeedCommand {
  static override summary = 'Record the changes of SQL tables that an application owns.'
  static override description =
    prose`From then on every write by any program, in any language, is in the log with the whole old and new row as JSON, and a row
is a document to changes, get and list. Its key is the primary key: a scalar, or an array in the declared order; the
rowid where there is none. A blob is {"$blob":"<hex>"}, an infinity {"$real":"Infinity"}.

It installs triggers, and leaves the table itself alone. Virtual tables cannot be tracked. Of a table that is tracked
already, and of one of documents, the triggers are installed anew, which repairs what doctor finds.`
  static override examples = [
    '<%= config.bin %> track orders --db app.db',
    `<%= config.bin %> track 'order*' --json payload`,
    '<%= config.bin %> track --all',
  ]

  static override args = {
    table: Args.string({description: 'tables, or patterns with * and ?', multiple: true, ignoreStdin: true}),
  }

  static override flags = {
    all: Flags.boolean({description: 'every table that can be tracked'}),
    json: Flags.string({
      description: 'a column whose text is JSON; may be given again',
      helpValue: 'COLUMN',
      multiple: true,
      multipleNonGreedy: true,
    }),
  }

  protected async execute(): Promise<number> {
    const {args, flags} = await this.parse(Track)
    const asked = args.table ?? []
    if (asked.length === 0 && !flags.all) throw misuse('which table? name one, or add --all')
    if (asked.length > 0 && flags.all) throw misuse('tables and --all exclude each other')
    await using store = await this.open(flags, 'change')
    const tables = await store.applicationTables()
    const refused = tables.filter(table => table.refused !== undefined)
    if (flags.all) for (const {refused: reason} of refused) say(`warning: ${reason}; it is left out`)
    const trackable = tables.filter(table => table.refused === undefined)
    const names = flags.all ? trackable.map(({name}) => name) : matchTables(tables, asked)
    const json = flags.json
    const hasColumn = (name: string, column: string) =>
      tables.some(table => table.name === name && table.columns.some(one => one.toLowerCase() === column.toLowerCase()))
    const unknown = json?.find(column => !names.some(name => hasColumn(name, column)))
    if (unknown !== undefined && names.length > 0) throw misuse(`no column ${unknown} in ${names.join(', ')}`)
    const isAsked = (table: string) => names.some(name => name.toLowerCase() === table.toLowerCase())
    for (const name of names) {
      const found = await store.track(name, {json: json?.filter(column => hasColumn(name, column))})
      const {added, changed, removed} = found
      if (added + changed + removed > 0)
        say(`${name} was not as its log said; recorded are ${added} added, ${changed} changed, ${removed} removed`)
    }
    for (const table of await store.tables()) if (isAsked(table.name)) await this.print(JSON.stringify(table))
    return 0
  }
}
