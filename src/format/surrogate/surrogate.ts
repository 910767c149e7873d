/**
 * A message with its headers in ASCII, those of its parts and of enclosed messages too: what a reader gets who has not said
 * that it takes UTF-8 there. Bodies stay as they are.
 *
 * Standards: RFC 6858, RFC 6856 §2.1 (POP3).
 */
import { concat, isAscii } from '../bytes/bytes.ts'
import { crlfSize } from '../message/crlf-size.ts'
import { allParts, type StoredPart } from '../message/part.ts'
import { SurrogateHeaders } from './surrogate-header.ts'

/** Octets of a message, from `start` up to `end`. */
export interface HeaderExtent {
  readonly start: number
  readonly end: number
}

/** Where the headers of a message lie, in order, none within another. */
export function headerExtents(root: StoredPart): HeaderExtent[] {
  const extents: HeaderExtent[] = []
  for (const { headerStart: start, bodyStart: end } of allParts(root)) {
    if (end > start && start >= (extents.at(-1)?.end ?? 0)) extents.push({ start, end })
  }
  return extents
}

/** Octets of the surrogate with every line ended by CRLF; undefined for a message that needs none. */
export function surrogateSize(raw: Uint8Array, root: StoredPart): number | undefined {
  let more: number | undefined
  const headers = new SurrogateHeaders()
  for (const { start, end } of headerExtents(root)) {
    if (isAscii(raw, start, end)) continue
    const header = raw.subarray(start, end)
    more = (more ?? 0) + crlfSize(headers.header(header)) - crlfSize(header)
  }
  return more === undefined ? undefined : crlfSize(raw) + more
}

/** Makes the surrogate of a message that comes in pieces. Holds a header until all of it is there. */
export class Surrogate {
  readonly #extents: readonly HeaderExtent[]
  readonly #write: (bytes: Uint8Array) => void
  #next = 0
  #at = 0
  #held: Uint8Array[] = []
  readonly #headers = new SurrogateHeaders()

  /** `write` gets views of what `push` was given, and new octets. */
  constructor(extents: readonly HeaderExtent[], write: (bytes: Uint8Array) => void) {
    this.#extents = extents
    this.#write = write
  }

  push(piece: Uint8Array): void {
    const first = this.#at
    this.#at += piece.length
    for (let from = first; from < this.#at;) {
      const { start, end } = this.#extents[this.#next] ?? { start: Infinity, end: Infinity }
      const inside = from >= start
      const to = Math.min(this.#at, inside ? end : start)
      const octets = piece.subarray(from - first, to - first)
      if (inside) this.#held.push(octets)
      else this.#write(octets)
      if (to === end) this.#endHeader()
      from = to
    }
  }

  #endHeader(): void {
    this.#write(this.#headers.header(concat(this.#held)))
    this.#held = []
    this.#next++
  }
}
