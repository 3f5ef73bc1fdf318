// The three examples that litefeed was asked for, word for word.
import {expect, test} from 'vitest'
import {documents, litefeed, newDatabase, root, tail} from './support.ts'

test("inserting {id: 1, name: 'Slava', age: 31} posts {old_val: null, new_val: {...}}", async () => {
  const db = newDatabase()
  const following = await tail(['users'], {db})
  await litefeed(['insert', 'users', '{"id": 1, "name": "Slava", "age": 31}'], {db})
  const event = await following.next()
  expect(event).toEqual({
    seq: 1,
    ts_ms: expect.any(Number),
    table: 'users',
    key: 1,
    type: 'add',
    old_val: null,
    new_val: {id: 1, name: 'Slava', age: 31},
  })
  expect(Math.abs(event.ts_ms - Date.now())).toBeLessThan(60_000)
})

test('the same through the library', async () => {
  const {open} = (await import(`${root}/dist/index.js`)) as typeof import('../../src/index.ts')
  const db = newDatabase()
  await using store = await open(db)
  const stop = new AbortController()
  const events: unknown[] = []
  // The position is taken before the insertion, so that nothing depends on which of the two is first.
  for await (const event of store.changes({tables: ['users'], since: 0, includeStates: true, signal: stop.signal})) {
    if (event.type === 'state') await store.table('users').insert({id: 1, name: 'Slava', age: 31})
    else {
      events.push(event)
      stop.abort()
    }
  }
  expect(events).toMatchObject([
    {seq: 1, table: 'users', key: 1, type: 'add', old_val: null, new_val: {id: 1, name: 'Slava', age: 31}},
  ])
  expect(documents(db, 'users')).toEqual([{id: 1, name: 'Slava', age: 31}])
})

test('a feed of the messages of one room', async () => {
  const db = newDatabase()
  const following = await tail(['messages', '--filter', 'new_val.room_id = 7'], {db})
  const messages = [
    {id: 1, room_id: 7, text: 'hello'},
    {id: 2, room_id: 8, text: 'elsewhere'},
    {id: 3, room_id: '7', text: 'another kind of seven'},
    {id: 4, text: 'nowhere'},
    {id: 5, room_id: 7, text: 'bye'},
  ]
  await litefeed(['insert', 'messages', JSON.stringify(messages)], {db})
  await litefeed(['update', 'messages', '5', '{"text":"bye!"}'], {db})
  await litefeed(['delete', 'messages', '1'], {db})
  await litefeed(['insert', 'messages', '{"id":6,"room_id":7,"text":"the last"}'], {db})
  const events = await following.take(4)
  expect(events.map(({type, new_val}) => [type, new_val.text])).toEqual([
    ['add', 'hello'],
    ['add', 'bye'],
    ['change', 'bye!'],
    ['add', 'the last'],
  ])
})

test('a feed of every game where a user beats the previous score, new value only', async () => {
  const db = newDatabase()
  const following = await tail(['games', '--filter', 'new_val.score > old_val.score', '--map', 'new_val'], {db})
  const play = (score: number) =>
    litefeed(['insert', 'games', '--conflict', 'replace', JSON.stringify({id: 'slava', score})], {db})
  for (const score of [10, 12, 11, 11, 30]) await play(score)
  await litefeed(['delete', 'games', 'slava'], {db})
  for (const score of [1, 2]) await play(score)
  expect(await following.take(3)).toEqual([
    {id: 'slava', score: 12},
    {id: 'slava', score: 30},
    {id: 'slava', score: 2},
  ])
  // An add has no old score and a remove no new one: nothing to compare is not an error.
  expect(following.stderr).toBe('warning: there is no table "games" yet; waiting for its first document\n')
})
