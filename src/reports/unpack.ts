/**
 * What is in a gzip or zip file.
 *
 * Standards: RFC 1952 (gzip), APPNOTE.TXT of PKWARE (zip).
 * Limits: octets of what comes out; of a zip the first file alone.
 * Security: fed by anyone. A bomb is put down when it has grown above the limit by what a few kilobytes can hold.
 */
import { Gunzip, Unzip, UnzipInflate } from 'fflate'
import { concat } from '../format/index.ts'

/** Deflate makes at most a thousandfold of what goes in. */
const piece = 4096

/** Bytes that are neither come back as they are. Undefined: broken, empty, or larger than `most`. */
export function unpack(bytes: Uint8Array, most: number): Uint8Array | undefined {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b
  if (!isGzip && !isZip) return bytes.length > most ? undefined : bytes
  const output = new Output(most)
  const stream = isGzip ? gunzip(output) : unzip(output)
  try {
    for (let at = 0; at < bytes.length && !output.isOver; at += piece) {
      stream.push(bytes.slice(at, at + piece), at + piece >= bytes.length)
    }
  } catch {
    return undefined
  }
  return output.whole
}

class Output {
  readonly #most: number
  readonly #chunks: Uint8Array[] = []
  #size = 0
  #ended = false
  #broken = false

  constructor(most: number) {
    this.#most = most
  }

  /** Nothing more is wanted. */
  get isOver(): boolean {
    return this.#ended || this.#broken
  }

  get whole(): Uint8Array | undefined {
    return this.#ended && !this.#broken && this.#size > 0 ? concat(this.#chunks) : undefined
  }

  take(chunk: Uint8Array, final: boolean): void {
    if (this.isOver) return
    this.#size += chunk.length
    if (this.#size > this.#most) this.fail()
    else this.#chunks.push(chunk)
    this.#ended = final
  }

  fail(): void {
    this.#broken = true
  }
}

interface Stream {
  push(chunk: Uint8Array, final: boolean): void
}

function gunzip(output: Output): Stream {
  return new Gunzip((chunk, final) => output.take(chunk, final))
}

function unzip(output: Output): Stream {
  let first = true
  const stream = new Unzip((file) => {
    if (!first || file.name.endsWith('/')) return
    first = false
    file.ondata = (error, chunk, final) => (error === null ? output.take(chunk, final) : output.fail())
    file.start()
  })
  stream.register(UnzipInflate)
  return stream
}
