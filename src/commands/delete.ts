import * as Args from '@oclif/core/args'
import {misuse} from '../terminal/arguments.ts'
import {prose} from '../terminal/prose.ts'
import {selectionFlags, selectionOf} from '../terminal/selection.ts'
import {WriteCommand} from '../terminal/write-command.ts'

export default class Delete extends WriteCommand {
  static override summary = 'Delete documents.'
  static override description =
    prose`A KEY that is not there counts in "skipped". KEY is JSON when it parses as a number, string, boolean or array, otherwise
it is the string itself: 1 is a number, '"1"' and abc are strings.`
  static override examples = [
    '<%= config.bin %> delete users 1 2',
    `<%= config.bin %> delete users --where 'age < 18'`,
    '<%= config.bin %> delete users --all --return-changes',
  ]

  static override args = {
    table: Args.string({description: 'the table', required: true, ignoreStdin: true}),
    key: Args.string({description: 'keys', multiple: true, ignoreStdin: true}),
  }

  static override flags = selectionFlags

  protected async execute(): Promise<number> {
    const {args, flags} = await this.parse(Delete)
    const selected = selectionOf(args.key ?? [], flags)
    if (selected === undefined) throw misuse('which documents? name keys, --where or --all')
    await this.check(flags.where)
    await using store = await this.open(flags, 'write')
    return await this.finish(store.table(args.table).writer.delete(selected, this.options(flags)))
  }
}
