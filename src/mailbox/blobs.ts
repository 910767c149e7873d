/**
 * Bytes in the database: immutable, byte-exact, cut so that no value comes near the 2 MB a Durable Object allows.
 *
 * A blob is `head` (a message's header section, so that reading headers does not read bodies), then `data`, then
 * numbered chunks. Messages are counted by the emails that share them; uploads expire.
 *
 * Standards: RFC 8620 §6 (binary data).
 */
import { concat } from '../format/index.ts'
import type { Sql } from '../storage/index.ts'
import { StoreError } from './errors.ts'
import type { BlobNumber } from './ids.ts'
import type { Journal } from './journal.ts'
import type { StoreLimits } from './limits.ts'
import type { Blob, Upload } from './types.ts'

/** Octets in `data` and in each chunk. With the largest head a row stays below 1.3 MB. */
export const chunkSize = 1024 * 1024
const maxHeadSize = 256 * 1024
/** A media type as HTTP writes it, loosely: it is given back, never acted upon (RFC 9110 §8.3.1). */
const mediaType = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,127}\/[\x20-\x7e]{1,400}$/

interface BlobRow extends Record<string, number | string | ArrayBuffer | null> {
  size: number
  head_size: number
}

export class Blobs {
  readonly #sql: Sql
  readonly #journal: Journal
  readonly #limits: StoreLimits
  readonly #now: () => number

  constructor(sql: Sql, journal: Journal, limits: StoreLimits, now: () => number) {
    this.#sql = sql
    this.#journal = journal
    this.#limits = limits
    this.#now = now
  }

  /** Stores a message under a number that its email has taken. One row for up to 1 MiB, one more for each further one. */
  putMessage(id: BlobNumber, raw: Uint8Array, headerSize: number): void {
    this.#put(id, raw, headerSize <= maxHeadSize ? headerSize : 0, null, null)
  }

  putUpload(bytes: Uint8Array, type: string): Upload {
    if (bytes.length > this.#limits.maxMessageSize) throw new StoreError('tooLarge', 'the upload is too large')
    this.sweep()
    const waiting = 'SELECT ifnull(sum(size), 0) AS size FROM blob WHERE expires IS NOT NULL'
    if (this.#sql.exec<{ size: number }>(waiting).one().size + bytes.length > this.#limits.maxUploadTotal) {
      throw new StoreError('overQuota', 'too many uploads are waiting to be used')
    }
    const checked = mediaType.test(type) ? type : 'application/octet-stream'
    const blob = this.#journal.take() as BlobNumber
    const expiresAt = this.#now() + this.#limits.uploadLifetime
    this.#put(blob, bytes, 0, checked, expiresAt)
    return { blob, type: checked, size: bytes.length, expiresAt }
  }

  /** An upload that has not expired. */
  upload(id: BlobNumber): Blob | undefined {
    const query = 'SELECT type FROM blob WHERE id = ? AND expires > ?'
    const row = this.#sql.exec<{ type: string }>(query, id, this.#now()).toArray()[0]
    const bytes = row === undefined ? undefined : this.read(id)
    return row === undefined || bytes === undefined ? undefined : { bytes, type: row.type, size: bytes.length }
  }

  /** A whole message, not an upload. */
  message(id: BlobNumber): Blob | undefined {
    const known =
      this.#sql.exec('SELECT 1 AS yes FROM blob WHERE id = ? AND expires IS NULL', id).toArray().length === 1
    const bytes = known ? this.read(id) : undefined
    return bytes === undefined ? undefined : { bytes, type: 'message/rfc822', size: bytes.length }
  }

  size(id: BlobNumber): number | undefined {
    return this.#sql.exec<{ size: number }>('SELECT size FROM blob WHERE id = ?', id).toArray()[0]?.size
  }

  read(id: BlobNumber): Uint8Array | undefined {
    const row = this.#sql
      .exec<{ size: number; head: ArrayBuffer; data: ArrayBuffer }>(
        'SELECT size, head, data FROM blob WHERE id = ?',
        id,
      )
      .toArray()[0]
    if (row === undefined) return undefined
    const pieces = [new Uint8Array(row.head), new Uint8Array(row.data)]
    if (row.size > row.head.byteLength + row.data.byteLength) {
      for (const chunk of this.#sql.exec('SELECT data FROM blob_chunk WHERE blob = ? ORDER BY seq', id)) {
        pieces.push(new Uint8Array(chunk.data as ArrayBuffer))
      }
    }
    return whole(id, concat(pieces), row.size)
  }

  slice(id: BlobNumber, start: number, end: number): Uint8Array | undefined {
    const row = this.#sql.exec<BlobRow>('SELECT size, head_size, head FROM blob WHERE id = ?', id).toArray()[0]
    if (row === undefined) return undefined
    const from = Math.max(0, Math.min(start, row.size))
    const to = Math.max(from, Math.min(end, row.size))
    const pieces: Uint8Array[] = []
    if (from < row.head_size) pieces.push(new Uint8Array(row.head as ArrayBuffer).subarray(from, to))
    // The rest is one run of equal chunks: number 0 in `data`, the others in `blob_chunk`.
    const bodyFrom = Math.max(from, row.head_size) - row.head_size
    const bodyTo = to - row.head_size
    for (let chunk = Math.floor(bodyFrom / chunkSize); chunk * chunkSize < bodyTo; chunk++) {
      const first = Math.max(0, bodyFrom - chunk * chunkSize)
      const length = Math.min(chunkSize, bodyTo - chunk * chunkSize) - first
      pieces.push(this.#chunk(id, chunk, first, length))
    }
    return whole(id, concat(pieces), to - from)
  }

  /** One more email shares the message. */
  share(id: BlobNumber): void {
    this.#sql.exec('UPDATE blob SET refs = refs + 1 WHERE id = ?', id)
  }

  /** Emails stopped using messages: one entry for each use. Those that nobody uses are gone. */
  release(ids: readonly BlobNumber[]): void {
    const uses = new Map<BlobNumber, number>()
    for (const id of ids) uses.set(id, (uses.get(id) ?? 0) + 1)
    const shared = `SELECT id, refs FROM blob WHERE refs > 1 AND id IN (SELECT value FROM json_each(?))`
    const list = JSON.stringify([...uses.keys()])
    for (const row of this.#sql.exec<{ id: number; refs: number }>(shared, list).toArray()) {
      const id = row.id as BlobNumber
      const left = row.refs - (uses.get(id) ?? 0)
      if (left <= 0) continue
      this.#sql.exec('UPDATE blob SET refs = ? WHERE id = ?', left, id)
      uses.delete(id)
    }
    this.#remove([...uses.keys()])
  }

  /** Removes expired uploads, except one that holds the counter's highest number. */
  sweep(): void {
    const query = 'SELECT id FROM blob WHERE expires <= ? AND id < ?'
    const expired = this.#sql.exec<{ id: number }>(query, this.#now(), this.#journal.state).toArray()
    this.#remove(expired.map((row) => row.id as BlobNumber))
  }

  #remove(ids: readonly BlobNumber[]): void {
    if (ids.length === 0) return
    const list = JSON.stringify(ids)
    this.#sql.exec('DELETE FROM blob_chunk WHERE blob IN (SELECT value FROM json_each(?))', list)
    this.#sql.exec('DELETE FROM blob WHERE id IN (SELECT value FROM json_each(?))', list)
  }

  #put(id: BlobNumber, bytes: Uint8Array, headSize: number, type: string | null, expires: number | null): void {
    const dataEnd = headSize + chunkSize
    this.#sql.exec(
      'INSERT INTO blob (id, refs, size, head_size, type, expires, head, data) VALUES (?, 1, ?, ?, ?, ?, ?, ?)',
      id,
      bytes.length,
      headSize,
      type,
      expires,
      bytes.subarray(0, headSize),
      bytes.subarray(headSize, dataEnd),
    )
    for (let seq = 1, start = dataEnd; start < bytes.length; seq++, start += chunkSize) {
      const data = bytes.subarray(start, start + chunkSize)
      this.#sql.exec('INSERT INTO blob_chunk (blob, seq, data) VALUES (?, ?, ?)', id, seq, data)
    }
  }

  #chunk(id: BlobNumber, seq: number, first: number, length: number): Uint8Array {
    const [table, key] = seq === 0 ? ['blob', 'id = ?'] : ['blob_chunk', 'blob = ? AND seq = ?']
    const query = `SELECT substr(data, ?, ?) AS data FROM ${table} WHERE ${key}`
    const keys = seq === 0 ? [id] : [id, seq]
    return new Uint8Array(this.#sql.exec<{ data: ArrayBuffer }>(query, first + 1, length, ...keys).one().data)
  }
}

/** Damaged storage must never look like a shorter message. */
function whole(id: BlobNumber, bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length !== size) throw new Error(`blob ${id} has ${bytes.length} of ${size} octets`)
  return bytes
}
