import * as Args from '@oclif/core/args'
import {WriteCommand} from '../terminal/write-command.ts'

export default class Drop extends WriteCommand {
  static override summary = 'Delete a table and every document in it.'
  static override description = 'Each document is deleted as a change of its own, so that a feed sees them go.'
  static override examples = ['<%= config.bin %> drop users']

  static override args = {
    table: Args.string({description: 'the table', required: true, ignoreStdin: true}),
  }

  protected async execute(): Promise<number> {
    const {args, flags} = await this.parse(Drop)
    await using store = await this.open(flags, 'write')
    await this.print((await store.table(args.table).writer.drop(this.options(flags))).text())
    return 0
  }
}
