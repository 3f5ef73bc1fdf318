import {expect, test} from 'vitest'
import {parseDuration, parseSince, parseUntil} from '../../src/terminal/duration.ts'

test.each([
  ['0', 0],
  ['250ms', 250],
  ['2s', 2000],
  ['1.5s', 1500],
  ['5m', 300_000],
  ['1h30m', 5_400_000],
  ['1m30s500ms', 90_500],
  ['7d', 604_800_000],
  ['2w', 1_209_600_000],
  ['0s', 0],
])('%s is %i ms', (text, ms) => expect(parseDuration(text)).toBe(ms))

test.each(['', '5', '-5s', 's', '5 s', '5sec', '5S', '1h 30m', '.5s', '5.s', '1e3s', '1,5s', 'PT5S', '٥s'])(
  '%j is no duration',
  text => {
    expect(parseDuration(text)).toBeUndefined()
  },
)

test.each([
  ['now', 'now'],
  ['beginning', 'beginning'],
  ['0', 0],
  ['41', 41],
  ['-5', {last: 5}],
  ['-0', {last: 0}],
  ['1h', {ago: 3_600_000}],
  ['2026-01-31', new Date(Date.UTC(2026, 0, 31))],
  ['2026-01', new Date(Date.UTC(2026, 0))],
  ['2026-01-31T12:00Z', new Date(Date.UTC(2026, 0, 31, 12))],
  ['2026-01-31T12:00:30.5+02:00', new Date(Date.UTC(2026, 0, 31, 10, 0, 30, 500))],
  ['2026-01-31T12:00+0200', new Date(Date.UTC(2026, 0, 31, 10))],
  ['2026-01-31 12:00', new Date(2026, 0, 31, 12)],
  ['2026-01-31T12:00:01', new Date(2026, 0, 31, 12, 0, 1)],
])('a feed may begin at %s', (text, since) => expect(parseSince(text)).toEqual(since))

test.each([
  ['now', 'now'],
  ['41', 41],
  ['2026-01-31T12:00Z', new Date(Date.UTC(2026, 0, 31, 12))],
])('a feed may end at %s', (text, until) => expect(parseUntil(text)).toEqual(until))

test.each([
  '',
  'then',
  'Now',
  '1.5',
  '-',
  '--5',
  '+5',
  '2026-13-01',
  '2026-02-30T25:00',
  '31.01.2026',
  'Jan 31 2026',
  '2026-01-31T',
  '12:00',
  '2026-01-31T12',
  '2026-02-30',
  '2026-02-29T12:00Z',
  '2026-00',
])('a feed neither begins nor ends at %j', text => {
  expect(parseSince(text)).toBeUndefined()
  expect(parseUntil(text)).toBeUndefined()
})

test.each(['beginning', '-5', '1h'])('a feed does not end at %s', text => expect(parseUntil(text)).toBeUndefined())
