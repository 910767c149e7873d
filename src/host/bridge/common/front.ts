/**
 * The front of every listener: PROXY header, admission, implicit TLS; then a service gets the client.
 *
 * Security: everything here happens before a protocol speaks, bounded in bytes (the PROXY header) and in time.
 */

import type { Admission, Refusal } from './admission.ts'
import type { Certificates } from './certificates.ts'
import { BridgeConfigurationError } from './error.ts'
import { describeError, type Log } from './log.ts'
import type { ListenerName, ListenerOptions } from './options.ts'
import { readProxyHeader } from './proxy-protocol.ts'
import { type Endpoint, isLoopback, type Listener, type Network, type Socket } from './socket.ts'

export interface Client {
  readonly socket: Socket
  /** Who is at the other end: the connection's peer, or the one the proxy named. */
  readonly remote: Endpoint
  /** On this machine, and not only by a proxy's word. */
  readonly loopback: boolean
  /** Must be called once when the connection is over: it counts until then. */
  leave(): void
}

export interface Front {
  readonly name: ListenerName
  readonly listen: ListenerOptions
  readonly implicitTls: boolean
  readonly admission: Admission
  readonly certificates: Certificates
  readonly handshakeMs: number
  readonly log: Log
  /** Takes the client over: sets a handler on its socket. */
  serve(client: Client): void
  /** What a client in plain text is told when there is no room. */
  refusal(reason: Refusal): Uint8Array
}

/** Opens the listener; throws `BridgeConfigurationError` naming flag, host and port when it cannot be had. */
export async function openFront(network: Network, front: Front): Promise<Listener> {
  return listenOrExplain(network, front.name, front.listen, (socket) => {
    void admit(front, socket).catch((error: unknown) => {
      // The peer's doing (no header, a failed handshake): it is gone already.
      front.log('info', 'connection-refused', {
        listener: front.name,
        client: socket.remote.address,
        reason: describeError(error),
      })
      socket.destroy()
    })
  })
}

export async function listenOrExplain(
  network: Network,
  name: ListenerName,
  at: ListenerOptions,
  accept: (socket: Socket) => void,
): Promise<Listener> {
  try {
    return await network.listen({ host: at.host, port: at.port }, accept)
  } catch (cause) {
    throw listenError(name, at, cause)
  }
}

/** The sentence for a listener that cannot be opened. */
export function listenError(name: ListenerName, at: ListenerOptions, cause: unknown): BridgeConfigurationError {
  const code = (cause as { code?: unknown }).code
  const reason =
    code === 'EADDRINUSE'
      ? 'is taken by another program'
      : code === 'EACCES'
        ? 'needs more privileges than this process has'
        : code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND'
          ? 'is not an address of this machine'
          : `cannot be opened (${describeError(cause)})`
  return new BridgeConfigurationError(`--${name}: ${at.host} port ${at.port} ${reason}.`, { cause })
}

async function admit(front: Front, socket: Socket): Promise<void> {
  const source = front.listen.proxyProtocol === true ? await proxied(socket, front.handshakeMs) : undefined
  const remote = source ?? socket.remote
  const refusal = front.admission.enter(remote.address)
  if (refusal !== undefined) {
    front.log('warning', 'connection-limit', { listener: front.name, client: remote.address, limit: refusal })
    socket.handle({ data() {}, end() {}, close() {} })
    if (!front.implicitTls) socket.write(front.refusal(refusal))
    socket.end(1_000)
    return
  }
  let left = false
  const leave = (): void => {
    if (left) return
    left = true
    front.admission.leave(remote.address)
  }
  if (front.implicitTls) {
    try {
      await socket.startTlsServer(front.certificates.current, front.handshakeMs)
    } catch (error) {
      leave()
      throw error
    }
  }
  front.serve({ socket, remote, loopback: isLoopback(remote.address) && isLoopback(socket.remote.address), leave })
}

/** Reads the PROXY header; what follows it stays to be read. Rejects when there is none in time. */
function proxied(socket: Socket, timeoutMs: number): Promise<Endpoint | undefined> {
  return new Promise((resolve, reject) => {
    let seen: Uint8Array = new Uint8Array(0)
    const timer = setTimeout(() => reject(new Error('no PROXY header in time')), timeoutMs)
    const fail = (reason: string): void => {
      clearTimeout(timer)
      reject(new Error(reason))
    }
    socket.handle({
      data(chunk) {
        const joined = new Uint8Array(seen.length + chunk.length)
        joined.set(seen)
        joined.set(chunk, seen.length)
        seen = joined
        const header = readProxyHeader(seen)
        if (header === undefined) return
        if (header === 'invalid') {
          fail('not a PROXY header')
          return
        }
        clearTimeout(timer)
        socket.release()
        socket.unread(seen.subarray(header.length))
        resolve(header.source)
      },
      end: () => fail('closed before its PROXY header'),
      close: () => fail('closed before its PROXY header'),
    })
  })
}
