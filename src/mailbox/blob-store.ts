/**
 * The port for large octets outside the database: R2 on Cloudflare. Without it everything is inline.
 *
 * Objects are immutable and byte-exact. A key is written once and never again, even after its object is gone, so a late
 * write or delete of an old object can never touch a new one.
 */
export interface BlobStore {
  /**
   * Resolves once the object is durable. A rejection says nothing about what became of the object: it may be there now,
   * appear later, or never.
   */
  put(key: string, bytes: Uint8Array): Promise<void>
  /** The object's octets, or those from `start` to before `end`; undefined when there is no such object. */
  get(key: string, range?: ObjectRange): Promise<Uint8Array | undefined>
  /** Resolves when none of them is there any more. Absent ones are no error; any number of keys. */
  delete(keys: readonly string[]): Promise<void>
  /** Some keys of this account that sort behind `after`, ascending; none: there are no more. */
  list(after: string): Promise<readonly string[]>
}

export interface ObjectRange {
  readonly start: number
  readonly end: number
}

/** Deletes every object of an account that is gone. */
export async function emptyBlobStore(blobs: BlobStore): Promise<void> {
  for (let keys = await blobs.list(''); keys.length > 0; keys = await blobs.list('')) await blobs.delete(keys)
}
