// What must be true of a feed, whatever it is about.
import {expect} from 'vitest'
import {all} from '../../support.ts'
import {type Client, parseLines} from './client.ts'
import {type Kind, optionsOf, queryOf, type Shown} from './kinds.ts'
import {heldAfter, type Line} from './picture.ts'
import {type Change, predict, tablesAt} from './predict.ts'
import {canonical, type Value} from './values.ts'
import type {World} from './world.ts'

/** What the client holds once it knows of everything, the model's query, and the list are one and the same. */
export async function expectQuery(world: World, client: Client): Promise<void> {
  await client.upTo(world.newest())
  const {kind, held} = client
  const found = valuesOf(queryOf(kind, world.tables()))
  if (kind.window?.offsets) expect(held, about(kind)).toEqual(found)
  else expectSame(held, found, about(kind))
  // A list has no keys to ask for.
  if (kind.keys !== undefined) return
  const {where, pluck, without, select, orderBy, limit} = optionsOf(kind)
  const options = {where, pluck, without, select, orderBy, limit}
  const listed: Value[] = []
  for (const table of kind.tables ?? world.tables().keys()) {
    for await (const {lines} of world.store.table(table).listLines(options))
      listed.push(...(parseLines(lines) as unknown as Value[]))
  }
  if (kind.window !== undefined) expect(listed, `list with ${about(kind)}`).toEqual(found)
  else expectSame(listed, found, `list with ${about(kind)}`)
}

/** What was held at `ready` was true then. */
export function expectTruthAtReady({kind, ready = -1, heldAtReady}: Client, changes: readonly Change[]): void {
  const then = valuesOf(queryOf(kind, tablesAt(changes, ready)))
  if (kind.window?.offsets) expect(heldAtReady, `at ready of ${about(kind)}`).toEqual(then)
  else expectSame(heldAtReady, then, `at ready of ${about(kind)}`)
}

/** Each change after `ready` brought the event that it had to bring, and nothing else was told. */
export function expectPrediction({kind, ready = -1, after}: Client, changes: readonly Change[]): void {
  if (kind.squash !== undefined) return
  expect(after.map(withoutTime), about(kind)).toEqual(predict(kind, changes, ready))
}

/** Whoever stops after any event goes on from its position and loses nothing. */
export async function expectResumption(world: World, {kind, before, after}: Client): Promise<void> {
  if (kind.window !== undefined || after.length === 0) return
  const told = after.slice(0, 1 + world.random.below(after.length))
  const held = new Map(heldAfter(kind, [...before, ...told]).map(one => [nameOf(one), one.value]))
  const {squash: _, ...options} = optionsOf(kind)
  const since = told.at(-1)?.seq ?? 0
  for (const {lines} of await all(world.store.changes({...options, since, follow: false}).batches())) {
    for (const line of parseLines(lines)) {
      if (line.new_val === null) held.delete(nameOf(line))
      else held.set(nameOf(line), line.new_val)
    }
  }
  expectSame([...held.values()], valuesOf(queryOf(kind, world.tables())), `since ${since} of ${about(kind)}`)
}

/** A feed that begins in the past shows what was true then, and tells what came after; here up to the end of the log. */
export async function expectHistory(world: World, kind: Kind): Promise<void> {
  const changes = world.changes()
  const since = world.random.below(changes.length + 1)
  const feed = world.store.changes({...optionsOf(kind), since, includeInitial: true, follow: false})
  const lines = (await all(feed.batches())).flatMap(batch => parseLines(batch.lines))
  const initial = lines.filter(({type}) => type === 'initial')
  const then = valuesOf(queryOf(kind, tablesAt(changes, since)))
  expectSame(
    heldAfter(kind, initial).map(({value}) => value),
    then,
    `since ${since} of ${about(kind)}`,
  )
  expectSame(
    heldAfter(kind, lines).map(({value}) => value),
    valuesOf(queryOf(kind, world.tables())),
    `since ${since} of ${about(kind)}`,
  )
  if (kind.squash !== undefined) return
  const later = lines.slice(initial.length).map(withoutTime)
  expect(later, `since ${since} of ${about(kind)}`).toEqual(predict(kind, changes, since))
}

/** The same values, in any order. */
function expectSame(one: readonly Value[], other: readonly Value[], about: string): void {
  expect(one.map(canonical).toSorted(), about).toEqual(other.map(canonical).toSorted())
}

function about(kind: Kind): string {
  return JSON.stringify(optionsOf(kind), (_name, value) => (typeof value === 'bigint' ? `${value}n` : value))
}

function valuesOf(shown: readonly Shown[]): Value[] {
  return shown.map(({value}) => value)
}

function withoutTime({ts_ms: _, ...line}: Line): Omit<Line, 'ts_ms'> {
  return line
}

function nameOf({table, key}: {table: string; key: Value}): string {
  return `${table} ${canonical(key)}`
}
