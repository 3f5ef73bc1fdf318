import * as Flags from '@oclif/core/flags'
import {mistakeOf, parse} from '../engine/documents/json.ts'
import type {Incoming, Source, WriteProgress} from '../engine/documents/options.ts'
import {Expression} from '../engine/expression/expression.ts'
import type {Durability} from '../engine/storage/storage.ts'
import {misuse} from './arguments.ts'
import {LitefeedCommand} from './command.ts'
import {Stdin} from './input/stdin.ts'
import {Progress} from './progress.ts'
import {say} from './talk.ts'

/** What the writing commands have in common: two flags, input from arguments or stdin, and one result. */
export abstract class WriteCommand extends LitefeedCommand {
  static override baseFlags = {
    ...LitefeedCommand.baseFlags,
    'return-changes': Flags.boolean({
      description: 'put the old and the new value of every changed document into the result',
    }),
    durability: Flags.option({
      description: 'hard: on disk before the command returns; soft: faster, a power cut may lose the last commits',
      options: ['hard', 'soft'] as const,
      default: 'hard',
    })(),
  }

  #stdin: Stdin | undefined
  #saidRefusal = false

  /** What the arguments hold, or stdin for none or "-". */
  protected input(args: readonly string[]): Source {
    if (args.length === 0 || (args.length === 1 && args[0] === '-')) {
      this.#stdin = new Stdin(this.interrupt.signal)
      return this.#stdin
    }
    if (args.includes('-')) throw misuse('"-" is stdin, and other documents beside it are one too many')
    const values = args.flatMap(valuesOf)
    return once(values.length === 1 ? values : values.map((value, index) => ({...value, line: index + 1})))
  }

  protected options(flags: {'return-changes': boolean; durability: Durability}) {
    return {returnChanges: flags['return-changes'], durability: flags.durability, signal: this.interrupt.signal}
  }

  /** Refuses expressions that do not parse, before there is a database for them. */
  protected async check(...expressions: readonly (string | undefined)[]): Promise<void> {
    for (const text of expressions) if (text !== undefined) await Expression.compile(text)
  }

  /** Carries the write out, shows how far it is, and prints its result, also that of a part when the rest failed. */
  protected async finish(steps: AsyncIterable<WriteProgress>): Promise<number> {
    const progress = new Progress()
    let tally: WriteProgress['tally'] | undefined
    try {
      for await (const step of steps) {
        tally = step.tally
        if (step.refused.length > 0 || step.failures.length > 0) progress.clear()
        this.#sayRefused(step.refused)
        this.report.add(step.failures)
        progress.show(tally.documents, this.#stdin?.bytes)
      }
    } catch (error) {
      progress.clear()
      if (tally !== undefined && tally.documents > 0) {
        await this.print(tally.text())
        say(
          `error: stopped after ${tally.documents} document${tally.documents === 1 ? '' : 's'}; none of the later ones was stored`,
        )
      }
      throw error
    }
    progress.clear()
    if (tally === undefined) return 0
    await this.print(tally.text())
    return tally.errors > 0 ? 1 : 0
  }

  /** Every line and every document of the input that was refused is named; of the documents that were selected there may be many, and one will do. */
  #sayRefused(refused: WriteProgress['refused']): void {
    for (const {line, key, reason} of refused) {
      if (line !== undefined) say(`error: ${this.#stdin === undefined ? 'document' : 'line'} ${line}: ${reason}`)
      else if (!this.#saidRefusal) say(`error: ${key === undefined ? '' : `key ${key}: `}${reason}`)
      this.#saidRefusal = true
    }
  }
}

async function* once<T>(value: T): AsyncGenerator<T> {
  yield value
}

/** The documents that an argument holds: one, or an array of them. */
function valuesOf(argument: string): Incoming[] {
  try {
    const value = parse(argument)
    return Array.isArray(value) ? value.map(item => ({value: item})) : [{value}]
  } catch (error) {
    return [{refused: `not JSON: ${mistakeOf(error)}`}]
  }
}
