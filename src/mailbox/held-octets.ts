/**
 * Octets of objects in memory while somebody reads them.
 *
 * The store reads synchronously. A read that meets octets which are only in the blob store throws `AbsentOctets`;
 * `reading` fetches just that range and runs the work again. What it has fetched is dropped when the work is done.
 *
 * Limits: all work under way holds `maxHeld` octets at most; a single range above that is read alone. Work that does not
 * fit gives back what it holds before it waits for its turn, so two never wait for each other.
 */
import type { BlobStore } from './blob-store.ts'
import { StoreError } from './errors.ts'
import type { BlobNumber } from './ids.ts'

/** Octets that must be fetched first. Reaches a caller only when it reads outside of `reading`: a bug. */
export class AbsentOctets extends Error {
  readonly blob: BlobNumber
  readonly key: string
  readonly start: number
  readonly end: number

  constructor(blob: BlobNumber, key: string, start: number, end: number) {
    super(`octets of blob ${blob} are in the blob store: read them within reading()`)
    this.name = 'AbsentOctets'
    this.blob = blob
    this.key = key
    this.start = start
    this.end = end
  }

  get size(): number {
    return this.end - this.start
  }
}

interface Piece {
  readonly wanted: AbsentOctets
  readonly bytes: Uint8Array
}

interface Waiting {
  readonly size: number
  readonly admit: () => void
}

export interface HeldOctetsParts {
  readonly blobs: BlobStore | undefined
  readonly maxHeld: number
  /** Whether the blob's row still names that object. */
  readonly refers: (blob: BlobNumber, key: string) => boolean
}

export class HeldOctets {
  readonly #parts: HeldOctetsParts
  readonly #pieces = new Set<Piece>()
  readonly #queue: Waiting[] = []
  /** Octets in `#pieces` and of fetches under way. */
  #held = 0

  constructor(parts: HeldOctetsParts) {
    this.#parts = parts
  }

  /** Octets `start` to before `end` of an object. Throws `AbsentOctets` when they are not held. The caller owns the array. */
  octets(blob: BlobNumber, key: string, start: number, end: number): Uint8Array {
    for (const { wanted, bytes } of this.#pieces) {
      if (wanted.key !== key || start < wanted.start || end > wanted.end) continue
      return bytes.slice(start - wanted.start, end - wanted.start)
    }
    throw new AbsentOctets(blob, key, start, end)
  }

  /**
   * The result of `work`, which only reads, and is run again from its start after each fetch. Throws `unavailable` when
   * the blob store fails.
   */
  async reading<T>(work: () => T): Promise<T> {
    const mine: Piece[] = []
    try {
      for (;;) {
        try {
          return work()
        } catch (error) {
          if (!(error instanceof AbsentOctets)) throw error
          await this.#fetch(error, mine)
        }
      }
    } finally {
      this.#release(mine)
    }
  }

  /** Adds a range to what this reader holds. */
  async #fetch(wanted: AbsentOctets, mine: Piece[]): Promise<void> {
    const fits = this.#held === 0 || this.#held + wanted.size <= this.#parts.maxHeld
    if (fits && (mine.length > 0 || this.#queue.length === 0)) {
      this.#held += wanted.size
      await this.#load(wanted, mine)
      return
    }
    const all = [...mine.map((piece) => piece.wanted), wanted]
    this.#release(mine)
    await this.#turn(all.reduce((sum, range) => sum + range.size, 0))
    // All of them end before the first failure is told, so that nothing is held that nobody gives back.
    const loads = await Promise.allSettled(all.map((range) => this.#load(range, mine)))
    for (const load of loads) if (load.status === 'rejected') throw load.reason
  }

  /** Fetches a range whose octets are counted already. */
  async #load(wanted: AbsentOctets, mine: Piece[]): Promise<void> {
    let bytes: Uint8Array | undefined
    try {
      bytes = await this.#get(wanted)
    } finally {
      if (bytes === undefined) this.#give(wanted.size)
    }
    if (bytes === undefined) return
    const piece = { wanted, bytes }
    this.#pieces.add(piece)
    mine.push(piece)
  }

  /** Undefined when the message has been destroyed meanwhile: the work, run again, finds that out by itself. */
  async #get({ blob, key, start, end, size }: AbsentOctets): Promise<Uint8Array | undefined> {
    const { blobs, refers } = this.#parts
    if (blobs === undefined) throw unavailable('the blob store is not configured')
    let bytes: Uint8Array | undefined
    try {
      bytes = await blobs.get(key, { start, end })
    } catch (error) {
      throw unavailable('the message cannot be read now', error)
    }
    if (bytes === undefined && !refers(blob, key)) return undefined
    if (bytes?.length !== size) throw new Error(`object ${key} of blob ${blob} has ${bytes?.length ?? 'no'} octets`)
    return bytes
  }

  #turn(size: number): Promise<void> {
    return new Promise((resolve) => {
      this.#queue.push({ size, admit: resolve })
      this.#admit()
    })
  }

  #release(mine: Piece[]): void {
    for (const piece of mine) {
      this.#pieces.delete(piece)
      this.#give(piece.wanted.size)
    }
    mine.length = 0
  }

  #give(size: number): void {
    this.#held -= size
    this.#admit()
  }

  /** First come, first served. */
  #admit(): void {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      if (this.#held > 0 && this.#held + next.size > this.#parts.maxHeld) return
      this.#queue.shift()
      this.#held += next.size
      next.admit()
    }
  }
}

/** The blob store is out of reach: the same may succeed later. */
export function unavailable(message: string, cause?: unknown): StoreError {
  const error = new StoreError('unavailable', message)
  error.cause = cause
  return error
}
