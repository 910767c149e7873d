/**
 * Deletes from R2 what the account no longer needs: after the commit, and again by alarm while R2 fails.
 *
 * An alarm is a row written, so it is only set after a failure and when the account is removed.
 */
import { type BlobStore, emptyBlobStore, type MailStore } from '../../../mailbox/index.ts'
import { describe, type Log } from '../log.ts'

/** R2 is back within minutes, and what waits is only garbage. */
const RETRY_MS = 10 * 60_000
/** Deliveries that were under way when the account was removed have ended by then. */
const LAST_PUTS_MS = 60_000

export interface BlobCollectorPorts {
  readonly ctx: Pick<DurableObjectState, 'storage' | 'waitUntil'>
  readonly store: () => MailStore
  readonly blobs: BlobStore | undefined
  /** Sets the account's alarm. */
  readonly wakeAt: (time: number) => void
  readonly log: Log
}

export class BlobCollector {
  readonly #ports: BlobCollectorPorts
  /** After a failure. */
  #retryAt: number | undefined

  constructor(ports: BlobCollectorPorts) {
    this.#ports = ports
  }

  /** The store asks for it. */
  soon(): void {
    const { ctx, blobs } = this.#ports
    if (blobs !== undefined) ctx.waitUntil(this.#collect(blobs))
  }

  /** When to try again what failed, in this life or an earlier one. */
  nextWakeup(): number | undefined {
    const { blobs, store } = this.#ports
    if (blobs === undefined) return undefined
    return this.#retryAt ?? (store().hasDropped ? Date.now() + RETRY_MS : undefined)
  }

  /** To be called by every alarm of the object. */
  async alarm(): Promise<void> {
    if (this.#ports.blobs !== undefined) await this.#collect(this.#ports.blobs)
  }

  /** The account has been removed from the database: all its objects go, and those that are still being put. */
  async accountRemoved(): Promise<void> {
    const { blobs, wakeAt } = this.#ports
    if (blobs === undefined) return
    wakeAt(Date.now() + LAST_PUTS_MS)
    await this.#collect(blobs)
  }

  async #collect(blobs: BlobStore): Promise<void> {
    const { ctx, store, log, wakeAt } = this.#ports
    this.#retryAt = undefined
    try {
      // What a transaction dropped may go only when that transaction is on disk.
      await ctx.storage.sync()
      await (store().exists ? store().collect() : emptyBlobStore(blobs))
    } catch (error) {
      log('warning', 'objects are left to be deleted later', { error: describe(error) })
      this.#retryAt = Date.now() + RETRY_MS
      wakeAt(this.#retryAt)
    }
  }
}
