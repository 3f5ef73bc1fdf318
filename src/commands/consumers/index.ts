import {LitefeedCommand} from '../../terminal/command.ts'
import {thisProcess} from '../../terminal/owner.ts'
import {prose} from '../../terminal/prose.ts'

export default class Consumers extends LitefeedCommand {
  static override summary = 'Print the consumers: name, position, lag, age and owner.'
  static override description =
    prose`A consumer is a position with a name, which changes --as and pipe --as move on. lag is how many changes the log has after it,
age how many seconds ago it was moved, owner the process that has it now, and oldest the oldest change that the log has.`
  static override examples = [
    '<%= config.bin %> consumers',
    `<%= config.bin %> consumers | jq -r 'select(.lag > 1000) | .name'`,
    '<%= config.bin %> consumers reset billing --to beginning',
    '<%= config.bin %> consumers delete billing',
  ]

  protected async execute(): Promise<number> {
    const {flags} = await this.parse(Consumers)
    await using store = await this.open(flags, 'read')
    for (const consumer of await store.consumers(thisProcess())) await this.print(JSON.stringify(consumer))
    return 0
  }
}
