import {checkWhole, LitefeedError, shown} from '../error.ts'
import type {Sink} from './sink.ts'
import {withoutLogin} from './url.ts'

/** What a pipe delivers to, and how. */
export interface Target {
  /** A URL; or a program and its arguments. */
  readonly to: string | readonly string[]
  /** How many events are sent together, where that can be chosen. */
  readonly batch?: number | undefined
  /** exec: how many events the program may have that it has not acknowledged. */
  readonly maxUnacked?: number | undefined
  /** exec: a process for each event. */
  readonly each?: boolean | undefined
  /** amqp: where to publish. The exchange without a name when absent. */
  readonly exchange?: string | undefined
  /** amqp: a template such as `{table}.{type}`. */
  readonly routingKey?: string | undefined
  /** nats: the same. */
  readonly subject?: string | undefined
  /** http: what signs the requests, as `whsec_...` in base64 or as it is. */
  readonly secret?: string | undefined
  /** file, sqlite: the database that the events come from, which cannot be the receiver as well. */
  readonly source?: string | undefined
}

/** Makes the sink for a target; nothing is connected yet. Throws MISUSE for a target or an option that cannot be. */
export async function makeSink(target: Target): Promise<Sink> {
  checkKinds(target)
  if (typeof target.to !== 'string') return (await import('./exec.ts')).makeExecSink({...target, command: target.to})
  const to = target.to.replace(/^[a-z+]+:/i, scheme => scheme.toLowerCase())
  const [, scheme = ''] = /^([a-z+]+):/.exec(to) ?? []
  const entry = kinds[scheme]
  if (entry === undefined)
    throw new LitefeedError('MISUSE', `there is no way to deliver to ${withoutLogin(to)}`, {
      hint: `it begins with ${Object.keys(kinds).join(':, ')}:, or is a command after --`,
    })
  const foreign = options.filter(name => target[name] !== undefined && !entry.options.includes(name))
  if (foreign.length > 0) throw new LitefeedError('MISUSE', `\`${foreign[0]}\` is not for ${scheme}:`)
  return entry.make(target, to)
}

/** Of a program in JavaScript each may be anything. */
function checkKinds(target: Target): void {
  const {to, each} = target
  if (![to].flat().every(part => typeof part === 'string'))
    throw new LitefeedError('MISUSE', '`to` is a URL, or a program and its arguments')
  for (const name of ['batch', 'maxUnacked'] as const) if (target[name] !== undefined) checkWhole(name, target[name], 1)
  for (const name of ['exchange', 'routingKey', 'subject', 'secret', 'source'] as const)
    if (target[name] !== undefined && typeof target[name] !== 'string')
      throw new LitefeedError('MISUSE', `\`${name}\` is a string, and ${shown(target[name])} is none`)
  if (each !== undefined && typeof each !== 'boolean')
    throw new LitefeedError('MISUSE', `\`each\` is true or false, and not ${shown(each)}`)
}

type Option = Exclude<keyof Target, 'to' | 'source'>

const options: readonly Option[] = ['batch', 'maxUnacked', 'each', 'exchange', 'routingKey', 'subject', 'secret']

interface Kind {
  readonly options: readonly Option[]
  make(target: Target, to: string): Promise<Sink>
}

const amqp: Kind = {
  options: ['exchange', 'routingKey'],
  make: async (target, to) => new (await import('./amqp.ts')).AmqpSink(to, target),
}
const http: Kind = {
  options: ['batch', 'secret'],
  make: async (target, to) => new (await import('./http.ts')).HttpSink(to, target),
}
const elasticsearch: Kind = {
  options: ['batch'],
  make: async (target, to) => new (await import('./elasticsearch.ts')).ElasticsearchSink(to, target),
}

/** What follows is loaded when it is used. */
const kinds: Readonly<Record<string, Kind>> = {
  exec: {
    options: ['maxUnacked', 'each'],
    make: async (target, to) =>
      (await import('./exec.ts')).makeExecSink({...target, command: to.slice('exec:'.length)}),
  },
  amqp,
  amqps: amqp,
  http,
  https: http,
  'elasticsearch+http': elasticsearch,
  'elasticsearch+https': elasticsearch,
  nats: {
    options: ['subject'],
    make: async (target, to) => new (await import('./nats.ts')).NatsSink(to, target),
  },
  file: {
    options: [],
    make: async (target, to) => new (await import('./file.ts')).FileSink(to.slice('file:'.length), target),
  },
  sqlite: {
    options: [],
    make: async (target, to) => new (await import('./sqlite.ts')).SqliteSink(to, target),
  },
}
