import * as Args from '@oclif/core/args'
import {LitefeedCommand} from '../../terminal/command.ts'
import {thisProcess} from '../../terminal/owner.ts'
import {prose} from '../../terminal/prose.ts'

export default class ConsumersDelete extends LitefeedCommand {
  static override summary = 'Delete a consumer.'
  static override description =
    prose`Its position is forgotten, and no longer keeps old changes from being pruned. Not while a process has it.`
  static override examples = ['<%= config.bin %> consumers delete billing']

  static override args = {
    name: Args.string({description: 'the consumer', required: true, ignoreStdin: true}),
  }

  protected async execute(): Promise<number> {
    const {args, flags} = await this.parse(ConsumersDelete)
    await using store = await this.open(flags, 'change')
    await store.deleteConsumer(args.name, thisProcess())
    return 0
  }
}
