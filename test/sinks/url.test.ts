import {describe, expect, test} from 'vitest'
import {makeSink} from '../../src/engine/sinks/target.ts'

describe('what is no URL of a receiver is refused, and a password in it is not shown', () => {
  test.each([
    'http://us%er:s3cret@127.0.0.1/',
    'http://user:s3cret@host:port/',
    'http:user:s3cret@127.0.0.1/',
    'elasticsearch+http://127.0.0.1:9/%zz',
    'elasticsearch+http://us%er:s3cret@127.0.0.1:9/t',
    'nats://us%er:s3cret@127.0.0.1',
    'nats:user:s3cret@127.0.0.1',
    'amqp://us%er:s3cret@127.0.0.1',
    'amqp://127.0.0.1/%zz',
    'amqp:user:s3cret@127.0.0.1',
    'kafka:user:s3cret@127.0.0.1',
    'kafka://user:s3c/ret@127.0.0.1',
    'user:s3cret@127.0.0.1',
    'file:///%zz',
    'file://a b/c',
    'sqlite:///%zz',
  ])('%s', async to => {
    const error = await makeSink({to}).catch(thrown => thrown)
    expect(error).toMatchObject({name: 'LitefeedError', code: 'MISUSE'})
    expect(`${error.message} ${error.hint}`).not.toMatch(/s3c|ret@/)
  })
})

test('what is percent-encoded is no mistake', async () => {
  for (const to of [
    'http://us%40er:p%2Fw@127.0.0.1/a%zz?b=%zz',
    'nats://us%25er:pw@127.0.0.1',
    'amqp://guest:guest@127.0.0.1/%2F',
    'amqp://',
    'elasticsearch+http://127.0.0.1/caf%C3%A9',
    'file:///tmp/a%20b',
    'file:100%zz',
    'sqlite:///tmp/a%20b?table=t',
  ])
    await (await makeSink({to}))[Symbol.asyncDispose]()
})
