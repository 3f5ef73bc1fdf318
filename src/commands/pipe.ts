import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import {checkFeed} from '../engine/feed/refuse.ts'
import {makeSink} from '../engine/sinks/target.ts'
import {misuse} from '../terminal/arguments.ts'
import {LitefeedCommand} from '../terminal/command.ts'
import {DeadLetters} from '../terminal/dead-letters.ts'
import {feedFlags, feedOptions} from '../terminal/feed-flags.ts'
import {thisProcess} from '../terminal/owner.ts'
import {PipeReport} from '../terminal/pipe-report.ts'
import {prose} from '../terminal/prose.ts'
import {readSecret} from '../terminal/secret.ts'

export default class Pipe extends LitefeedCommand {
  static override summary = 'Deliver the changes of tables to another system, at least once and in order.'
  static override description =
    prose`With --as the position is kept in the database, and moves when the receiver has acknowledged: after a crash of anything
nothing is missing, and what comes again has the same idempotency key, the feed's id and the seq. The changes of one
document stay in their order, whatever has to be sent again.

What fails for a time is tried again for as long as it takes, after 250 ms at first and a minute at most. What the receiver
will never take ends the pipe, unless --on-poison says otherwise.

Ctrl-C waits for what is under way; a second one does not.`
  static override examples = [
    {
      description: 'into RabbitMQ',
      command:
        '<%= config.bin %> pipe orders --to amqp://127.0.0.1 --exchange shop --routing-key {table}.{type} --as billing',
    },
    {
      description: 'into Elasticsearch, what is there first',
      command: '<%= config.bin %> pipe --to elasticsearch+http://127.0.0.1:9200/{table} --include-initial --as search',
    },
    {
      description: 'into a program, which prints the seq of what it has done',
      command: '<%= config.bin %> pipe orders --as mail -- ./send-mail --from shop@example.com',
    },
    {
      description: 'a program for each event',
      command: `<%= config.bin %> pipe orders --to 'exec:./handle.sh' --each --as handler`,
    },
    {description: 'into a file', command: '<%= config.bin %> pipe orders --to file:orders.ndjson --since beginning'},
  ]

  static override args = {
    table: Args.string({description: 'the tables to follow; every table without', multiple: true, ignoreStdin: true}),
  }

  static override flags = {
    to: Flags.string({
      description:
        'where to: exec:COMMAND, amqp://, http://, elasticsearch+http://, nats://, file:PATH, sqlite:PATH; or -- COMMAND',
      helpValue: 'URL',
    }),
    as: Flags.string({
      description: 'go on where the consumer of this name stands, and move it on; a new one begins at --since',
      helpValue: 'NAME',
    }),
    'on-poison': Flags.option({
      description: 'what is done about an event that the receiver will never take',
      options: ['stop', 'skip', 'dlq'] as const,
      default: 'stop',
    })(),
    dlq: Flags.string({description: 'where --on-poison dlq puts such events', helpValue: 'FILE'}),
    ...feedFlags(),
    batch: Flags.integer({
      description: 'http, elasticsearch: how many events are sent together',
      helpValue: 'N',
      min: 1,
      helpGroup: 'RECEIVER',
    }),
    'max-unacked': Flags.integer({
      description: 'exec: how many events the program may have that it has not acknowledged',
      helpValue: 'N',
      min: 1,
      helpGroup: 'RECEIVER',
    }),
    each: Flags.boolean({description: 'exec: a process for each event', helpGroup: 'RECEIVER'}),
    exchange: Flags.string({description: 'amqp: the exchange to publish to', helpValue: 'NAME', helpGroup: 'RECEIVER'}),
    'routing-key': Flags.string({
      description: 'amqp: with {table}, {type}, {key} and {seq}',
      helpValue: 'TEMPLATE',
      helpGroup: 'RECEIVER',
    }),
    subject: Flags.string({description: 'nats: the same', helpValue: 'TEMPLATE', helpGroup: 'RECEIVER'}),
    'secret-file': Flags.string({
      description: 'http: what signs the requests; or in the environment as LITEFEED_WEBHOOK_SECRET',
      helpValue: 'FILE',
      helpGroup: 'RECEIVER',
    }),
  }

  protected async execute(): Promise<number> {
    const end = this.argv.indexOf('--')
    const command = end === -1 ? [] : this.argv.slice(end + 1)
    const {args, flags} = await this.parse(Pipe, end === -1 ? this.argv : this.argv.slice(0, end))
    if ((flags.to === undefined) === (command.length === 0))
      throw misuse('where to? name one receiver, by --to or as a command after --')
    if ((flags['on-poison'] === 'dlq') !== (flags.dlq !== undefined))
      throw misuse('--on-poison dlq and --dlq FILE go together')
    const feed = feedOptions(args.table, flags)
    await checkFeed(feed)
    await using sink = await makeSink({
      to: flags.to ?? command,
      source: flags.db,
      batch: flags.batch,
      maxUnacked: flags['max-unacked'],
      each: flags.each || undefined,
      exchange: flags.exchange,
      routingKey: flags['routing-key'],
      subject: flags.subject,
      secret: readSecret(flags['secret-file'], flags.to),
    })
    const databases = [flags.db, ...(sink.database === undefined ? [] : [sink.database])]
    await using letters = flags.dlq === undefined ? undefined : await DeadLetters.open(flags.dlq, databases)
    await using store = await this.open(flags, 'write')
    using report = new PipeReport(sink.name, flags.as, this.report)
    if (sink.reopen !== undefined) this.interrupt.divert('SIGHUP', () => void sink.reopen?.())
    const steps = store.pipe(sink, feed, {
      as: flags.as,
      owner: thisProcess(),
      onPoison: flags['on-poison'],
      bury: letters && (refused => letters.bury(refused)),
      signal: this.interrupt.signal,
    })
    for await (const step of steps) report.show(step)
    return 0
  }
}
