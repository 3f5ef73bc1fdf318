import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import type {Made} from '../engine/documents/options.ts'
import {misuse} from '../terminal/arguments.ts'
import {prose} from '../terminal/prose.ts'
import {checkNamesItself, checkNotGiven, parsed, selectionFlags, selectionOf} from '../terminal/selection.ts'
import {WriteCommand} from '../terminal/write-command.ts'

export default class Update extends WriteCommand {
  static override summary = 'Merge a patch into documents.'
  static override description =
    prose`PATCH is a JSON object. Objects in it are merged deeply, everything else replaces what was there; null is a value.
With "-" stdin brings documents, each with the id of the one that it is merged into; a PATCH that carries an id may do
without KEY as well. With --expr there is no PATCH: the expression makes it of the document, and nothing is no change.

KEY is JSON when it parses as a number, string, boolean or array, otherwise it is the string itself.`
  static override usage = 'update TABLE [KEY...] PATCH [--where EXPR | --all] [--expr EXPR]'
  static override examples = [
    `<%= config.bin %> update users 1 '{"age":32}'`,
    `<%= config.bin %> update users --where 'age >= 18' '{"adult":true}'`,
    `<%= config.bin %> update users --all --expr '{"age": age + 1}'`,
    '<%= config.bin %> update users - < patches.ndjson',
  ]

  static override args = {
    table: Args.string({description: 'the table', required: true, ignoreStdin: true}),
    rest: Args.string({description: 'keys, and last the patch', multiple: true, ignoreStdin: true}),
  }

  static override flags = {
    ...selectionFlags,
    expr: Flags.string({
      description: 'JSONata over the document, instead of PATCH; the result is merged',
      helpValue: 'EXPR',
    }),
  }

  protected async execute(): Promise<number> {
    const {args, flags} = await this.parse(Update)
    const keys = [...(args.rest ?? [])]
    const patch = flags.expr === undefined ? keys.pop() : undefined
    if (flags.expr === undefined && patch === undefined)
      throw misuse('a PATCH is missing', 'a JSON object, "-" for stdin, or --expr')
    if (flags.expr !== undefined) checkNotGiven(keys, 'PATCH')
    const options = this.options(flags)
    const selected = selectionOf(keys, flags)
    if (selected === undefined && patch !== undefined) checkNamesItself(patch, 'PATCH')
    await this.check(flags.where, flags.expr)

    await using store = await this.open(flags, 'write')
    const {writer} = store.table(args.table)
    if (flags.expr !== undefined || selected !== undefined) {
      if (selected === undefined) throw misuse('which documents? name keys, --where or --all')
      if (patch === '-') throw misuse('documents from stdin carry their own ids', 'leave out KEY, --where and --all')
      const made: Made = flags.expr === undefined ? {value: parsed(patch as string, 'PATCH')} : {expr: flags.expr}
      return await this.finish(writer.update(selected, made, options))
    }
    return await this.finish(writer.updateFrom(this.input([patch as string]), options))
  }
}
