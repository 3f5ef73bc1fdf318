import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {misuse} from '../terminal/arguments.ts'
import {LitefeedCommand} from '../terminal/command.ts'
import {prose} from '../terminal/prose.ts'
import {say} from '../terminal/talk.ts'
import {chooseTables} from '../terminal/track-choice.ts'

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
    const {tables, leftOut} = await this.#choose(flags, asked)
    for (const reason of leftOut) say(`warning: ${reason}; it is left out`)
    if (tables.length === 0) return 0
    await using store = await this.open(flags, 'write')
    for (const {name, json} of tables) {
      const {added, changed, removed} = await store.track(name, {json})
      if (added + changed + removed > 0)
        say(`${name} was not as its log said; recorded are ${added} added, ${changed} changed, ${removed} removed`)
    }
    const tracked = new Set(tables.map(({name}) => name.toLowerCase()))
    for (const table of await store.tables())
      if (tracked.has(table.name.toLowerCase())) await this.print(JSON.stringify(table))
    return 0
  }

  async #choose(
    flags: {db: string; color: boolean; all: boolean; json?: string[] | undefined},
    asked: readonly string[],
  ) {
    await using store = await this.open(flags, 'read')
    return await chooseTables(store, asked, flags.json, flags.all)
  }
}
