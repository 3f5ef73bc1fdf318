import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {misuse} from '../terminal/arguments.ts'
import {prose} from '../terminal/prose.ts'
import {checkNamesItself, checkNotGiven, parsed, selectionFlags, selectionOf} from '../terminal/selection.ts'
import {WriteCommand} from '../terminal/write-command.ts'

export default class Replace extends WriteCommand {
  static override summary = 'Put a whole document in the place of another.'
  static override description =
    prose`DOC is a JSON object; it is inserted when there is no document with its id, and null deletes the one with the KEY.
Without KEY the document's own id counts. With "-" stdin brings documents, each for the id that it has. With --expr there
is no DOC: the expression makes it of the old document, or of null, for each KEY or for the documents that are selected.`
  static override usage = [
    'replace TABLE [KEY] DOC|null|-',
    'replace TABLE [KEY...] --expr EXPR [--where EXPR | --all]',
  ]
  static override examples = [
    `<%= config.bin %> replace users 1 '{"id":1,"name":"Slava"}'`,
    '<%= config.bin %> replace users 1 null',
    `<%= config.bin %> replace users 1 --expr '$sift($, function($v, $k) { $k != "age" })'`,
    `<%= config.bin %> replace users --where 'age < 18' --expr '{"id": id, "name": name}'`,
  ]

  static override args = {
    table: Args.string({description: 'the table', required: true, ignoreStdin: true}),
    rest: Args.string({description: 'the key, and the document', multiple: true, ignoreStdin: true}),
  }

  static override flags = {
    ...selectionFlags,
    expr: Flags.string({description: 'JSONata over the old document, instead of DOC; null deletes', helpValue: 'EXPR'}),
  }

  protected async execute(): Promise<number> {
    const {args, flags} = await this.parse(Replace)
    const keys = [...(args.rest ?? [])]
    const document = flags.expr === undefined ? keys.pop() : undefined
    if (flags.expr === undefined && document === undefined)
      throw misuse('a DOC is missing', 'a JSON object, null, "-" for stdin, or --expr')
    if (flags.expr !== undefined) checkNotGiven(keys, 'DOC')
    if (keys.length > 1 && flags.expr === undefined) throw misuse(`one KEY at a time, not ${keys.length}`)
    const options = this.options(flags)
    const selected = selectionOf(keys, flags)
    if (selected === undefined && document !== undefined) checkNamesItself(document, 'DOC')
    await this.check(flags.where, flags.expr)

    await using store = await this.open(flags, 'write')
    const {writer} = store.table(args.table)
    if (flags.expr !== undefined) {
      if (selected === undefined) throw misuse('which documents? name a KEY, --where or --all')
      return await this.finish(writer.replace(selected, {expr: flags.expr}, options))
    }
    if (selected === undefined) return await this.finish(writer.replaceFrom(this.input([document as string]), options))
    if (document === '-') throw misuse('documents from stdin carry their own ids', 'leave out KEY, --where and --all')
    return await this.finish(writer.replace(selected, {value: parsed(document as string, 'DOC')}, options))
  }
}
