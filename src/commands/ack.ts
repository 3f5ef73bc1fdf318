import * as Args from '@oclif/core/args'
import {misuse} from '../terminal/arguments.ts'
import {LitefeedCommand} from '../terminal/command.ts'
import {prose} from '../terminal/prose.ts'

export default class Ack extends LitefeedCommand {
  static override summary = 'Say that everything up to a position is dealt with.'
  static override description =
    prose`Moves a consumer on to SEQ, the seq of the last event that was dealt with, while changes --as NAME --ack manual follows, say.
A consumer never goes back so: an earlier SEQ changes nothing. Prints where it is then.`
  static override examples = [
    `<%= config.bin %> ack billing 41`,
    `<%= config.bin %> changes orders --as billing --ack manual | while read -r event; do
    handle "$event" && <%= config.bin %> ack billing "$(jq .seq <<<"$event")"
  done`,
  ]

  static override args = {
    name: Args.string({description: 'the consumer', required: true, ignoreStdin: true}),
    seq: Args.string({description: 'a position', required: true, ignoreStdin: true}),
  }

  protected async execute(): Promise<number> {
    const {args, flags} = await this.parse(Ack)
    const seq = Number(args.seq)
    if (!/^\d+$/.test(args.seq) || !Number.isSafeInteger(seq))
      throw misuse(`SEQ must be a position in the log, not "${args.seq}"`)
    await using store = await this.open(flags, 'change')
    const position = await store.acknowledge(args.name, seq)
    await this.print(JSON.stringify({name: args.name, position}))
    return 0
  }
}
