/** The runtime's TCP over `node:net`, behind the network port. */

import dns from 'node:dns/promises'
import net from 'node:net'
import {
  type ConnectOptions,
  type Listener,
  type ListenOptions,
  type Network,
  type Socket,
  SocketTimeout,
} from '../common/index.ts'
import { NodeSocket } from './socket.ts'

const acceptBacklog = 1024
/** A client whose network vanished says nothing: the system asks after this time, and the dead connection ends. */
const keepAliveDelayMs = 120_000

export const nodeNetwork: Network = { listen, connect, resolve }

function listen(options: ListenOptions, accept: (socket: Socket) => void): Promise<Listener> {
  // Half-open: a client that sends its commands and closes its side still gets the answers.
  const server = net.createServer(
    { noDelay: true, allowHalfOpen: true, keepAlive: true, keepAliveInitialDelay: keepAliveDelayMs },
    (stream) => accept(new NodeSocket(stream)),
  )
  return new Promise((fulfil, reject) => {
    server.once('error', reject)
    server.listen({ host: options.host, port: options.port, backlog: options.backlog ?? acceptBacklog }, () => {
      server.off('error', reject)
      // After listening the server only reports accept failures (out of descriptors): the connection is lost, not the server.
      server.on('error', () => {})
      const bound = server.address() as net.AddressInfo
      fulfil({
        address: { address: bound.address, port: bound.port },
        close: () => {
          // The callback would wait for open connections; the port itself is free in the next turn.
          server.close()
          return new Promise((done) => setImmediate(done))
        },
      })
    })
  })
}

function connect(options: ConnectOptions): Promise<Socket> {
  return new Promise((fulfil, reject) => {
    const stream = net.connect({
      host: options.address,
      port: options.port,
      noDelay: true,
      allowHalfOpen: true,
      ...(options.localAddress === undefined ? {} : { localAddress: options.localAddress }),
    })
    const timer = setTimeout(
      () => stream.destroy(new SocketTimeout(`no connection within ${options.timeoutMs} ms`)),
      options.timeoutMs,
    )
    const failed = (error: Error): void => {
      clearTimeout(timer)
      reject(error)
    }
    stream.once('error', failed)
    stream.once('connect', () => {
      clearTimeout(timer)
      const socket = new NodeSocket(stream)
      stream.off('error', failed)
      fulfil(socket)
    })
  })
}

async function resolve(host: string): Promise<string[]> {
  if (net.isIP(host) !== 0) return [host]
  const found = await dns.lookup(host, { all: true })
  return found.map((entry) => entry.address)
}
