/**
 * Large octets on their way in: into the blob store first, then, when they are durable there, into a row.
 *
 *     const incoming = store.incoming()
 *     try {
 *       store.add([{ raw: await incoming.message(raw), mailboxIds }])
 *     } finally {
 *       await incoming.settle()
 *     }
 *
 * What is small, or could not be kept in the blob store, comes back as it was and is stored inline.
 */
import { type MessageSummary, summarise } from '../format/index.ts'
import { maxHeadSize } from './blobs.ts'
import { fitsOneRow } from './email-row.ts'
import { StoreError } from './errors.ts'
import { unavailable } from './held-octets.ts'
import type { BlobNumber } from './ids.ts'
import type { StoreLimits } from './limits.ts'
import type { Objects } from './objects.ts'
import { type Octets, PutOctets } from './put-octets.ts'

export interface IncomingParts {
  readonly objects: Objects
  readonly limits: StoreLimits
  readonly refers: (blob: BlobNumber, key: string) => boolean
  /** Whether the account's quota has room for so many octets. */
  readonly hasRoom: (size: number) => boolean
  /** Throws `tooLarge`, `overQuota` when so many octets cannot be an upload. */
  readonly checkUpload: (size: number) => void
}

export class Incoming {
  readonly #parts: IncomingParts
  readonly #made = new Map<string, PutOctets | undefined>()

  constructor(parts: IncomingParts) {
    this.#parts = parts
  }

  /** False when everything stays inline: then nothing has to be done before a transaction. */
  get isNeeded(): boolean {
    return this.#parts.objects.blobs !== undefined
  }

  /**
   * A message for `MailStore.add`. Throws `unavailable` when the blob store fails, and what `add` would refuse anyway, which
   * is not worth a PUT: `tooLarge`, `overQuota`.
   */
  async message(raw: Uint8Array): Promise<Octets> {
    if (!this.#isLarge(raw)) return raw
    const { limits, hasRoom } = this.#parts
    if (raw.length > limits.maxMessageSize) throw new StoreError('tooLarge', 'the message is too large')
    if (!hasRoom(raw.length)) throw new StoreError('overQuota', 'the mailbox is full')
    const summary = summarise(raw)
    if (summary.headerSize > maxHeadSize || !fitsOneRow(summary)) return raw
    return this.#put(raw, summary.headerSize, summary)
  }

  /**
   * Octets for `MailStore.putUpload`. Throws `unavailable` when the blob store fails, and what `putUpload` would refuse
   * anyway: `tooLarge`, `overQuota`.
   */
  async upload(bytes: Uint8Array): Promise<Octets> {
    if (!this.#isLarge(bytes)) return bytes
    this.#parts.checkUpload(bytes.length)
    return this.#put(bytes, 0)
  }

  /** To be awaited in the end, whatever happened: removes objects that no committed row refers to. */
  async settle(): Promise<void> {
    const { objects, refers } = this.#parts
    const keys = [...this.#made.keys()]
    try {
      const unused = keys.filter((key) => {
        const blob = this.#made.get(key)?.blob
        return blob === undefined || !refers(blob, key)
      })
      this.#made.clear()
      if (unused.length > 0) await objects.remove(unused)
    } finally {
      objects.settled(keys)
    }
  }

  #isLarge(bytes: Uint8Array): boolean {
    return this.isNeeded && bytes.length > this.#parts.limits.inlineLimit
  }

  async #put(bytes: Uint8Array, headSize: number, summary?: MessageSummary): Promise<Octets> {
    const { objects, limits } = this.#parts
    const { blobs } = objects
    if (blobs === undefined) return bytes
    const key = objects.newKey()
    this.#made.set(key, undefined)
    try {
      await blobs.put(key, bytes)
    } catch (error) {
      throw unavailable('the message cannot be stored now', error)
    }
    const put = new PutOctets(key, bytes, headSize + limits.inlineStart, summary)
    this.#made.set(key, put)
    return put
  }
}
