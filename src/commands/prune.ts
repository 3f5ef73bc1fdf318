import * as Flags from '@oclif/core/flags'
import {parseKeep} from '../engine/retention.ts'
import type {Keep, Prune as What} from '../engine/storage/retention.ts'
import {misuse} from '../terminal/arguments.ts'
import {LitefeedCommand} from '../terminal/command.ts'
import {parseDuration} from '../terminal/duration.ts'
import {prose} from '../terminal/prose.ts'
import {say} from '../terminal/talk.ts'

export default class Prune extends LitefeedCommand {
  static override summary = 'Remove old changes from the log.'
  static override description =
    prose`The documents stay; what goes is their history, and with it the positions from which a feed can go on. Without options it does
what --save has stored. Changes that a consumer has not had stay, unless --force names it, and so does the newest change.

The space is used for new changes; the file does not get smaller.`
  static override examples = [
    {description: 'keep a week', command: '<%= config.bin %> prune --keep 7d'},
    {
      description: 'keep half a gigabyte from now on: every insert, pipe and track sees to it',
      command: '<%= config.bin %> prune --keep 500MB --save',
    },
    {description: 'let the log grow again', command: '<%= config.bin %> prune --keep all --save'},
    {
      description: 'the changes before this one, also if a consumer has not had them',
      command: '<%= config.bin %> prune --before 100000 --force billing',
    },
  ]

  static override flags = {
    keep: Flags.string({
      description: 'what stays: the changes of so long, so many of them, or so many bytes',
      helpValue: 'DURATION|N|SIZE|all',
      exclusive: ['before'],
    }),
    before: Flags.string({description: 'remove the changes before this one', helpValue: 'SEQ'}),
    save: Flags.boolean({
      description: 'store --keep in the file: whatever writes to it through litefeed removes what is too much',
      dependsOn: ['keep'],
    }),
    force: Flags.string({
      description: 'a consumer that may lose changes which it has not had; may be given again',
      helpValue: 'NAME',
      multiple: true,
      multipleNonGreedy: true,
    }),
  }

  protected async execute(): Promise<number> {
    const {flags} = await this.parse(Prune)
    const what = whatOf(flags)
    await using store = await this.open(flags, 'change')
    if (flags.save) await store.setRetention(what === 'nothing' ? undefined : (what as Keep | undefined))
    if (what === undefined && (await store.retention()) === undefined)
      throw misuse('what is to stay? no rule is stored in the file', 'say it with --keep or --before')
    const force = flags.force ?? []
    const steps = store.prune(
      what === 'nothing' ? undefined : {what: what ?? ((await store.retention()) as Keep), force},
    )
    let removed = 0
    for await (const step of steps) {
      removed += step.removed
      if (step.more && !this.interrupt.signal.aborted) continue
      if (step.heldBy !== undefined && !step.more)
        say(`the consumer ${step.heldBy} has not had more; --force ${step.heldBy} would take it away from it`)
      await this.print(JSON.stringify({removed, oldest: step.oldest, newest: step.newest}))
      break
    }
    return 0
  }
}

/** What goes: `nothing` for --keep all, undefined for what the file says. */
function whatOf({
  keep,
  before,
}: {
  keep: string | undefined
  before: string | undefined
}): What['what'] | 'nothing' | undefined {
  if (before !== undefined) {
    if (!/^\d+$/.test(before)) throw misuse(`--before takes a position, not "${before}"`)
    return {before: Number(before)}
  }
  if (keep === undefined) return undefined
  if (keep === 'all') return 'nothing'
  const parsed = parseKeep(keep, parseDuration)
  if (parsed === undefined)
    throw misuse(
      `--keep does not take "${keep}"`,
      'it takes a duration such as 7d, a number of changes, a size such as 500MB, or all',
    )
  return parsed
}
