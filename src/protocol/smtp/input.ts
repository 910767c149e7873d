/**
 * Bytes that have come and are not yet used: cut into command lines, or handed out as they are.
 *
 * Limits: a line longer than asked for is swallowed up to its CRLF without being kept.
 * Security: unauthenticated peers feed this. Only CRLF ends a line; LF alone is reported, never taken for an end.
 */
import { concat } from '../../format/index.ts'

export type InputLine =
  /** A whole line, without its CRLF. */
  | { kind: 'line'; bytes: Uint8Array }
  /** A whole line that was longer than allowed; its octets are gone. */
  | { kind: 'too long'; bytes: Uint8Array }
  /** A line that ends in LF without CR before it, without that LF. */
  | { kind: 'bare line feed'; bytes: Uint8Array }

const cr = 13
const lf = 10
const nothing = new Uint8Array(0)

export class Input {
  #chunks: Uint8Array[] = []
  /** First unread octet of the first chunk. */
  #start = 0
  #length = 0
  /** The beginning of a line whose end has not come. */
  #partial: Uint8Array[] = []
  #partialLength = 0
  #lastOctet = 0

  /** Octets kept. */
  get length(): number {
    return this.#partial.length === 0 ? this.#length : this.#length + this.#partialLength
  }

  /** Nothing is kept, nor is a line under way. */
  get empty(): boolean {
    return this.#length === 0 && this.#partialLength === 0
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#length += chunk.length
  }

  clear(): void {
    this.#chunks = []
    this.#start = 0
    this.#length = 0
    this.#forgetPartial()
  }

  /** The unread part of the first chunk, for readers of raw content; undefined when nothing waits. */
  peek(): Uint8Array | undefined {
    const chunk = this.#chunks[0]
    return chunk === undefined || this.#start === 0 ? chunk : chunk.subarray(this.#start)
  }

  /** Drops `count` octets of what `peek` showed. */
  skip(count: number): void {
    this.#length -= count
    this.#start += count
    if (this.#start === (this.#chunks[0] as Uint8Array).length) {
      this.#chunks.shift()
      this.#start = 0
    }
  }

  /** The next line, or undefined when its end has not come. `limit` counts the CRLF. */
  line(limit: number): InputLine | undefined {
    for (let chunk = this.peek(); chunk !== undefined; chunk = this.peek()) {
      const end = chunk.indexOf(lf)
      if (end < 0) {
        this.#keep(chunk, limit)
        this.skip(chunk.length)
        continue
      }
      const before = end > 0 ? chunk[end - 1] : this.#lastOctet
      const length = this.#partialLength + end + 1
      const pieces = [...this.#partial, chunk.subarray(0, end + 1)]
      this.#forgetPartial()
      this.skip(end + 1)
      if (length > limit) return { kind: before === cr ? 'too long' : 'bare line feed', bytes: nothing }
      const bytes = concat(pieces)
      if (before !== cr) return { kind: 'bare line feed', bytes: bytes.subarray(0, length - 1) }
      return { kind: 'line', bytes: bytes.subarray(0, length - 2) }
    }
    return undefined
  }

  #keep(piece: Uint8Array, limit: number): void {
    this.#partialLength += piece.length
    this.#lastOctet = piece[piece.length - 1] as number
    if (this.#partialLength > limit) this.#partial = []
    // A copy: the piece may be the end of a large block that would stay in memory with it.
    else this.#partial.push(piece.slice())
  }

  #forgetPartial(): void {
    this.#partial = []
    this.#partialLength = 0
    this.#lastOctet = 0
  }
}
