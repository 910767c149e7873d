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
  /** Line ends seen and not yet written: they count only when something follows. */
  #heldLines = 0
  #heldSpace = false
  #heldCr = false
  #hasContent = false

  constructor(kind: Canonicalization) {
    this.#relaxed = kind === 'relaxed'
  }

  /** The canonical octets that are certain after `chunk`. */
  receive(chunk: Uint8Array): Uint8Array {
    const out = new Uint8Array(chunk.length + 2 * this.#heldLines + 2)
    let at = 0
    for (const octet of chunk) {
      if (this.#heldCr) {
        this.#heldCr = false
        if (octet === LF) {
          this.#heldSpace = false
          this.#heldLines++
          continue
        }
        at = this.#content(CR, out, at)
      }
      if (octet === CR) this.#heldCr = true
      else if (this.#relaxed && (octet === SP || octet === TAB)) this.#heldSpace = true
      else at = this.#content(octet, out, at)
    }
    return out.subarray(0, at)
  }

  /** The rest: one line end, unless a relaxed body is empty. */
  end(): Uint8Array {
    const out = new Uint8Array(2 * this.#heldLines + 4)
    let at = 0
    if (this.#heldCr) at = this.#content(CR, out, at)
    if (this.#hasContent || !this.#relaxed) {
      out[at++] = CR
      out[at++] = LF
    }
    return out.subarray(0, at)
  }

  #content(octet: number, out: Uint8Array, start: number): number {
    let at = start
    for (; this.#heldLines > 0; this.#heldLines--) {
      out[at++] = CR
      out[at++] = LF
    }
    if (this.#heldSpace) out[at++] = SP
    this.#heldSpace = false
    this.#hasContent = true
    out[at++] = octet
    return at
  }
}

/** The whole canonical body, in pieces. */
export function canonicalBody(kind: Canonicalization, body: readonly Uint8Array[]): Uint8Array[] {
  const canonicalizer = new BodyCanonicalizer(kind)
  return [...body.map((piece) => canonicalizer.receive(piece)), canonicalizer.end()]
}
