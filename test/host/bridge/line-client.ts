/** A raw text-protocol client: what it got so far, and waiting for more. */

import net from 'node:net'
import tls from 'node:tls'
import zlib from 'node:zlib'

export class LineClient {
  #socket: net.Socket
  #received = ''
  #closed = false
  #watchers: (() => void)[] = []
  #inflater: zlib.InflateRaw | undefined

  constructor(socket: net.Socket) {
    this.#socket = socket
    this.#attach(socket)
  }

  static async connect(port: number, localAddress?: string): Promise<LineClient> {
    const socket = net.connect({ port, host: '127.0.0.1', ...(localAddress === undefined ? {} : { localAddress }) })
    const client = new LineClient(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return client
  }

  /** `preface` goes out in plain text before the handshake. */
  static async connectTls(port: number, preface?: Uint8Array): Promise<LineClient> {
    const plain = net.connect({ port, host: '127.0.0.1' })
    if (preface !== undefined) plain.write(preface)
    const socket = tls.connect({ socket: plain, rejectUnauthorized: false })
    const client = new LineClient(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve)
      socket.once('error', reject)
    })
    return client
  }

  get received(): string {
    return this.#received
  }

  get closed(): boolean {
    return this.#closed
  }

  write(data: string | Uint8Array): void {
    if (this.#inflater === undefined) this.#socket.write(data)
    else this.#socket.write(zlib.deflateRawSync(data, { finishFlush: zlib.constants.Z_SYNC_FLUSH }))
  }

  /** As they are, whatever was agreed on. */
  writeRaw(data: Uint8Array): void {
    this.#socket.write(data)
  }

  /** From now on both directions are compressed (RFC 4978). */
  compress(): void {
    this.#inflater = zlib.createInflateRaw({ finishFlush: zlib.constants.Z_SYNC_FLUSH })
    this.#inflater.on('data', (bytes: Buffer) => this.#take(bytes))
    this.#inflater.on('close', () => this.#over())
  }

  /** Waits until the system has taken what was written, or the connection is over. */
  async drained(): Promise<void> {
    while (!this.#closed && this.#socket.writableLength > 1024 * 1024) {
      await new Promise<void>((resolve) => {
        this.#watchers.push(resolve)
        this.#socket.once('drain', resolve)
      })
    }
  }

  /** Sends and waits for what matches; gives everything received from before the sending up to the match. */
  async say(data: string | Uint8Array, expected: RegExp): Promise<string> {
    this.#received = ''
    this.write(data)
    return this.expect(expected)
  }

  /** Waits until what was received matches. Throws when the connection ends before. */
  async expect(expected: RegExp): Promise<string> {
    while (!expected.test(this.#received)) {
      if (this.#closed) throw new Error(`closed after ${JSON.stringify(this.#received)}, wanted ${String(expected)}`)
      await new Promise<void>((resolve) => this.#watchers.push(resolve))
    }
    return this.#received
  }

  /** Waits until so many octets have come since the last `say`. */
  async octets(count: number): Promise<void> {
    while (this.#received.length < count) {
      if (this.#closed) throw new Error(`closed after ${this.#received.length} octets, wanted ${count}`)
      await new Promise<void>((resolve) => this.#watchers.push(resolve))
    }
  }

  async untilClosed(): Promise<string> {
    while (!this.#closed) await new Promise<void>((resolve) => this.#watchers.push(resolve))
    return this.#received
  }

  async startTls(): Promise<tls.TLSSocket> {
    const plain = this.#socket
    plain.removeAllListeners('data')
    const secure = tls.connect({ socket: plain, rejectUnauthorized: false })
    this.#socket = secure
    this.#attach(secure)
    await new Promise<void>((resolve, reject) => {
      secure.once('secureConnect', resolve)
      secure.once('error', reject)
    })
    return secure
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #attach(socket: net.Socket): void {
    socket.on('data', (chunk: Buffer) => {
      if (this.#inflater === undefined) this.#take(chunk)
      else this.#inflater.write(chunk)
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      // What has come is inflated first.
      if (this.#inflater === undefined) this.#over()
      else this.#inflater.end()
    })
  }

  #over(): void {
    this.#closed = true
    this.#wake()
  }

  #take(bytes: Buffer): void {
    this.#received += bytes.toString('latin1')
    this.#wake()
  }

  #wake(): void {
    const watchers = this.#watchers
    this.#watchers = []
    for (const watcher of watchers) watcher()
  }
}
