/**
 * The body as it is hashed.
 *
 * Standards: RFC 6376 §3.4.3 (simple), §3.4.4 (relaxed).
 * Security: fed by anyone; one pass over pieces of any size, nothing held but counters. A CR or LF alone is content, as
 * on the wire.
 */

export type Canonicalization = 'simple' | 'relaxed'

const CR = 13
const LF = 10
const SP = 32
const TAB = 9

export class BodyCanonicalizer {
  readonly #relaxed: boolean
  /** Line ends seen and not yet written: they count only when something follows. So does white space in a relaxed body. */
  #lines = 0
  #space = false
  /** The last octet was a CR: the next one says whether it ends a line. */
  #cr = false
  #hasContent = false

  constructor(kind: Canonicalization) {
    this.#relaxed = kind === 'relaxed'
  }

  /** The canonical octets that are certain after `chunk`. */
  receive(chunk: Uint8Array): Uint8Array {
    const out = new Uint8Array(chunk.length + this.#heldOctets())
    return out.subarray(0, this.write(chunk, out, 0))
  }

  /** The rest: one line end, unless a relaxed body is empty. */
  end(): Uint8Array {
    const out = new Uint8Array(this.#heldOctets() + 2)
    return out.subarray(0, this.writeEnd(out, 0))
  }

  /** As `receive`, into `out` from `start` on, which has room for all octets of the body so far; the new end. */
  write(chunk: Uint8Array, out: Uint8Array, start: number): number {
    return this.#relaxed ? this.#writeRelaxed(chunk, out, start) : this.#writeSimple(chunk, out, start)
  }

  writeEnd(out: Uint8Array, start: number): number {
    let at = start
    if (this.#cr) {
      at = this.#flush(out, at)
      out[at++] = CR
    }
    if (this.#hasContent || !this.#relaxed) {
      out[at++] = CR
      out[at++] = LF
    }
    return at
  }

  #heldOctets(): number {
    return 2 * this.#lines + 2
  }

  /** Writes what was held, since something follows. */
  #flush(out: Uint8Array, start: number): number {
    let at = start
    for (; this.#lines > 0; this.#lines--) {
      out[at++] = CR
      out[at++] = LF
    }
    if (this.#space) out[at++] = SP
    this.#space = false
    this.#hasContent = true
    return at
  }

  #writeSimple(chunk: Uint8Array, out: Uint8Array, start: number): number {
    let at = start
    let from = 0
    if (this.#cr && chunk.length > 0) {
      this.#cr = false
      if (chunk[0] === LF) {
        this.#lines++
        from = 1
      } else {
        at = this.#flush(out, at)
        out[at++] = CR
      }
    }
    // All up to the last line with something on it goes over as it is.
    let to = chunk.length
    const cr = to > from && chunk[to - 1] === CR
    if (cr) to--
    let lines = 0
    for (; to - from >= 2 && chunk[to - 1] === LF && chunk[to - 2] === CR; to -= 2) lines++
    if (to > from) {
      at = this.#flush(out, at)
      out.set(chunk.subarray(from, to), at)
      at += to - from
    }
    this.#lines += lines
    this.#cr ||= cr
    return at
  }

  #writeRelaxed(chunk: Uint8Array, out: Uint8Array, start: number): number {
    let at = start
    // Nothing is held: the next octet goes over as it is. Most of a body is so.
    let plain = this.#hasContent && this.#lines === 0 && !this.#space && !this.#cr
    for (const octet of chunk) {
      if (plain && octet > SP) {
        out[at++] = octet
        continue
      }
      if (this.#cr) {
        this.#cr = false
        if (octet === LF) {
          this.#space = false
          this.#lines++
          continue
        }
        at = this.#flush(out, at)
        out[at++] = CR
      }
      plain = false
      if (octet === CR) this.#cr = true
      else if (octet === SP || octet === TAB) this.#space = true
      else {
        at = this.#flush(out, at)
        out[at++] = octet
        plain = true
      }
    }
    return at
  }
}

/** The whole canonical body. */
export function canonicalBody(kind: Canonicalization, body: readonly Uint8Array[]): Uint8Array {
  const canonicalizer = new BodyCanonicalizer(kind)
  let length = 2
  for (const piece of body) length += piece.length
  const out = new Uint8Array(length)
  let at = 0
  for (const piece of body) at = canonicalizer.write(piece, out, at)
  return out.subarray(0, canonicalizer.writeEnd(out, at))
}
