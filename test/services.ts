import {connect} from 'node:net'

/**
 * The servers that some tests deliver to. Where one is not there its tests are skipped, and the end of the run says so; with
 * LITEFEED_SERVICES=required that is an error.
 */
export const services = {RabbitMQ: 5672, NATS: 4222} as const

export type Service = keyof typeof services

/** Whether a server listens on this machine. */
export async function isThere(name: Service): Promise<boolean> {
  const there = await listens(services[name])
  if (!there && process.env.LITEFEED_SERVICES === 'required')
    throw new Error(`${name} does not listen on port ${services[name]}`)
  return there
}

function listens(port: number): Promise<boolean> {
  return new Promise(done => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      done(true)
    })
    socket.once('error', () => done(false))
  })
}
