import * as Flags from '@oclif/core/flags'
import type {FeedOptions} from '../engine/feed/options.ts'
import {durations, flagValue, keyOf} from './arguments.ts'
import {parseDuration, parseInterval, parseSince, parseUntil} from './duration.ts'
import {setFlags, setOf} from './set-flags.ts'

/** The flags that say what a feed follows, what of it is told, and where it begins and ends. */
export function feedFlags() {
  return {
    key: Flags.string({
      description: 'only the document with this key; may be given again',
      helpValue: 'KEY',
      multiple: true,
      multipleNonGreedy: true,
      helpGroup: 'WHICH SET',
    }),
    ...setFlags('WHICH SET'),
    'order-by': Flags.string({
      description:
        'a window: the first documents in the order of this field, with :desc the greatest first; with --limit',
      helpValue: 'FIELD[:desc]',
      helpGroup: 'WHICH SET',
    }),
    limit: Flags.integer({description: 'how many documents the window holds', helpValue: 'N', helpGroup: 'WHICH SET'}),
    filter: Flags.string({
      description: 'JSONata over the event: only those for which it is true',
      helpValue: 'EXPR',
      helpGroup: 'WHICH EVENTS',
    }),
    map: Flags.string({
      description: 'JSONata over the event: its result is told instead, and nothing when it has none',
      helpValue: 'EXPR',
      helpGroup: 'WHICH EVENTS',
    }),
    'on-error': Flags.option({
      description: 'an expression that fails: leave the document or the event out, or end',
      options: ['skip', 'fail'] as const,
      default: 'skip',
      helpGroup: 'WHICH EVENTS',
    })(),
    'on-gap': Flags.option({
      description: 'changes of a tracked table that may be missing: end, or compare the table with the log and go on',
      options: ['fail', 'resync'] as const,
      default: 'fail',
    })(),
    'include-initial': Flags.boolean({description: 'first the documents that are there'}),
    'include-offsets': Flags.boolean({description: 'say where in the window a value stood and stands'}),
    squash: Flags.string({
      description: 'merge the changes of a document: with 0 those that are waiting, with 2s those of two seconds',
      helpValue: 'DURATION',
    }),
    since: Flags.string({
      description:
        'begin now, at the oldest change kept, after a position, before the last N changes, so long ago, at an instant',
      default: 'now',
      helpValue: 'now|beginning|POSITION|-N|DURATION|TIMESTAMP',
      helpGroup: 'WHERE TO START AND STOP',
    }),
    until: Flags.string({
      description: 'end at the end of the log as it is now, after a position, after an instant',
      helpValue: 'now|POSITION|TIMESTAMP',
      helpGroup: 'WHERE TO START AND STOP',
    }),
    follow: Flags.boolean({
      description: 'at the end of the log wait for more',
      default: true,
      allowNo: true,
      helpGroup: 'WHERE TO START AND STOP',
    }),
    take: Flags.integer({
      description: 'end after so many events',
      helpValue: 'N',
      min: 1,
      helpGroup: 'WHERE TO START AND STOP',
    }),
    'idle-timeout': Flags.string({
      description: 'end when there was nothing to tell for so long',
      helpValue: 'DURATION',
      helpGroup: 'WHERE TO START AND STOP',
    }),
  }
}

type Values = {
  readonly [Name in
    | 'where'
    | 'pluck'
    | 'without'
    | 'select'
    | 'order-by'
    | 'filter'
    | 'map'
    | 'squash'
    | 'until'
    | 'idle-timeout']: string | undefined
} & {
  readonly key: string[] | undefined
  readonly limit: number | undefined
  readonly take: number | undefined
  readonly 'on-error': 'skip' | 'fail'
  readonly 'on-gap': 'fail' | 'resync'
  readonly 'include-initial': boolean
  readonly 'include-offsets': boolean
  readonly since: string
  readonly follow: boolean
}

/** What those flags mean. Throws MISUSE. */
export function feedOptions(tables: readonly string[] | undefined, flags: Values): FeedOptions {
  return {
    tables,
    keys: flags.key?.map(keyOf),
    ...setOf(flags),
    orderBy: flags['order-by'],
    limit: flags.limit,
    includeOffsets: flags['include-offsets'],
    squash: flagValue('squash', flags.squash, parseDuration, `0, or ${durations}`),
    filter: flags.filter,
    map: flags.map,
    onError: flags['on-error'],
    onGap: flags['on-gap'],
    includeInitial: flags['include-initial'],
    since: flagValue('since', flags.since, parseSince, 'now, beginning, a position, -N, a duration or a timestamp'),
    until: flagValue('until', flags.until, parseUntil, 'now, a position or a timestamp'),
    follow: flags.follow,
    take: flags.take,
    idleTimeout: flagValue('idle-timeout', flags['idle-timeout'], parseInterval, durations),
  }
}
