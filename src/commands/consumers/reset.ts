import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import type {Since} from '../../engine/feed/options.ts'
import {flagValue} from '../../terminal/arguments.ts'
import {LitefeedCommand} from '../../terminal/command.ts'
import {parseSince} from '../../terminal/duration.ts'
import {thisProcess} from '../../terminal/owner.ts'
import {prose} from '../../terminal/prose.ts'

export default class ConsumersReset extends LitefeedCommand {
  static override summary = 'Put a consumer at another position, or make one there.'
  static override description = prose`Not while a process has it. A position that the log no longer holds is refused.`
  static override examples = [
    '<%= config.bin %> consumers reset billing --to beginning',
    '<%= config.bin %> consumers reset billing --to 41',
    '<%= config.bin %> consumers reset billing --to 1h',
  ]

  static override args = {
    name: Args.string({description: 'the consumer', required: true, ignoreStdin: true}),
  }

  static override flags = {
    to: Flags.string({
      description: 'after this position, as --since of changes takes it',
      required: true,
      helpValue: 'now|beginning|POSITION|-N|DURATION|TIMESTAMP',
    }),
  }

  protected async execute(): Promise<number> {
    const {args, flags} = await this.parse(ConsumersReset)
    const to = flagValue('to', flags.to, parseSince, 'now, beginning, a position, -N, a duration or a timestamp')
    await using store = await this.open(flags, 'change')
    const position = await store.resetConsumer(args.name, to as Since, thisProcess())
    await this.print(JSON.stringify({name: args.name, position}))
    return 0
  }
}
