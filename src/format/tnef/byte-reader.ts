/**
 * Little-endian numbers and runs of octets, one after another.
 *
 * Security: what lies beyond the end reads as `undefined`, so a length that lies stops a reader instead of misleading it.
 */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  u8(): number | undefined {
    return this.left < 1 ? undefined : this.#view.getUint8(this.#at++)
  }

  u16(): number | undefined {
    if (this.left < 2) return undefined
    this.#at += 2
    return this.#view.getUint16(this.#at - 2, true)
  }

  u32(): number | undefined {
    if (this.left < 4) return undefined
    this.#at += 4
    return this.#view.getUint32(this.#at - 4, true)
  }

  /** A view, not a copy; undefined when there are fewer. */
  octets(length: number): Uint8Array | undefined {
    if (this.left < length) return undefined
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  /** As `octets`, and on to a multiple of four, or to the end. */
  padded(length: number): Uint8Array | undefined {
    const run = this.octets(length)
    this.#at = Math.min(this.#bytes.length, this.#at + ((4 - (length % 4)) % 4))
    return run
  }
}
