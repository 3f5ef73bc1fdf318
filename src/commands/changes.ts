import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import type {Batch} from '../engine/feed/batch.ts'
import type {FeedOptions} from '../engine/feed/options.ts'
import {checkFeed} from '../engine/feed/refuse.ts'
import type {Store} from '../engine/store.ts'
import {readAhead} from '../terminal/ahead.ts'
import {durations, flagValue} from '../terminal/arguments.ts'
import {LitefeedCommand} from '../terminal/command.ts'
import {parseInterval} from '../terminal/duration.ts'
import {feedFlags, feedOptions} from '../terminal/feed-flags.ts'
import {thisProcess} from '../terminal/owner.ts'
import {prose} from '../terminal/prose.ts'
import {ReaderPace} from '../terminal/reader-pace.ts'
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

--as keeps the position in the database under a name. An event counts as dealt with when the pipe has taken the one after it,
which is looked at ten times a second, or when the feed ends in order. So after a crash of litefeed nothing is missing, and what
was told in the last fifth of a second may come again, and of a reader that is behind as many as the pipe holds. It does not
say that the reader has dealt with what it read: what a reader that dies has in hand, or leaves in the pipe, is lost to it.
Where that matters, use --ack manual and let the reader call litefeed ack, or use litefeed pipe.

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
      description: 'go on where the last one stopped, also after a crash',
      command: '<%= config.bin %> changes users --as audit --since beginning | jq -c .new_val',
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
    ...feedFlags(),
    'include-states': Flags.boolean({description: 'say when the initial part begins and when it is complete'}),
    heartbeat: Flags.string({
      description: 'print the position when nothing else was printed for so long',
      helpValue: 'DURATION',
    }),
    as: Flags.string({
      description: 'go on where the consumer of this name stands, and move it on; a new one begins at --since',
      helpValue: 'NAME',
      helpGroup: 'WHERE TO START AND STOP',
    }),
    ack: Flags.option({
      description: 'what moves the consumer on: that the reader took the next event, or litefeed ack alone',
      options: ['auto', 'manual'] as const,
      dependsOn: ['as'],
      helpGroup: 'WHERE TO START AND STOP',
    })(),
  }

  protected async execute(): Promise<number> {
    const {args, flags} = await this.parse(Changes)
    const options = {
      ...feedOptions(args.table, flags),
      includeStates: flags['include-states'],
      heartbeat: flagValue('heartbeat', flags.heartbeat, parseInterval, durations),
      signal: AbortSignal.any([this.interrupt.signal, this.output.gone]),
    }
    await checkFeed(options)
    await using store = await this.open(flags, 'write')
    using _ = this.output.watchReader()
    if (flags.as !== undefined) return await this.#consume(store, flags.as, options, flags.ack !== 'manual')
    const {signal} = options
    await readAhead(
      over => store.changes({...options, signal: AbortSignal.any([signal, over])}).batches(),
      batch => this.#tell(batch),
    )
    return 0
  }

  async #consume(store: Store, name: string, options: FeedOptions, moves: boolean): Promise<number> {
    await using consumer = await store.consume(name, options, thisProcess())
    const pace = new ReaderPace(this.output, to => (moves ? consumer.took(to) : consumer.confirm()))
    for await (const batch of consumer.tail(this.output.gone)) {
      await this.#tell(batch)
      await pace.took(batch)
    }
    await pace.end()
    await consumer.confirm()
    return 0
  }

  async #tell({warnings, items, ...told}: Batch): Promise<void> {
    for (const warning of warnings) say(`warning: ${warning}`)
    const lines = items === undefined ? told.lines : Buffer.from(items.map(({line}) => `${line}\n`).join(''))
    await this.print({...told, lines})
  }
}
