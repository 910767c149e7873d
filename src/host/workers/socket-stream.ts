/**
 * A socket of the Workers platform for a dialogue: read with patience, write, and begin TLS in the middle.
 */
import type { TlsPolicy } from '../../delivery/index.ts'

/** `connect` of `cloudflare:sockets`. */
export type Connect = (
  address: { hostname: string; port: number },
  options: { secureTransport: 'on' | 'off' | 'starttls'; allowHalfOpen: false },
) => PlatformSocket

/** As much of the platform's `Socket` as is used. */
export interface PlatformSocket {
  readonly readable: ReadableStream<Uint8Array>
  readonly writable: WritableStream<Uint8Array>
  readonly opened: Promise<unknown>
  close(): Promise<void>
  startTls(options?: { expectedServerHostname?: string }): PlatformSocket
}

const CONNECT_MS = 30_000
const HANDSHAKE_MS = 30_000
const CLOSE_MS = 2_000

export class SocketStream {
  #socket: PlatformSocket
  #reader: ReadableStreamDefaultReader<Uint8Array>
  #writer: WritableStreamDefaultWriter<Uint8Array>

  /** Resolves when the connection stands, with implicit TLS when its handshake is done. */
  static async open(
    connect: Connect,
    { host, port, tls }: { host: string; port: number; tls: TlsPolicy },
    signal: AbortSignal,
  ): Promise<SocketStream> {
    const secureTransport = tls === 'implicit' ? 'on' : tls === 'none' ? 'off' : 'starttls'
    const hostname = host.includes(':') ? `[${host}]` : host
    const socket = connect({ hostname, port }, { secureTransport, allowHalfOpen: false })
    try {
      await within(socket.opened, CONNECT_MS, 'no connection in time', signal)
    } catch (error) {
      void socket.close().catch(() => {})
      throw error
    }
    return new SocketStream(socket)
  }

  private constructor(socket: PlatformSocket) {
    this.#socket = socket
    this.#reader = socket.readable.getReader()
    this.#writer = socket.writable.getWriter()
  }

  /** The next octets; undefined at the end. */
  async read(milliseconds: number, signal: AbortSignal): Promise<Uint8Array | undefined> {
    return (await within(this.#reader.read(), milliseconds, 'no answer in time', signal)).value
  }

  write(bytes: Uint8Array, milliseconds: number, signal: AbortSignal): Promise<void> {
    return within(this.#writer.write(bytes), milliseconds, 'the peer does not read', signal)
  }

  /** Rejects when the handshake fails: after that the socket is of no use. */
  async startTls(name: string, signal: AbortSignal): Promise<void> {
    this.#reader.releaseLock()
    this.#writer.releaseLock()
    this.#socket = this.#socket.startTls({ expectedServerHostname: name })
    this.#reader = this.#socket.readable.getReader()
    this.#writer = this.#socket.writable.getWriter()
    await within(this.#socket.opened, HANDSHAKE_MS, 'no handshake in time', signal)
  }

  /** Whatever state it is in; what fails now concerns nobody. */
  async close(): Promise<void> {
    const closed = this.#socket.close().catch(() => {})
    await Promise.race([closed, new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS))])
  }
}

async function within<T>(work: Promise<T>, milliseconds: number, problem: string, signal: AbortSignal): Promise<T> {
  const { promise: given, reject } = Promise.withResolvers<never>()
  const giveUp = () => reject(new Error(problem))
  const timer = setTimeout(giveUp, milliseconds)
  signal.addEventListener('abort', giveUp)
  if (signal.aborted) giveUp()
  try {
    return await Promise.race([work, given])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', giveUp)
  }
}
