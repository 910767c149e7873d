/**
 * The size of a message as protocols that know only whole lines count it.
 *
 * Standards: RFC 1939 §11 (POP3's octet counts are those of the CRLF form).
 */
const LF = 10
const CR = 13

/** Octets of the message with CRLF for each lone LF, and behind the last line if that has no end. A lone CR ends no line. */
export function crlfSize(raw: Uint8Array): number {
  return raw.length + missingCr(raw, LF) + missingEnd(raw.at(-1))
}

/** Counts the same over a message that comes in pieces. */
export class CrlfSize {
  #size = 0
  #last: number | undefined

  push(piece: Uint8Array): void {
    if (piece.length === 0) return
    this.#size += piece.length + missingCr(piece, this.#last ?? LF)
    this.#last = piece[piece.length - 1]
  }

  get value(): number {
    return this.#size + missingEnd(this.#last)
  }
}

/** `before`: the octet in front of the piece. */
function missingCr(piece: Uint8Array, before: number): number {
  let missing = 0
  for (let at = piece.indexOf(LF); at >= 0; at = piece.indexOf(LF, at + 1)) {
    if ((at === 0 ? before : piece[at - 1]) !== CR) missing++
  }
  return missing
}

function missingEnd(last: number | undefined): number {
  return last === undefined || last === LF ? 0 : 2
}
