import * as Flags from '@oclif/core/flags'
import {open, type Store} from '../engine/store.ts'
import type {Told} from '../engine/told.ts'
import {BareCommand} from './bare-command.ts'
import {Interrupt} from './interrupt.ts'
import {Output} from './output.ts'
import {FailureReport, sayError} from './talk.ts'

/** What every command has: the database, stdout, the handling of errors and of Ctrl-C. */
export abstract class LitefeedCommand extends BareCommand {
  static override baseFlags = {
    db: Flags.string({
      description: 'the database file',
      env: 'LITEFEED_DB',
      default: 'litefeed.db',
      helpValue: 'FILE',
      helpGroup: 'GLOBAL',
    }),
    color: Flags.boolean({
      description: 'colour on a terminal',
      default: true,
      allowNo: true,
      helpGroup: 'GLOBAL',
    }),
  }

  protected readonly interrupt = new Interrupt()
  protected readonly output = new Output(this.interrupt.signal)
  protected readonly report = new FailureReport()
  #color: ((lines: string) => string) | undefined

  /** The command itself. Returns the exit status. */
  protected abstract execute(): Promise<number>

  override async run(): Promise<void> {
    let status: number
    try {
      status = await this.execute()
    } catch (error) {
      status = this.#isEnd(error) ? 0 : sayError(error)
    }
    this.report.end()
    if (this.report.failed && status === 0) status = 1
    process.exitCode = status
    this.interrupt.raise()
  }

  /** Opens the database; whoever calls this closes it. */
  protected async open(flags: {db: string; color: boolean}, access: 'read' | 'change' | 'write'): Promise<Store> {
    const {wantsColor} = await import('./wants-color.ts')
    if (wantsColor(flags.color)) this.#color = (await import('./color.ts')).colorJson
    return open(flags.db, {access})
  }

  /** Whether what was thrown says only that nobody wants more: what waits for something is aborted by that. */
  #isEnd(error: unknown): boolean {
    return error !== undefined && (error === this.interrupt.signal.reason || error === this.output.gone.reason)
  }

  /** Prints JSON, a value a line, and says what there is to say about it. */
  protected async print(told: Pick<Told, 'lines' | 'failures'> | string): Promise<void> {
    const lines = typeof told === 'string' ? `${told}\n` : told.lines
    if (lines.length > 0) {
      const colored = this.#color?.(typeof lines === 'string' ? lines : new TextDecoder().decode(lines))
      await this.output.write(colored ?? lines)
    }
    if (typeof told !== 'string') this.report.add(told.failures)
  }
}
