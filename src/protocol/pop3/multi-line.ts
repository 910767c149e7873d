/**
 * A message as a multi-line response: lines end with CRLF, a dot that begins a line is doubled, a lone dot ends it.
 *
 * Standards: RFC 1939 §3 (byte-stuffing), §7 (TOP), §11 (octet counts are those of the CRLF form).
 *
 * A lone LF of a stored message goes out as CRLF. Clients that take any LF for the end of a line would otherwise read
 * `LF . LF` inside a message as its end, and what follows as the server's next answer.
 */

const LF = 10
const CR = 13
const DOT = 46
const crlf = Uint8Array.of(CR, LF)
const dot = Uint8Array.of(DOT)
const end = Uint8Array.of(DOT, CR, LF)

export class MultiLine {
  readonly #write: (bytes: Uint8Array) => void
  /** Lines of the body still to come; undefined: all. */
  #bodyLines: number | undefined
  #inHeader = true
  #last = LF
  /** Octets of the line at hand in chunks that are gone. */
  #lineOctets = 0
  #done = false

  /** `bodyLines`: for TOP, how many lines of the body to give. `write` gets views of what `push` was given. */
  constructor(write: (bytes: Uint8Array) => void, bodyLines?: number) {
    this.#write = write
    this.#bodyLines = bodyLines
  }

  /** All that was asked for is there: nothing more need be pushed. */
  get done(): boolean {
    return this.#done
  }

  /** The next octets of the message. */
  push(chunk: Uint8Array): void {
    if (this.#done || chunk.length === 0) return
    let from = 0
    let line = 0
    for (;;) {
      if (this.#lineOctets === 0 && chunk[line] === DOT) {
        this.#pass(chunk, from, line)
        this.#write(dot)
        from = line
      }
      const at = chunk.indexOf(LF, line)
      if (at < 0) break
      const before = at === 0 ? this.#last : chunk[at - 1]
      if (before !== CR) {
        this.#pass(chunk, from, at)
        this.#write(crlf)
        from = at + 1
      }
      const octets = this.#lineOctets + at - line - (before === CR ? 1 : 0)
      this.#lineOctets = 0
      line = at + 1
      if (this.#bodyLines !== undefined && this.#lineEnds(octets <= 0)) break
      if (line === chunk.length) break
    }
    const stop = this.#done ? line : chunk.length
    this.#pass(chunk, from, stop)
    this.#lineOctets += stop - line
    this.#last = chunk[stop - 1] as number
  }

  /** After the last octet: the last line's end, if the message lacks it, and the end of the response. */
  end(): void {
    if (this.#last !== LF) this.#write(crlf)
    this.#write(end)
    this.#done = true
  }

  /** Whether this was the last line wanted. */
  #lineEnds(empty: boolean): boolean {
    if (!this.#inHeader) this.#bodyLines = (this.#bodyLines as number) - 1
    else if (empty) this.#inHeader = false
    this.#done = !this.#inHeader && this.#bodyLines === 0
    return this.#done
  }

  #pass(chunk: Uint8Array, from: number, to: number): void {
    if (to > from) this.#write(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to))
  }
}
