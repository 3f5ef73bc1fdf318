import * as Args from '@oclif/core/args'
import {LitefeedCommand} from '../terminal/command.ts'
import {prose} from '../terminal/prose.ts'
import {runCommand} from '../terminal/run-command.ts'
import {say} from '../terminal/talk.ts'

export default class Migrate extends LitefeedCommand {
  static override summary = 'Change the form of a tracked table by a command.'
  static override description =
    prose`SQLite refuses ALTER TABLE DROP COLUMN while a trigger names the column. This lifts the triggers that record the table, runs
the command, and puts them back; the rows as they were before are compared with those after it, and each that is
different is a change in the log. Feeds that follow the table wait meanwhile, and then print a line of type schema.

The triggers are put back also when the command fails. If this is killed itself, the table shows as such in tables until
migrate or track is run again, which finds all that has changed since. As many rows as the table has are kept in the
database as long.`
  static override examples = [
    `<%= config.bin %> migrate orders --db app.db -- sqlite3 app.db 'ALTER TABLE orders DROP COLUMN note'`,
    '<%= config.bin %> migrate orders --db app.db -- npx knex migrate:latest',
  ]

  static override args = {
    table: Args.string({description: 'the table', required: true, ignoreStdin: true}),
    command: Args.string({
      description: 'the command and its arguments, after --',
      required: true,
      multiple: true,
      ignoreStdin: true,
    }),
  }

  protected async execute(): Promise<number> {
    const {args, flags} = await this.parse(Migrate)
    await using store = await this.open(flags, 'change')
    let failure: string | undefined
    const migrated = await store.migrate(args.table, async () => {
      failure = await runCommand(args.command, this.interrupt.signal)
    })
    await this.print(JSON.stringify(migrated))
    if (failure === undefined) return 0
    say(`error: ${failure}; ${migrated.table} is recorded again`)
    return 1
  }
}
