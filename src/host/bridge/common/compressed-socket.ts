/**
 * A socket whose octets are compressed in both directions: DEFLATE streams that never end, over another socket.
 *
 * What is written is compressed piece by piece, each ended by a sync flush, so that nothing stays behind, and with the last
 * octets before it as dictionary, which the receiver has in its window. So between pieces there is no compressor: an idle
 * connection keeps only those octets, and the state by which it inflates.
 *
 * Standards: RFC 4978, RFC 1951.
 * Limits: of what is inflated no more waits here than a stream's mark (16 KiB) above what the caller has taken: `pause`
 *   stops the inflating too, so a bomb does no more than what the same octets would do uncompressed.
 * Security: the client's stream may be broken in any way; then the connection ends.
 */

import zlib from 'node:zlib'
import { concat } from '../../../format/index.ts'
import type { Endpoint, Socket, SocketEvents, TlsFacts } from './socket.ts'

/**
 * A listing of 1,000 messages in pieces of 300 octets shrinks to 15.5 % with 2 KiB of dictionary, to 14.3 % with 32 KiB, which
 * take twice the time; in pieces of 16 KiB and more it makes no difference.
 */
const dictionaryOctets = 4 * 1024
/** Compressed at once, without a turn through the thread pool: the answer to a command. 16 KiB take 0.05 to 0.2 ms. */
const smallOctets = 16 * 1024
/** Of what is waiting compressed in one go. */
const pieceOctets = 256 * 1024
/** Uncompressed octets waiting, above which `write` says that it is too much. */
const fullOctets = 64 * 1024
/** What an inflater holds by itself, besides zlib's state: 11 KB were measured for each of 1,000 that had seen two commands. */
const inflatedPiece = 4 * 1024
/** Of letters and attachments 73 MB/s, to 44.7 %; level 6 does 49 MB/s, to 43.7 %. */
const level = 4
/** The mark: what was received and is not inflated yet. */
const inflating = {
  chunkSize: inflatedPiece,
  highWaterMark: 16 * 1024,
  finishFlush: zlib.constants.Z_SYNC_FLUSH,
}

interface Waiting {
  readonly bytes: Uint8Array
  readonly written: (() => void) | undefined
}

export class CompressedSocket implements Socket {
  readonly #inner: Socket
  readonly #inflater = zlib.createInflateRaw(inflating)
  #events: SocketEvents | undefined
  #dictionary: Buffer = Buffer.alloc(0)
  #waiting: Waiting[] = []
  #waitingOctets = 0
  #deflating = false
  /** A `write` was answered by false: tell when there is room again. */
  #full = false
  #paused = false
  /** The inflater has enough for now. */
  #sated = false
  #ending: { readonly lingerMs: number | undefined } | undefined
  #over = false

  constructor(inner: Socket) {
    this.#inner = inner
    this.#inflater.on('data', (bytes: Buffer) => {
      if (!this.#over) this.#events?.data(bytes)
    })
    this.#inflater.on('drain', () => {
      this.#sated = false
      if (!this.#paused) inner.resume()
    })
    this.#inflater.on('end', () => this.#events?.end())
    this.#inflater.on('error', () => inner.destroy())
  }

  get remote(): Endpoint {
    return this.#inner.remote
  }

  get local(): Endpoint {
    return this.#inner.local
  }

  get tls(): TlsFacts | undefined {
    return this.#inner.tls
  }

  get backlog(): number {
    return this.#waitingOctets + this.#inner.backlog
  }

  channelBinding(type: string): Uint8Array | undefined {
    return this.#inner.channelBinding(type)
  }

  handle(events: SocketEvents): void {
    this.#events = events
    this.#inner.handle({
      data: (chunk) => {
        if (this.#inflater.write(chunk)) return
        this.#sated = true
        this.#inner.pause()
      },
      end: () => this.#inflater.end(),
      drain: () => this.#relieved(),
      close: (cause) => {
        this.#over = true
        this.#inflater.destroy()
        this.#waiting = []
        events.close(cause)
      },
    })
  }

  release(): void {
    this.#events = undefined
    this.#inner.release()
  }

  pause(): void {
    this.#paused = true
    this.#inflater.pause()
    this.#inner.pause()
  }

  resume(): void {
    this.#paused = false
    this.#inflater.resume()
    if (!this.#sated) this.#inner.resume()
  }

  unread(): void {
    throw new Error('a compressed socket gives back nothing')
  }

  write(bytes: Uint8Array, written?: () => void): boolean {
    if (this.#over || this.#ending !== undefined) return true
    this.#waiting.push({ bytes, written })
    this.#waitingOctets += bytes.length
    this.#deflate()
    if (this.backlog <= fullOctets) return true
    this.#full = true
    return false
  }

  async startTlsServer(): Promise<TlsFacts> {
    throw new Error('TLS goes below compression')
  }

  async startTlsClient(): Promise<TlsFacts> {
    throw new Error('TLS goes below compression')
  }

  end(lingerMs?: number): void {
    this.#ending ??= { lingerMs }
    if (!this.#deflating) this.#inner.end(lingerMs)
    this.resume()
  }

  destroy(): void {
    this.#inner.destroy()
  }

  /** Compresses what waits, one piece after the other. */
  #deflate(): void {
    while (!this.#deflating && this.#waiting.length > 0) {
      const { plain, pieces } = this.#take()
      const options = {
        level,
        finishFlush: zlib.constants.Z_SYNC_FLUSH,
        ...(this.#dictionary.length > 0 ? { dictionary: this.#dictionary } : {}),
      }
      if (plain.length <= smallOctets) {
        this.#send(plain, zlib.deflateRawSync(plain, options), pieces)
        continue
      }
      this.#deflating = true
      zlib.deflateRaw(plain, options, (error, packed) => {
        this.#deflating = false
        if (this.#over) return
        if (error !== null) {
          this.destroy()
          return
        }
        this.#send(plain, packed, pieces)
        this.#deflate()
        if (this.#ending !== undefined && !this.#deflating) this.#inner.end(this.#ending.lingerMs)
        this.#relieved()
      })
    }
  }

  #take(): { plain: Uint8Array; pieces: Waiting[] } {
    let octets = 0
    let count = 0
    for (const { bytes } of this.#waiting) {
      if (count > 0 && octets + bytes.length > pieceOctets) break
      octets += bytes.length
      count++
    }
    const pieces = this.#waiting.splice(0, count)
    const [first] = pieces
    return {
      plain: count === 1 && first !== undefined ? first.bytes : concat(pieces.map(({ bytes }) => bytes)),
      pieces,
    }
  }

  #send(plain: Uint8Array, packed: Uint8Array, pieces: readonly Waiting[]): void {
    this.#waitingOctets -= plain.length
    const kept = Math.max(0, dictionaryOctets - plain.length)
    const before = kept === 0 ? new Uint8Array(0) : this.#dictionary.subarray(-kept)
    // Copied: a view would keep all of what it is cut from.
    this.#dictionary = Buffer.concat([before, plain.subarray(-dictionaryOctets)])
    this.#inner.write(packed, () => {
      for (const { written } of pieces) written?.()
    })
  }

  #relieved(): void {
    if (!this.#full || this.backlog > fullOctets) return
    this.#full = false
    this.#events?.drain?.()
  }
}
