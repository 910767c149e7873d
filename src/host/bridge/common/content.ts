/**
 * The content of one message while it arrives.
 *
 * Large pieces are kept as they came, without a copy. Small ones are copied together: a client that sends byte by byte
 * must not make an object of each byte.
 */

const smallPiece = 2048
const blockSize = 64 * 1024

export class Content {
  #pieces: Uint8Array[] = []
  #block: Uint8Array | undefined
  #used = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  append(chunk: Uint8Array): void {
    this.#size += chunk.length
    if (chunk.length >= smallPiece) {
      this.#seal()
      this.#pieces.push(chunk)
      return
    }
    let block = this.#block
    if (block === undefined || block.length - this.#used < chunk.length) {
      this.#seal()
      // The first block fits what a short message needs; blocks after it are for those who drip.
      block = new Uint8Array(this.#pieces.length === 0 ? smallPiece * 2 : blockSize)
      this.#block = block
    }
    block.set(chunk, this.#used)
    this.#used += chunk.length
  }

  /** All of it in order, and nothing is kept. */
  take(): Uint8Array[] {
    this.#seal()
    const pieces = this.#pieces
    this.#pieces = []
    this.#size = 0
    return pieces
  }

  #seal(): void {
    if (this.#block !== undefined && this.#used > 0) this.#pieces.push(this.#block.subarray(0, this.#used))
    this.#block = undefined
    this.#used = 0
  }
}

/** Octets of content held by all connections together, so that their sum has a bound. */
export class ContentBudget {
  readonly #limit: number
  #held = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get held(): number {
    return this.#held
  }

  get exhausted(): boolean {
    return this.#held >= this.#limit
  }

  /** Counts `octets` in; false when they do not fit (then nothing is counted). */
  hold(octets: number): boolean {
    if (this.#held + octets > this.#limit) return false
    this.#held += octets
    return true
  }

  free(octets: number): void {
    this.#held -= octets
  }
}
