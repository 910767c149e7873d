/**
 * What stands for large octets after they have been put into the blob store, so that the octets themselves can go.
 */
import type { MessageSummary } from '../format/index.ts'
import type { BlobNumber } from './ids.ts'

/** Octets that are durable in the blob store, and what the database keeps of them. */
export class PutOctets {
  readonly key: string
  /** Of the whole. */
  readonly length: number
  /** The header and the first octets of the body. */
  readonly start: Uint8Array
  /** Of a message. */
  readonly summary: MessageSummary | undefined
  /** The row that refers to the object, once one was written. It may have been rolled back. */
  blob: BlobNumber | undefined

  constructor(key: string, bytes: Uint8Array, startSize: number, summary?: MessageSummary) {
    this.key = key
    this.length = bytes.length
    this.start = bytes.slice(0, startSize)
    this.summary = summary
  }
}

/** Octets to be stored: as they are, or put already. */
export type Octets = Uint8Array | PutOctets
