import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {prose} from '../terminal/prose.ts'
import {WriteCommand} from '../terminal/write-command.ts'

export default class Insert extends WriteCommand {
  static override summary = 'Store documents.'
  static override description =
    prose`DOC is a JSON object, or an array of them. Without DOC, or with "-", they come from stdin: one a line (NDJSON), one
array, or one after the other. A document without an id gets one. The table is created when it does not exist.

Each document stands alone: one that is refused counts in "errors" and makes the exit status 1, the others are stored.
A line of stdin that is not JSON is named on stderr. Documents from stdin are committed as they arrive.`
  static override examples = [
    `<%= config.bin %> insert users '{"id":1,"name":"Slava","age":31}'`,
    '<%= config.bin %> insert users < users.ndjson',
    `curl -s https://example.com/users.json | <%= config.bin %> insert users --conflict replace`,
    `<%= config.bin %> insert hits '{"id":"home","n":1}' --conflict-expr '{"id": id, "n": old_val.n + new_val.n}'`,
  ]

  static override args = {
    table: Args.string({description: 'the table', required: true, ignoreStdin: true}),
    doc: Args.string({description: 'documents, as JSON', multiple: true, ignoreStdin: true}),
  }

  static override flags = {
    conflict: Flags.option({
      description: 'what to do with a document whose id is taken',
      options: ['error', 'skip', 'update', 'replace'] as const,
      exclusive: ['conflict-expr'],
    })(),
    'conflict-expr': Flags.string({
      description:
        'JSONata over {id, old_val, new_val} for a document whose id is taken; the result is stored, null deletes',
      helpValue: 'EXPR',
    }),
  }

  protected async execute(): Promise<number> {
    const {args, flags} = await this.parse(Insert)
    await this.check(flags['conflict-expr'])
    await using store = await this.open(flags, 'write')
    const options = {...this.options(flags), conflict: flags.conflict, conflictExpr: flags['conflict-expr']}
    return await this.finish(store.table(args.table).writer.insert(this.input(args.doc ?? []), options))
  }
}
