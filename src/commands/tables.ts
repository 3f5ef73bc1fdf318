import {LitefeedCommand} from '../terminal/command.ts'

export default class Tables extends LitefeedCommand {
  static override summary = 'Print the tables: name, kind, number of documents, position of the newest change.'
  static override examples = ['<%= config.bin %> tables', `<%= config.bin %> tables | jq -r .name`]

  protected async execute(): Promise<number> {
    const {flags} = await this.parse(Tables)
    await using store = await this.open(flags, 'read')
    for (const table of await store.tables()) await this.print(JSON.stringify(table))
    return 0
  }
}
