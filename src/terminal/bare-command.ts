import {Command} from '@oclif/core/command'
import type {Config, LoadOptions} from '@oclif/core/interfaces'

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
}

/** What `parse` asks a Config for. There are no hooks. */
const noConfig = {bin: 'litefeed', runHook: async () => ({successes: [], failures: []})} as unknown as Config
