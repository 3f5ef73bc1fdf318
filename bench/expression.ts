import jsonata from 'jsonata'
import {Expression} from '../src/engine/expression/expression.ts'
import {median, type Row} from './support.ts'

/** Evaluation alone, without reading or parsing: the closure against `await jsonata(...).evaluate` of the same input. */
export async function expression(): Promise<Row[]> {
  const rows: Row[] = []
  for (const [text, target] of expressions) rows.push(await compare(text, target))
  return rows
}

const expressions: readonly [string, string][] = [
  ['new_val.room_id = 7', '20'],
  ['new_val.score > old_val.score', '20'],
  ['new_val.age >= 30 and $contains(new_val.name, "ob")', '20'],
  ['new_val.name in ["alice", "bob"] and new_val.room_id != old_val.room_id', '20'],
  ['$uppercase(new_val.name) & "-" & new_val.room_id', '20'],
  ['($d := new_val.score - old_val.score; $d > 1 and $d < 10 ? "some" : "none")', '20'],
  ['{"id": new_val.id, "change": new_val.score - old_val.score}', '20'],
  ['new_val.items[price > 10].name', '10'],
  ['$sum(new_val.items.(price * quantity))', '10'],
  ['$map(new_val.items, function($item) { $item.price * 2 })', '10'],
  ['$filter(new_val.items, function($item) { $item.price > 10 }).name', '10'],
  ['new_val.items^(>price)[0].name', '10'],
  ['new_val.items#$i.{"at": $i, "name": name}', '10'],
  // What no closure is made of: the official evaluator answers, and what is put around it must cost little.
  ['$map(new_val.items.price, $string)', '0.9'],
  ['$formatNumber(new_val.score, "#,##0.00")', '0.9'],
  ['$match(new_val.name, /^b.*b$/)', '0.9'],
  ['($double := function($x) { $x * 2 }; $double(new_val.score))', '0.9'],
  ['new_val ~> |items|{"sold": true}|', '0.9'],
  // A closure that is never certain, here since it leaves a limit of 0 alone.
  ['$split(new_val.name, "o", 0)', '0.9'],
]

const input = {
  seq: 1,
  ts_ms: 1_763_805_600_123,
  table: 'users',
  key: 1,
  type: 'change',
  old_val: {id: 1, age: 30, room_id: 7, name: 'bob', score: 3},
  new_val: {
    id: 1,
    age: 31,
    room_id: 7,
    name: 'bob',
    score: 5,
    items: Array.from({length: 10}, (_, index) => ({name: `item ${index}`, price: index * 3, quantity: index})),
  },
}

async function compare(text: string, target: string): Promise<Row> {
  const ours = await Expression.compile(text)
  const official = jsonata(text, {timeout: 800, stack: 500, sequence: 1_000_000})
  // As a loop over changes does it: it waits only where it must.
  const evaluateOurs = async (count: number) => {
    for (let round = 0; round < count; round++) {
      const value = ours.evaluate(input)
      if (value instanceof Promise) await value.catch(() => undefined)
    }
  }
  const evaluateOfficial = async (count: number) => {
    for (let round = 0; round < count; round++) await official.evaluate(input).catch(() => undefined)
  }
  const first = ours.evaluate(input)
  const isQuick = !(first instanceof Promise)
  if (first instanceof Promise) await first.catch(() => undefined)
  const [mine, theirs] = await interleaved(31, [
    [evaluateOurs, isQuick ? 20_000 : 1000],
    [evaluateOfficial, 1000],
  ])
  return {
    measure: `evaluate \`${text.replaceAll('|', '\\|')}\``,
    ours: time(mine as number),
    baseline: `jsonata ${time(theirs as number)}`,
    ratio: ((theirs as number) / (mine as number)).toFixed((theirs as number) > 5 * (mine as number) ? 0 : 2),
    target,
  }
}

/** Microseconds that one evaluation takes, in turn, as medians. */
async function interleaved(
  rounds: number,
  runs: readonly [(count: number) => Promise<void>, number][],
): Promise<number[]> {
  const times: number[][] = runs.map(() => [])
  for (let round = -3; round < rounds; round++) {
    for (const [index, [run, count]] of runs.entries()) {
      const start = performance.now()
      await run(count)
      if (round >= 0) times[index]?.push(((performance.now() - start) * 1000) / count)
    }
  }
  return times.map(median)
}

function time(microseconds: number): string {
  return `${microseconds.toPrecision(3)} µs`
}
