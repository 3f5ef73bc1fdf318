import {LitefeedCommand} from '../terminal/command.ts'
import {prose} from '../terminal/prose.ts'

export default class Doctor extends LitefeedCommand {
  static override summary = 'Look for what is wrong with the database, and say what to do about it.'
  static override description =
    prose`Prints one object for each thing that it looks at: check, status (ok, warning or problem), table, message, todo. It
reads the whole file and writes nothing. With a problem the exit status is 1.`
  static override examples = [
    '<%= config.bin %> doctor',
    `<%= config.bin %> doctor | jq -r 'select(.status != "ok") | .message, .todo'`,
  ]

  protected async execute(): Promise<number> {
    const {flags} = await this.parse(Doctor)
    // SQLite does not listen to signals while it reads a long log.
    this.interrupt.release()
    await using store = await this.open(flags, 'read')
    const findings = await store.doctor()
    for (const finding of findings) await this.print(JSON.stringify(finding))
    return findings.some(({status}) => status === 'problem') ? 1 : 0
  }
}
