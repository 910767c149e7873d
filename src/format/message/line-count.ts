/**
 * Counts lines of nested stretches of a message in linear time: a message within a message within a message is counted
 * once, not once per level.
 */
const LF = 10

interface Counted {
  start: number
  end: number
  feeds: number
}

/** LF in each octet of a word. */
const LFS = 0x0a0a0a0a
const LOW_BITS = 0x7f7f7f7f

export class LineCounter {
  readonly #raw: Uint8Array
  /** The same memory as aligned words, from octet `#first` on: a large body is counted four octets at a time. */
  readonly #words: Int32Array
  readonly #first: number
  /** Disjoint, ascending: what has been counted and may lie inside the next stretch. */
  readonly #counted: Counted[] = []

  constructor(raw: Uint8Array) {
    this.#raw = raw
    this.#first = (4 - (raw.byteOffset & 3)) & 3
    const words = Math.max(0, raw.length - this.#first) >> 2
    this.#words = words === 0 ? new Int32Array(0) : new Int32Array(raw.buffer, raw.byteOffset + this.#first, words)
  }

  /**
   * Lines from `start` up to `end`; a last line without line end counts. Stretches come in the order of their ends,
   * and overlap only by containing one another.
   */
  count(start: number, end: number): number {
    let feeds = 0
    let upTo = end
    for (let inner = this.#counted.at(-1); inner && inner.start >= start; inner = this.#counted.at(-1)) {
      feeds += this.#feeds(inner.end, upTo) + inner.feeds
      upTo = inner.start
      this.#counted.pop()
    }
    feeds += this.#feeds(start, upTo)
    this.#counted.push({ start, end, feeds })
    return end > start && this.#raw[end - 1] !== LF ? feeds + 1 : feeds
  }

  #feeds(start: number, end: number): number {
    const first = this.#first
    const from = (start - first + 3) >> 2
    const to = (end - first) >> 2
    if (start < first || from >= to) return this.#feedsByOctet(start, end)
    const words = this.#words
    let feeds = this.#feedsByOctet(start, first + from * 4) + this.#feedsByOctet(first + to * 4, end)
    for (let i = from; i < to; i++) {
      // An octet of `word` is zero where the text has LF; `found` has the top bit of just these octets.
      const word = (words[i] as number) ^ LFS
      const found = ~(((word & LOW_BITS) + LOW_BITS) | word | LOW_BITS)
      if (found !== 0) feeds += Math.imul(found >>> 7, 0x01010101) >>> 24
    }
    return feeds
  }

  #feedsByOctet(start: number, end: number): number {
    const raw = this.#raw
    let feeds = 0
    for (let i = start; i < end; i++) if (raw[i] === LF) feeds++
    return feeds
  }
}
