import * as Args from '@oclif/core/args'
import {loadHelpClass} from '@oclif/core/help'
import {BareCommand} from '../terminal/bare-command.ts'

export default class Help extends BareCommand {
  static override summary = 'Show what a command takes.'
  static override examples = ['<%= config.bin %> help changes']

  static override args = {
    command: Args.string({description: 'the command', multiple: true, ignoreStdin: true}),
  }

  override async run(): Promise<void> {
    const {args} = await this.parse(Help)
    const HelpClass = await loadHelpClass(this.config)
    await new HelpClass(this.config, this.config.pjson.oclif.helpOptions).showHelp(
      args.command === undefined ? [] : [args.command.join(':')],
    )
  }
}
