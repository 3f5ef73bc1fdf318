import {Command} from '@oclif/core/command'
import type {Config, Input, LoadOptions, ParserOutput} from '@oclif/core/interfaces'
import {misuse} from './arguments.ts'

/**
 * A command that goes from its class to `run` and nowhere else: oclif's own way there asks the Config for hooks and reads it
 * again, and has an error handling of its own. scripts/oclif.ts leaves out of the bundle what only that way needs.
 */
export abstract class BareCommand extends Command {
  static override async run<T extends Command>(
    this: new (
      argv: string[],
      config: Config,
    ) => T,
    argv: string[] = [],
    config: LoadOptions = noConfig,
  ): Promise<ReturnType<T['run']>> {
    return new this(argv, config as Config).run()
  }

  protected override parse<F extends Values, B extends Values, A extends Values>(
    options: Input<F, B, A> | undefined,
    argv: string[] = this.argv,
  ): Promise<ParserOutput<F, B, A>> {
    checkValues({...options?.baseFlags, ...options?.flags}, argv)
    return super.parse(options, argv)
  }
}

type Values = Record<string, unknown>

/** oclif takes what a flag without a value is given behind = for an argument, such as the name of a table. */
function checkValues(flags: Readonly<Record<string, {readonly type: string}>>, argv: readonly string[]): void {
  const end = argv.indexOf('--')
  for (const argument of end === -1 ? argv : argv.slice(0, end)) {
    const [, flag, name = ''] = /^(--(?:no-)?([^=]+))=/.exec(argument) ?? []
    if (Object.hasOwn(flags, name) && flags[name]?.type === 'boolean') throw misuse(`${flag} takes no value`)
  }
}

/** What `parse` asks a Config for. There are no hooks. */
const noConfig = {bin: 'litefeed', runHook: async () => ({successes: [], failures: []})} as unknown as Config
