/**
 * Finds the delimiter lines of the multiparts that are open at a point of the message.
 *
 * Standards: RFC 2046 §5.1.1. A delimiter line is `--boundary`, perhaps `--` behind it, then nothing but white space.
 * An outer boundary ends inner parts even when their own closing delimiter is missing.
 * Security: fed by anyone; each octet is looked at once per search, and searches never go back.
 */
import { latin1 } from '../bytes/bytes.ts'

export interface Delimiter {
  /** Start of the delimiter line. */
  start: number
  /** Behind its line end. */
  end: number
  /** Which open multipart it belongs to: 0 is the outermost. */
  level: number
  /** `--boundary--` */
  closing: boolean
}

const LF = 10
const CR = 13
const SP = 32
const TAB = 9
const DASH = 45

export class BoundaryScanner {
  readonly #raw: Uint8Array
  /** Open boundaries, outermost first; the same text may be open twice, then the innermost is meant. */
  readonly #open: string[] = []
  readonly #levels = new Map<string, number[]>()
  #longest = 0

  constructor(raw: Uint8Array) {
    this.#raw = raw
  }

  /** Opens a multipart; gives its level. */
  push(boundary: string): number {
    const level = this.#open.push(boundary) - 1
    const levels = this.#levels.get(boundary)
    if (levels) levels.push(level)
    else this.#levels.set(boundary, [level])
    this.#longest = Math.max(this.#longest, boundary.length)
    return level
  }

  /** Closes the innermost multipart. */
  pop(): void {
    const boundary = this.#open.pop()!
    const levels = this.#levels.get(boundary)!
    levels.pop()
    if (levels.length === 0) this.#levels.delete(boundary)
  }

  /** The delimiter in the line from `start` to the LF (or end of octets) at `lf`; the line begins with a dash. */
  match(start: number, lf: number): Delimiter | undefined {
    const raw = this.#raw
    if (this.#open.length === 0 || raw[start + 1] !== DASH) return undefined
    let end = lf
    while (end > start + 2 && (raw[end - 1] === CR || raw[end - 1] === SP || raw[end - 1] === TAB)) end--
    const length = end - start - 2
    if (length < 1 || length > this.#longest + 2) return undefined
    const text = latin1(raw, start + 2, end)
    const exact = this.#level(text)
    const closing = text.endsWith('--') ? this.#level(text.slice(0, -2)) : -1
    if (exact < 0 && closing < 0) return undefined
    return { start, end: Math.min(lf + 1, raw.length), level: Math.max(exact, closing), closing: closing > exact }
  }

  #level(boundary: string): number {
    return this.#levels.get(boundary)?.at(-1) ?? -1
  }

  /**
   * The next delimiter at or behind `from`, which must be the start of a line. `dashless`: the octets are probably
   * base64, which has no dash, so that a jump from dash to dash passes over them at the speed of memory.
   */
  find(from: number, dashless = false): Delimiter | undefined {
    if (this.#open.length === 0) return undefined
    const raw = this.#raw
    let line = from
    if (dashless) {
      const dash = raw.indexOf(DASH, from)
      if (dash < 0) return undefined
      line = Math.max(from, raw.lastIndexOf(LF, dash) + 1)
    }
    for (;;) {
      if (raw[line] === DASH && raw[line + 1] === DASH) {
        let lf = raw.indexOf(LF, line)
        if (lf < 0) lf = raw.length
        const delimiter = this.match(line, lf)
        if (delimiter) return delimiter
        line = lf
      }
      line = this.#nextCandidate(line)
      if (line < 0) return undefined
    }
  }

  /** Start of the next line that begins with two dashes, searching the LF before it from `pos` on; -1 when none. */
  #nextCandidate(pos: number): number {
    const raw = this.#raw
    const last = raw.length - 2
    for (let i = pos; i < last; i++) {
      if (raw[i] === LF && raw[i + 1] === DASH && raw[i + 2] === DASH) return i + 1
    }
    return -1
  }
}
