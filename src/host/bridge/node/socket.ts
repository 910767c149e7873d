/**
 * One TCP connection over `node:net` and `node:tls`, behind the socket port.
 *
 * STARTTLS wraps the connected socket in a `TLSSocket`; the port's object stays the same, so that the services hold one
 * reference through the connection's life. The same code runs under Deno (see ../deno/index.ts for what was verified).
 */

import { createHash, X509Certificate } from 'node:crypto'
import net from 'node:net'
import tls from 'node:tls'
import {
  buffersPassed,
  type Endpoint,
  plainAddress,
  type Socket,
  type SocketEvents,
  SocketTimeout,
  type TlsClientOptions,
  type TlsFacts,
  type TlsIdentity,
  longestChain,
  tlsProblem,
  verifyDane,
} from '../common/index.ts'

const defaultLingerMs = 5_000

/** Building a context parses the key: once per identity. A replaced certificate is a new object, so old ones are freed. */
const contexts = new WeakMap<TlsIdentity, tls.SecureContext>()

/** Throws the TLS library's error when certificate and key cannot be used. */
export function secureContext(identity: TlsIdentity): tls.SecureContext {
  let context = contexts.get(identity)
  if (context === undefined) {
    context = tls.createSecureContext({ cert: identity.cert, key: identity.key, minVersion: 'TLSv1.2' })
    contexts.set(identity, context)
  }
  return context
}

/** RFC 9266 §2. */
const exporterLabel = 'EXPORTER-Channel-Binding'
const exporterOctets = 32

const endPoints = new WeakMap<TlsIdentity, Uint8Array | undefined>()

/**
 * The hash of the server's certificate, by the hash function of its signature and never by less than SHA-256 (RFC 5929
 * §4.1); undefined where the signature has none of its own (Ed25519) or names it in parameters (RSA-PSS).
 */
function endPoint(identity: TlsIdentity): Uint8Array | undefined {
  if (!endPoints.has(identity)) {
    const certificate = new X509Certificate(identity.cert)
    const name = /(?:^|-)(md5|sha\d{1,3})/i.exec(certificate.signatureAlgorithm ?? '')?.[1]?.toLowerCase()
    const hash = name === 'md5' || name === 'sha1' ? 'sha256' : name
    endPoints.set(identity, hash === undefined ? undefined : createHash(hash).update(certificate.raw).digest())
  }
  return endPoints.get(identity)
}

/** What the server shows: its own certificate, each followed by its issuer. */
function chainOf(secure: tls.TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = []
  let certificate = secure.getPeerX509Certificate()
  while (certificate !== undefined && chain.length < longestChain) {
    chain.push(certificate)
    certificate = certificate.issuerCertificate
  }
  return chain
}

export class NodeSocket implements Socket {
  readonly remote: Endpoint
  readonly local: Endpoint
  #stream: net.Socket
  #tls: TlsFacts | undefined
  /** What this server has shown in the handshake. */
  #identity: TlsIdentity | undefined
  #events: SocketEvents | undefined
  #failure: Error | undefined
  #closed = false
  #ended = false
  #linger: ReturnType<typeof setTimeout> | undefined

  constructor(stream: net.Socket) {
    this.#stream = stream
    // The system forgets addresses once a connection is gone: keep them for the log.
    this.remote = { address: plainAddress(stream.remoteAddress ?? ''), port: stream.remotePort ?? 0 }
    this.local = { address: plainAddress(stream.localAddress ?? ''), port: stream.localPort ?? 0 }
    this.#attach(stream)
  }

  get tls(): TlsFacts | undefined {
    return this.#tls
  }

  channelBinding(type: string): Uint8Array | undefined {
    const stream = this.#stream
    if (!(stream instanceof tls.TLSSocket) || this.#tls?.version !== 'TLSv1.3') return undefined
    if (type === 'tls-server-end-point') return this.#identity === undefined ? undefined : endPoint(this.#identity)
    // Deno's sockets cannot export.
    if (type !== 'tls-exporter' || typeof stream.exportKeyingMaterial !== 'function') return undefined
    return stream.exportKeyingMaterial(exporterOctets, exporterLabel, Buffer.alloc(0))
  }

  get backlog(): number {
    return this.#stream.writableLength
  }

  handle(events: SocketEvents): void {
    const first = this.#events === undefined
    this.#events = events
    if (this.#closed) {
      events.close(this.#failure)
      return
    }
    if (!first) return
    this.#read()
    this.#stream.resume()
    if (this.#ended) events.end()
  }

  release(): void {
    this.#events = undefined
    this.#stream.off('data', this.#onData)
    this.#stream.pause()
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  unread(bytes: Uint8Array): void {
    if (bytes.length > 0 && !this.#closed) this.#stream.unshift(bytes)
  }

  write(bytes: Uint8Array, written?: () => void): boolean {
    if (this.#closed || !this.#stream.writable) return true
    buffersPassed(bytes.length)
    if (written === undefined) return this.#stream.write(bytes)
    return this.#stream.write(bytes, (error) => {
      if (error === null || error === undefined) written()
    })
  }

  async startTlsServer(identity: TlsIdentity, timeoutMs: number): Promise<TlsFacts> {
    const plain = this.#detach()
    this.#identity = identity
    const secure = new tls.TLSSocket(plain, { isServer: true, secureContext: secureContext(identity) })
    return this.#handshake(secure, 'secure', timeoutMs, () => ({ verified: true }))
  }

  async startTlsClient(options: TlsClientOptions): Promise<TlsFacts> {
    const plain = this.#detach()
    const named = net.isIP(options.servername) === 0
    const { dane } = options
    const secure = tls.connect({
      socket: plain,
      ...(named ? { servername: options.servername } : {}),
      // With an address literal Node would verify against the socket's host: say which name is meant.
      ...(named ? {} : { host: options.servername }),
      ...(options.ca === undefined ? {} : { ca: [...options.ca] }),
      rejectUnauthorized: options.verify && dane === undefined,
      minVersion: options.verify ? 'TLSv1.2' : 'TLSv1',
    })
    return this.#handshake(secure, 'secureConnect', options.timeoutMs, () => {
      if (dane !== undefined) {
        verifyDane(chainOf(secure), dane, Date.now())
        return { verified: true, verifiedBy: 'dane' }
      }
      if (secure.authorized) return { verified: true, verifiedBy: 'pkix' }
      return { verified: false, problem: tlsProblem(secure.authorizationError) }
    })
  }

  end(lingerMs: number = defaultLingerMs): void {
    if (this.#closed) return
    this.#stream.end()
    if (this.#ended) {
      // Nothing more can come: the stream closes by itself once the queue is written; the timer is for a peer that stopped reading.
      this.#stream.once('finish', () => this.#stream.destroy())
    }
    this.#stream.resume()
    this.#linger ??= setTimeout(() => this.destroy(), lingerMs)
  }

  destroy(): void {
    this.#stream.destroy()
  }

  readonly #onData = (chunk: Uint8Array): void => {
    buffersPassed(chunk.length)
    this.#events?.data(chunk)
  }
  readonly #onDrain = (): void => this.#events?.drain?.()
  readonly #onError = (error: Error): void => {
    this.#failure ??= error
  }
  readonly #onEnd = (): void => {
    this.#ended = true
    this.#events?.end()
  }
  readonly #onClose = (): void => {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#linger)
    this.#events?.close(this.#failure)
  }

  #attach(stream: net.Socket): void {
    stream.on('error', this.#onError)
    stream.on('end', this.#onEnd)
    stream.on('drain', this.#onDrain)
    stream.on('close', this.#onClose)
  }

  #read(): void {
    if (this.#stream.listenerCount('data') === 0) this.#stream.on('data', this.#onData)
  }

  /** The stream without our listeners except those for its death, ready to carry TLS. */
  #detach(): net.Socket {
    const stream = this.#stream
    stream.off('data', this.#onData)
    stream.off('end', this.#onEnd)
    stream.off('drain', this.#onDrain)
    stream.pause()
    return stream
  }

  async #handshake(
    secure: tls.TLSSocket,
    event: 'secure' | 'secureConnect',
    timeoutMs: number,
    judge: () => Omit<TlsFacts, 'version' | 'cipher'>,
  ): Promise<TlsFacts> {
    const plain = this.#stream
    this.#stream = secure
    // From here the TLS stream's death is ours; the plain one below it only passes its error on.
    plain.off('close', this.#onClose)
    plain.once('close', () => secure.destroy())
    secure.on('error', this.#onError)
    secure.on('close', this.#onClose)
    secure.on('drain', this.#onDrain)
    secure.on('end', this.#onEnd)
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => secure.destroy(new SocketTimeout('TLS handshake took too long')), timeoutMs)
      const closed = () => {
        clearTimeout(timer)
        reject(this.#failure ?? new Error('connection closed during the TLS handshake'))
      }
      secure.once('close', closed)
      secure.once(event, () => {
        clearTimeout(timer)
        secure.off('close', closed)
        resolve()
      })
    })
    const cipher = secure.getCipher()
    const version = secure.getProtocol() ?? 'unknown'
    try {
      this.#tls = { version, cipher: cipher.standardName ?? cipher.name, ...judge() }
    } catch (error) {
      secure.destroy()
      throw error
    }
    // Who waits for the handshake must act on it before the first bytes under TLS come.
    setImmediate(() => {
      if (this.#events !== undefined) this.#read()
    })
    return this.#tls
  }
}
