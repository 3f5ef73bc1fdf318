import {noConsumer} from './consumer/list.ts'
import type {Keep, Prune, Pruned} from './storage/retention.ts'
import type {Position, Storage} from './storage/storage.ts'

/** See Store.prune. */
export async function* prune(storage: Storage, what?: Prune): AsyncGenerator<Pruned> {
  const names = new Set((await storage.consumers.list()).map(({name}) => name))
  for (const name of what?.force ?? []) if (!names.has(name)) throw await noConsumer(storage, name)
  // The rule that is given is looked at once, and not for each batch: what it takes to be sure of it is too much for a lock.
  const doomed = what && {before: await firstKept(storage, what.what), force: what.force ?? []}
  for (;;) {
    const step = await storage.retention.prune(doomed)
    yield step
    if (!step.more) return
  }
}

function firstKept(storage: Storage, what: Prune['what']): Promise<Position> | Position {
  return 'before' in what ? what.before : storage.retention.firstKept(what)
}

/** What `7d`, `1000000` and `500MB` mean; undefined when it is none of these. */
export function parseKeep(text: string, duration: (text: string) => number | undefined): Keep | undefined {
  if (/^\d+$/.test(text)) return Number(text) > 0 ? {count: Number(text)} : undefined
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*([kmgt]i?)?b$/i.exec(text) ?? []
  if (amount !== undefined) {
    const bytes = Number(amount) * (units[unit?.toLowerCase() ?? ''] as number)
    return bytes >= 1 ? {bytes} : undefined
  }
  const age = duration(text)
  return age === undefined || age === 0 ? undefined : {age}
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
}
