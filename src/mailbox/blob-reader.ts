/**
 * Reads blobs: from their rows, and what is not there from the blob store.
 *
 * A row holds `head` (a message's header section), then `data`. Of an inline blob, `data` is the next 1 MiB and numbered
 * chunks hold the rest. Of one with an object, `data` is shorter than that, and the object holds all octets from the first.
 */
import { concat } from '../format/index.ts'
import type { Sql } from '../storage/index.ts'
import type { HeldOctets } from './held-octets.ts'
import type { BlobNumber } from './ids.ts'

/** Octets in `data` and in each chunk. With the largest head a row stays below 1.3 MB. */
export const chunkSize = 1024 * 1024

/**
 * The object's key, or NULL. The length of `data` is in the row's own header; looking at `object` itself would read all of
 * a long `data` before it.
 */
const object = `CASE WHEN length(data) < min(size - head_size, ${chunkSize}) THEN object END`

export class BlobReader {
  readonly #sql: Sql
  readonly #held: HeldOctets

  constructor(sql: Sql, held: HeldOctets) {
    this.#sql = sql
    this.#held = held
  }

  size(id: BlobNumber): number | undefined {
    return this.#sql.exec<{ size: number }>('SELECT size FROM blob WHERE id = ?', id).toArray()[0]?.size
  }

  /** All octets. Throws `AbsentOctets` when they must be fetched first. */
  read(id: BlobNumber): Uint8Array | undefined {
    const row = this.#sql
      .exec<{ size: number; head: ArrayBuffer; data: ArrayBuffer; object: string | null }>(
        `SELECT size, head, data, ${object} AS object FROM blob WHERE id = ?`,
        id,
      )
      .toArray()[0]
    if (row === undefined) return undefined
    const pieces: Uint8Array[] = [new Uint8Array(row.head), new Uint8Array(row.data)]
    const local = row.head.byteLength + row.data.byteLength
    if (row.object !== null) pieces.push(this.#held.octets(id, row.object, local, row.size))
    else if (row.size > local) {
      for (const chunk of this.#sql.exec('SELECT data FROM blob_chunk WHERE blob = ? ORDER BY seq', id)) {
        pieces.push(new Uint8Array(chunk.data as ArrayBuffer))
      }
    }
    return whole(id, concat(pieces), row.size)
  }

  /** Octets `start` to before `end`, clamped; reads only what it needs. Throws `AbsentOctets` as `read` does. */
  slice(id: BlobNumber, start: number, end: number): Uint8Array | undefined {
    const query = `SELECT size, head_size, length(data) AS data_size, ${object} AS object, head FROM blob WHERE id = ?`
    const row = this.#sql
      .exec<{ size: number; head_size: number; data_size: number; object: string | null; head: ArrayBuffer }>(query, id)
      .toArray()[0]
    if (row === undefined) return undefined
    const from = Math.max(0, Math.min(start, row.size))
    const to = Math.max(from, Math.min(end, row.size))
    const pieces: Uint8Array[] = []
    if (from < row.head_size) pieces.push(new Uint8Array(row.head).subarray(from, to))
    // The rest is one run of equal chunks: number 0 in `data`, the others in `blob_chunk`.
    const local = row.object === null ? row.size : row.head_size + row.data_size
    const bodyFrom = Math.max(from, row.head_size) - row.head_size
    const bodyTo = Math.min(to, local) - row.head_size
    if (bodyFrom < bodyTo) pieces.push(...this.#run(id, bodyFrom, bodyTo))
    if (row.object !== null && to > local) pieces.push(this.#held.octets(id, row.object, Math.max(from, local), to))
    return whole(id, concat(pieces), to - from)
  }

  /** Whether the blob's row names that object. */
  refers(id: BlobNumber, key: string): boolean {
    return this.#sql.exec(`SELECT 1 AS yes FROM blob WHERE id = ? AND ${object} = ?`, id, key).toArray().length === 1
  }

  /** The objects that rows with a higher number name. */
  namedAbove(id: number): ReadonlySet<string> {
    return new Set(this.#objects('id > ?', id))
  }

  /** The objects that these blobs have. `list` is a JSON array of numbers. */
  protected objectsOf(list: string): string[] {
    return this.#objects('id IN (SELECT value FROM json_each(?))', list)
  }

  #objects(where: string, binding: number | string): string[] {
    const query = `SELECT key FROM (SELECT ${object} AS key FROM blob WHERE ${where}) WHERE key IS NOT NULL`
    return Array.from(this.#sql.exec<{ key: string }>(query, binding), (row) => row.key)
  }

  /** Octets of `data` and the chunks behind it. */
  *#run(id: BlobNumber, from: number, to: number): Generator<Uint8Array> {
    for (let chunk = Math.floor(from / chunkSize); chunk * chunkSize < to; chunk++) {
      const first = Math.max(0, from - chunk * chunkSize)
      const length = Math.min(chunkSize, to - chunk * chunkSize) - first
      yield this.#chunk(id, chunk, first, length)
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
