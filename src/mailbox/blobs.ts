/**
 * Stored octets: immutable, byte-exact, cut so that no value comes near the 2 MB a Durable Object allows.
 *
 * A blob is `head` (a message's header section, so that reading headers does not read bodies), then `data`, then
 * numbered chunks, or an object in the blob store. Messages are counted by the emails that share them; uploads expire.
 *
 * Standards: RFC 8620 §6 (binary data).
 */
import type { Sql } from '../storage/index.ts'
import { BlobReader, chunkSize } from './blob-reader.ts'
import { StoreError } from './errors.ts'
import type { HeldOctets } from './held-octets.ts'
import type { BlobNumber } from './ids.ts'
import type { Journal } from './journal.ts'
import type { StoreLimits } from './limits.ts'
import type { Objects } from './objects.ts'
import { type Octets, PutOctets } from './put-octets.ts'
import type { Blob, BlobExtent, Upload } from './types.ts'

/** Header octets that a row holds at most. A longer header lies in `data`, and then the message has no object. */
export const maxHeadSize = 256 * 1024
/** A media type as HTTP writes it, loosely: it is given back, never acted upon (RFC 9110 §8.3.1). */
const mediaType = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,127}\/[\x20-\x7e]{1,400}$/

export class Blobs extends BlobReader {
  readonly #sql: Sql
  readonly #journal: Journal
  readonly #objects: Objects
  readonly #limits: StoreLimits
  readonly #now: () => number

  constructor(sql: Sql, held: HeldOctets, objects: Objects, journal: Journal, limits: StoreLimits, now: () => number) {
    super(sql, held)
    this.#objects = objects
    this.#sql = sql
    this.#journal = journal
    this.#limits = limits
    this.#now = now
  }

  /**
   * Stores a message under a number that its email has taken. One row for up to 1 MiB or any number of octets that are in
   * the blob store; one more for each further MiB.
   */
  putMessage(id: BlobNumber, raw: Octets, headerSize: number): void {
    this.#put(id, raw, headerSize <= maxHeadSize ? headerSize : 0, null, null)
  }

  /** `guest`: the principal it belongs to, when that is not the owner. */
  putUpload(bytes: Octets, type: string, guest?: string): Upload {
    this.checkUpload(bytes.length)
    this.sweep()
    const checked = mediaType.test(type) ? type : 'application/octet-stream'
    const blob = this.#journal.take() as BlobNumber
    this.#makeRoom(bytes.length, guest)
    const expiresAt = this.#now() + this.#limits.uploadLifetime
    this.#put(blob, bytes, 0, checked, expiresAt)
    if (guest !== undefined) {
      this.#sql.exec('INSERT INTO guest_upload (blob, principal) VALUES (?, ?)', blob, guest)
    }
    return { blob, type: checked, size: bytes.length, expiresAt }
  }

  /** Throws `tooLarge` for what `putUpload` does not take. */
  checkUpload(size: number): void {
    const { maxMessageSize, maxUploadTotal } = this.#limits
    if (size > Math.min(maxMessageSize, maxUploadTotal)) throw new StoreError('tooLarge', 'the upload is too large')
  }

  /**
   * The oldest uploads make way for a new one (RFC 8620 §6). Guests together have as much room as the owner, and take none
   * of the owner's; of theirs, those of the same guest go first.
   */
  #makeRoom(size: number, guest: string | undefined): void {
    // Mostly there is room for all of them, and a walk along the index tells.
    const sum = 'SELECT total(size) AS octets FROM blob WHERE expires IS NOT NULL'
    if (this.#sql.exec<{ octets: number }>(sum).one().octets + size <= this.#limits.maxUploadTotal) return
    const query = `SELECT id, size FROM blob LEFT JOIN guest_upload ON blob = id
      WHERE expires IS NOT NULL AND principal IS ${guest === undefined ? '' : 'NOT'} NULL ORDER BY principal IS NOT ?, id`
    const uploads = this.#sql.exec<{ id: number; size: number }>(query, guest ?? null).toArray()
    let left = uploads.reduce((sum, upload) => sum + upload.size, size) - this.#limits.maxUploadTotal
    const oldest: BlobNumber[] = []
    for (const upload of uploads) {
      if (left <= 0) break
      oldest.push(upload.id as BlobNumber)
      left -= upload.size
    }
    this.#removeUploads(oldest)
  }

  /** An upload that has not expired, and that the owner made, or this guest. */
  upload(id: BlobNumber, guest?: string): Blob | undefined {
    return this.#whole(this.uploadExtent(id, guest))
  }

  uploadExtent(id: BlobNumber, guest?: string): BlobExtent | undefined {
    const query = `SELECT type, size FROM blob
      WHERE id = ? AND expires > ? AND (SELECT principal FROM guest_upload WHERE blob = blob.id) IS ?`
    const row = this.#sql.exec<{ type: string; size: number }>(query, id, this.#now(), guest ?? null).toArray()[0]
    return row === undefined ? undefined : { blob: id, start: 0, end: row.size, type: row.type }
  }

  /** A whole message, not an upload. */
  message(id: BlobNumber): Blob | undefined {
    return this.#whole(this.messageExtent(id))
  }

  messageExtent(id: BlobNumber): BlobExtent | undefined {
    const query = 'SELECT size FROM blob WHERE id = ? AND expires IS NULL'
    const row = this.#sql.exec<{ size: number }>(query, id).toArray()[0]
    return row === undefined ? undefined : { blob: id, start: 0, end: row.size, type: 'message/rfc822' }
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
    this.#removeUploads(expired.map((row) => row.id as BlobNumber))
  }

  #removeUploads(ids: readonly BlobNumber[]): void {
    if (ids.length === 0) return
    this.#sql.exec('DELETE FROM guest_upload WHERE blob IN (SELECT value FROM json_each(?))', JSON.stringify(ids))
    this.#remove(ids)
  }

  #whole(extent: BlobExtent | undefined): Blob | undefined {
    const bytes = extent === undefined ? undefined : this.read(extent.blob)
    return extent === undefined || bytes === undefined ? undefined : { bytes, type: extent.type, size: bytes.length }
  }

  #remove(ids: readonly BlobNumber[]): void {
    if (ids.length === 0) return
    const list = JSON.stringify(ids)
    this.#objects.drop(this.objectsOf(list))
    this.#sql.exec('DELETE FROM blob_chunk WHERE blob IN (SELECT value FROM json_each(?))', list)
    this.#sql.exec('DELETE FROM blob WHERE id IN (SELECT value FROM json_each(?))', list)
  }

  #put(id: BlobNumber, bytes: Octets, headSize: number, type: string | null, expires: number | null): void {
    if (bytes instanceof PutOctets) bytes.blob = id
    const start = bytes instanceof PutOctets ? bytes.start : bytes
    const dataEnd = headSize + chunkSize
    this.#sql.exec(
      'INSERT INTO blob (id, refs, size, head_size, type, expires, head, data, object) VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?)',
      id,
      bytes.length,
      headSize,
      type,
      expires,
      start.subarray(0, headSize),
      start.subarray(headSize, dataEnd),
      bytes instanceof PutOctets ? bytes.key : null,
    )
    if (bytes instanceof PutOctets) return
    for (let seq = 1, from = dataEnd; from < bytes.length; seq++, from += chunkSize) {
      const data = bytes.subarray(from, from + chunkSize)
      this.#sql.exec('INSERT INTO blob_chunk (blob, seq, data) VALUES (?, ?, ?)', id, seq, data)
    }
  }
}
