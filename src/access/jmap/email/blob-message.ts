/**
 * A blob parsed as a message, for Email/parse.
 */
import { allParts, parseMessage, summarise, type Header, type Part, type StoredPart } from '../../../format/index.ts'
import type { MessageSource } from './message-source.ts'

/** Parts are named `<blobId>-<index>`, which `readBlob` understands. */
export class BlobMessage implements MessageSource {
  readonly blobId: string
  readonly raw: Uint8Array
  readonly root: Part
  readonly #numbers: ReadonlyMap<StoredPart, number>
  #summary: { preview: string; hasAttachment: boolean } | undefined

  constructor(blobId: string, raw: Uint8Array) {
    this.blobId = blobId
    this.raw = raw
    this.root = parseMessage(raw)
    this.#numbers = new Map(allParts<StoredPart>(this.root).map((node, index) => [node, index]))
  }

  get header(): Header {
    return this.root.header
  }

  get preview(): string {
    return this.#summarised().preview
  }

  get hasAttachment(): boolean {
    return this.#summarised().hasAttachment
  }

  octets(start: number, end: number): Uint8Array {
    return this.raw.subarray(start, end)
  }

  partBlobId(part: StoredPart): string {
    return `${this.blobId}-${this.partId(part)}`
  }

  partId(part: StoredPart): string {
    return String(this.#numbers.get(part))
  }

  #summarised(): { preview: string; hasAttachment: boolean } {
    return (this.#summary ??= summarise(this.raw, this.root))
  }
}
