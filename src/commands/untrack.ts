import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {misuse} from '../terminal/arguments.ts'
import {LitefeedCommand} from '../terminal/command.ts'
import {matchTables} from '../terminal/patterns.ts'
import {prose} from '../terminal/prose.ts'
import {say} from '../terminal/talk.ts'

export default class Untrack extends LitefeedCommand {
  static override summary = 'Stop recording the changes of SQL tables.'
  static override description =
    prose`Removes the triggers and everything else that is in the file for the sake of the table; the table stays as it is. With the
last one, when there are no tables of documents, the log goes as well, and nothing of litefeed is left.`
  static override examples = [
    '<%= config.bin %> untrack orders --db app.db',
    '<%= config.bin %> untrack --all --keep-log',
  ]

  static override args = {
    table: Args.string({description: 'tables, or patterns with * and ?', multiple: true, ignoreStdin: true}),
  }

  static override flags = {
    all: Flags.boolean({description: 'every table that is tracked'}),
    'keep-log': Flags.boolean({description: 'keep the log also with the last table'}),
  }

  protected async execute(): Promise<number> {
    const {args, flags} = await this.parse(Untrack)
    const asked = args.table ?? []
    if (asked.length === 0 && !flags.all) throw misuse('which table? name one, or add --all')
    if (asked.length > 0 && flags.all) throw misuse('tables and --all exclude each other')
    await using store = await this.open(flags, 'change')
    const tracked = (await store.tables()).filter(({kind}) => kind === 'tracked')
    const names = flags.all ? tracked.map(({name}) => name) : matchTables(tracked, asked)
    let status = 0
    for (const name of names) {
      if (await store.untrack(name, {keepLog: flags['keep-log']}))
        await this.print(JSON.stringify({name, tracked: false}))
      else {
        say(`error: ${JSON.stringify(name)} is not tracked`)
        status = 1
      }
    }
    return status
  }
}
