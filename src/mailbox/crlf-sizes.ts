/**
 * Sizes of emails with every line ended by CRLF, which POP3 tells before it sends a message.
 *
 * Nearly all messages have this size as they are stored; the others alone are in an index, so that a whole mailbox's
 * sizes cost one look at it. Emails from before it was counted are in it too, without a value, until they are counted.
 *
 * Standards: RFC 1939 §5 (STAT, LIST), §11.
 */
import { CrlfSize } from '../format/index.ts'
import type { Sql } from '../storage/index.ts'
import type { Blobs } from './blobs.ts'
import type { EmailReader } from './email-reader.ts'
import type { EmailId } from './ids.ts'

/** Octets read at once. */
const stride = 1024 * 1024

export interface CrlfSizesParts {
  readonly sql: Sql
  readonly blobs: Blobs
  readonly reader: EmailReader
  readonly reading: <T>(work: () => T) => Promise<T>
  readonly transaction: <T>(work: () => T) => T
}

export class CrlfSizes {
  readonly #parts: CrlfSizesParts

  constructor(parts: CrlfSizesParts) {
    this.#parts = parts
  }

  /** Of emails where it is not the stored size; null: it was never counted. */
  odd(): ReadonlyMap<EmailId, number | null> {
    const query = 'SELECT id, crlf_size FROM email WHERE crlf_size IS NOT size'
    const rows = this.#parts.sql.exec<{ id: EmailId; crlf_size: number | null }>(query)
    return new Map(Array.from(rows, (row) => [row.id, row.crlf_size]))
  }

  /** Of the surrogates (RFC 6858) of emails that have one: those with more than ASCII in a header. */
  ofSurrogates(): ReadonlyMap<EmailId, number> {
    const query = 'SELECT id, surrogate_size FROM email WHERE surrogate_size IS NOT NULL'
    const rows = this.#parts.sql.exec<{ id: EmailId; surrogate_size: number }>(query)
    return new Map(Array.from(rows, (row) => [row.id, row.surrogate_size]))
  }

  /** Counts those of these emails that exist, and keeps what it found. */
  async count(ids: readonly EmailId[]): Promise<ReadonlyMap<EmailId, number>> {
    const { sql, transaction } = this.#parts
    const sizes = new Map<EmailId, number>()
    for (const id of ids) {
      const size = await this.#countOne(id)
      if (size !== undefined) sizes.set(id, size)
    }
    transaction(() => {
      for (const [id, size] of sizes) sql.exec('UPDATE email SET crlf_size = ? WHERE id = ?', size, id)
    })
    return sizes
  }

  async #countOne(id: EmailId): Promise<number | undefined> {
    const { blobs, reader, reading } = this.#parts
    const blob = reader.blobOf(id)
    const size = blob === undefined ? undefined : blobs.size(blob)
    if (blob === undefined || size === undefined) return undefined
    const counter = new CrlfSize()
    for (let at = 0; at < size; at += stride) {
      const octets = await reading(() => blobs.slice(blob, at, at + stride))
      if (octets === undefined) return undefined
      counter.push(octets)
    }
    return counter.value
  }
}
