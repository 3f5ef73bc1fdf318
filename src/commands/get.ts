import * as Args from '@oclif/core/args'
import {oneLine} from '../engine/storage/line.ts'
import {keyOf} from '../terminal/arguments.ts'
import {LitefeedCommand} from '../terminal/command.ts'
import {prose} from '../terminal/prose.ts'
import {say} from '../terminal/talk.ts'

export default class Get extends LitefeedCommand {
  static override summary = 'Print documents by key, in the order asked.'
  static override description =
    prose`A key that is not there prints nothing, says so on stderr, and makes the exit status 1. KEY is JSON when it parses as a
number, string, boolean or array, otherwise it is the string itself: 1 is a number, '"1"' and abc are strings.`
  static override examples = ['<%= config.bin %> get users 1 2 abc', `<%= config.bin %> get users '["a",1]'`]

  static override args = {
    table: Args.string({description: 'the table', required: true, ignoreStdin: true}),
    key: Args.string({description: 'keys', required: true, multiple: true, ignoreStdin: true}),
  }

  protected async execute(): Promise<number> {
    const {args, flags} = await this.parse(Get)
    const keys = args.key.map(keyOf)
    await using store = await this.open(flags, 'read')
    const documents = await store.table(args.table).getText(...keys)
    const missing = args.key.filter((_, index) => documents[index] === null)
    await this.print({
      lines: Buffer.from(documents.map(text => (text === null ? '' : `${oneLine(text)}\n`)).join('')),
      failures: [],
    })
    for (const key of missing) say(`error: there is no document ${key === '' ? '""' : key} in ${args.table}`)
    return missing.length > 0 ? 1 : 0
  }
}
