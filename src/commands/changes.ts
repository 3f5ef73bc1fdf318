import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {checkFeed} from '../engine/feed/refuse.ts'
import {durations, flagValue, keyOf} from '../terminal/arguments.ts'
import {LitefeedCommand} from '../terminal/command.ts'
import {parseDuration, parseInterval, parseSince, parseUntil} from '../terminal/duration.ts'
import {prose} from '../terminal/prose.ts'
import {setFlags, setOf} from '../terminal/set-flags.ts'
import {say} from '../terminal/talk.ts'

export default class Changes extends LitefeedCommand {
  static override summary = 'Follow the changes of tables, a line of JSON each.'
  static override description =
    prose`Without TABLE, those of every table. An event has the keys seq, ts_ms, table, key, type, old_val and new_val; seq is its
position in the log, and type is add (old_val is null), change or remove (new_val is null). With the options below there
are initial (no old_val), uninitial (no new_val: left the set before the initial part was complete), state and heartbeat
as well.

--where and the projections make a set of documents: one that comes to belong to it is an add, one that no longer does is
a remove, and what both values have in common once projected is no event. --order-by and --limit follow the first
documents of a set; each event takes one out at old_offset and then puts one in at new_offset.

--filter and --map are JSONata over the event. An expression that fails leaves the document or the event out, says so on
stderr, and makes the exit status 1. A position that the log no longer holds ends the feed with exit status 3.

When a tracked table has got other columns, a line of type schema says so; a table that was made anew without its triggers
is a gap, which ends the feed with exit status 3 unless --on-gap is resync.

A POSITION of --since is where the last feed stopped: the seq of the last line that was dealt with. DURATION is such as
250ms, 2s, 5m, 1h30m, 7d. TIMESTAMP is ISO 8601: a day is UTC, a time without a zone is local.`
  static override examples = [
    {description: 'everything that happens from now on', command: '<%= config.bin %> changes'},
    {
      description: 'the messages of one room',
      command: `<%= config.bin %> changes messages --filter 'new_val.room_id = 7'`,
    },
    {
      description: 'every game where a user beats the previous score, the new value only',
      command: `<%= config.bin %> changes games --filter 'new_val.score > old_val.score' --map new_val`,
    },
    {
      description: 'who comes of age or goes, as a set of its own',
      command: `<%= config.bin %> changes users --where 'age >= 18' --pluck id,name --include-initial`,
    },
    {
      description: 'the ten best scores, kept up to date',
      command: '<%= config.bin %> changes games --order-by score:desc --limit 10 --include-initial --include-offsets',
    },
    {description: 'what is there, and then what changes', command: '<%= config.bin %> changes users --include-initial'},
    {
      description: 'go on after the last line that was dealt with',
      command: '<%= config.bin %> changes users --since 41',
    },
    {
      description: 'the changes of the last hour, and no more',
      command: '<%= config.bin %> changes --since 1h --no-follow | jq -c .new_val',
    },
  ]

  static override args = {
    table: Args.string({description: 'the tables to follow; every table without', multiple: true, ignoreStdin: true}),
  }

  static override flags = {
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
      description: 'JSONata over the event: its result is printed instead, and nothing when it has none',
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
    'include-states': Flags.boolean({description: 'say when the initial part begins and when it is complete'}),
    'include-offsets': Flags.boolean({description: 'say where in the window a value stood and stands'}),
    squash: Flags.string({
      description: 'merge the changes of a document: with 0 those that are waiting, with 2s those of two seconds',
      helpValue: 'DURATION',
    }),
    heartbeat: Flags.string({
      description: 'print the position when nothing else was printed for so long',
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
      description: 'end when nothing was printed for so long',
      helpValue: 'DURATION',
      helpGroup: 'WHERE TO START AND STOP',
    }),
  }

  protected async execute(): Promise<number> {
    const {args, flags} = await this.parse(Changes)
    const options = {
      tables: args.table,
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
      includeStates: flags['include-states'],
      since: flagValue('since', flags.since, parseSince, 'now, beginning, a position, -N, a duration or a timestamp'),
      until: flagValue('until', flags.until, parseUntil, 'now, a position or a timestamp'),
      follow: flags.follow,
      take: flags.take,
      idleTimeout: flagValue('idle-timeout', flags['idle-timeout'], parseInterval, durations),
      heartbeat: flagValue('heartbeat', flags.heartbeat, parseInterval, durations),
      signal: AbortSignal.any([this.interrupt.signal, this.output.gone]),
    }
    await checkFeed(options)
    await using store = await this.open(flags, 'write')
    using _ = this.output.watchReader()
    for await (const batch of store.changes(options).batches()) {
      for (const warning of batch.warnings) say(`warning: ${warning}`)
      await this.print(batch)
    }
    return 0
  }
}
