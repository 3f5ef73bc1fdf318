import {expect, test} from 'vitest'
import {changeEvent, eventLine} from '../../../src/engine/storage/line.ts'
import {lineEvents} from '../../../src/engine/storage/line-event.ts'
import {Random, rounds} from '../../support.ts'
import {RawDocuments} from '../raw-documents.ts'

/** Words of a line where they might be taken for its own. */
const words = [
  '{"new_val":null}',
  '{"old_val":{"new_val":1},"new_val":2}',
  '{"a":{"b":",\\"new_val\\":"},"new_val":{"new_val":[{}]}}',
  '{"type":"remove","key":1,"seq":5}',
  '{"s":"}","t":"\\\\","new_val":"{"}',
  '{"s":"\\",\\"old_val\\":","old_val":null}',
  '{}',
  '{"é":"日本","😀":1}',
  ' {"a":1,"new_val":2} ',
  '{"a":[1,2]} ',
  '\t["]",{"a":1,"new_val":2}, 3]',
  '5',
  '"x"',
  '[{"new_val":1}]',
  'null',
]

test('what is cut out of a line is what the line was made of', () => {
  const random = new Random()
  const raw = new RawDocuments(random)
  const value = () => (random.chance(0.5) ? random.pick(words) : String(raw.document()).replaceAll(/[\n\r]/g, ' '))
  for (let round = 0; round < rounds(300); round++) {
    const changes = Array.from({length: 5}, (_, index) => {
      const kind = random.below(3)
      return {
        seq: random.below(1e9) + index,
        ts_ms: 1763805600123 + index,
        table: random.pick(['users', 'a "b"', '表', ',"key":', '"type":"add"', '\\', 'x","key":1,"type":"']),
        key: JSON.stringify(random.pick([1, -0.5, 'a', true, [1, 'b'], '"', ',"type":"', ',"old_val":', '\\"', 'ü'])),
        old_val: kind === 0 ? null : value(),
        new_val: kind === 1 ? null : value(),
      }
    })
    const expected = changes.map(change => ({...changeEvent(change), line: eventLine(changeEvent(change))}))
    const events = lineEvents(Buffer.from(expected.map(({line}) => line).join('')))
    const parts = events.map(event => {
      // In any order.
      const names = ['seq', 'ts_ms', 'table', 'key', 'type', 'old_val', 'new_val', 'line'] as const
      return Object.fromEntries([...names].sort(() => random.below(3) - 1).map(name => [name, event[name]]))
    })
    expect(parts).toEqual(expected)
  }
})

test('a change without one of its values is the line that was made without it', () => {
  const random = new Random()
  const raw = new RawDocuments(random)
  const value = () => (random.chance(0.5) ? random.pick(words) : String(raw.document()).replaceAll(/[\n\r]/g, ' '))
  for (let round = 0; round < rounds(1000); round++) {
    const place = {seq: round, ts_ms: 5, table: random.pick(['t', ',"old_val":', 'change']), key: '"type":"change"'}
    const change = {...place, old_val: value(), new_val: value()}
    const expected = [
      {...change, old_val: null},
      {...change, new_val: null},
    ].map(changeEvent)
    const [event] = lineEvents(Buffer.from(eventLine(changeEvent(change)).repeat(2)))
    for (const [index, side] of (['old_val', 'new_val'] as const).entries()) {
      const {seq, ts_ms, table, key, type, old_val, new_val, line} = event?.withoutSide(side) ?? {}
      const alone = expected[index] as ReturnType<typeof changeEvent>
      expect({seq, ts_ms, table, key, type, old_val, new_val, line}).toEqual({...alone, line: eventLine(alone)})
    }
  }
})

test('no lines are no events; a value that is no JSON does no harm', () => {
  expect(lineEvents(new Uint8Array())).toEqual([])
  const line = eventLine({
    seq: 1,
    ts_ms: 1,
    table: 't',
    key: '1',
    type: 'change',
    old_val: '{"a',
    new_val: '{,"new_val":,"new_val":',
  })
  const [event] = lineEvents(Buffer.from(line))
  expect(event?.line).toBe(line)
  expect(event?.new_val).toBeTypeOf('string')
})
