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

export class LineCounter {
  readonly #raw: Uint8Array
  /** Disjoint, ascending: what has been counted and may lie inside the next stretch. */
  readonly #counted: Counted[] = []

  constructor(raw: Uint8Array) {
    this.#raw = raw
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
    const raw = this.#raw
    let feeds = 0
    for (let i = start; i < end; i++) if (raw[i] === LF) feeds++
    return feeds
  }
}
