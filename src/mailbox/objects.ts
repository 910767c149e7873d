/**
 * The account's objects in the blob store: their keys, and how those that nobody refers to any more go.
 *
 * A transaction that drops the last reference notes the keys in one row; they are deleted after it has committed, and the
 * row after them, so a delete that fails is tried again. An object that was put for a transaction which never came (the
 * process died, or its delete failed too) has no note, since that would cost a row for every delivery: a sweep lists the
 * keys made since the last one and deletes those that no row names. It runs when the counter passes a multiple of
 * `sweepEvery`, and looks as far back again, for puts that landed late.
 */
import type { Sql } from '../storage/index.ts'
import type { AccountTable } from './account-table.ts'
import { batches } from './batches.ts'
import type { BlobStore } from './blob-store.ts'
import type { Journal } from './journal.ts'
import { keysFrom, ObjectKeys, stateOfKey } from './object-key.ts'

/** A LIST costs as much as a PUT: one in a thousand changes does not show. */
const sweepEvery = 1024

export interface ObjectsParts {
  readonly sql: Sql
  readonly journal: Journal
  readonly account: AccountTable
  readonly blobs: BlobStore | undefined
  readonly random: (length: number) => Uint8Array
  /** Asks for a call of `collect`, after the transaction that made it necessary. */
  readonly collectSoon: () => void
  /** Keys that rows with a number above `blob` name. */
  readonly namedAbove: (blob: number) => ReadonlySet<string>
}

export class Objects {
  readonly #parts: ObjectsParts
  readonly #keys: ObjectKeys
  /** Keys whose transaction has not ended, with the state at which they were made. */
  readonly #unsettled = new Map<string, number>()
  #dropped: string[] = []
  #sweepDue = false
  #collecting: Promise<void> | undefined

  constructor(parts: ObjectsParts) {
    this.#parts = parts
    this.#keys = new ObjectKeys(parts.random)
  }

  get blobs(): BlobStore | undefined {
    return this.#parts.blobs
  }

  newKey(): string {
    const { state } = this.#parts.journal
    const key = this.#keys.next(state)
    this.#unsettled.set(key, state)
    return key
  }

  /** The transaction that these were made for has ended, or will never begin. */
  settled(keys: readonly string[]): void {
    for (const key of keys) this.#unsettled.delete(key)
  }

  /** In a transaction: these are no longer referred to. */
  drop(keys: readonly string[]): void {
    for (const key of keys) this.#dropped.push(key)
  }

  /** Before commit: notes what was dropped. `start` and `end`: the counter before and after. */
  beforeCommit(start: number, end: number): void {
    const passed = this.blobs !== undefined && Math.floor(start / sweepEvery) !== Math.floor(end / sweepEvery)
    if (passed) this.#sweepDue = true
    const dropped = this.#dropped
    this.#dropped = []
    this.#note(dropped)
    if (passed || dropped.length > 0) queueMicrotask(this.#parts.collectSoon)
  }

  /** The transaction was rolled back: what it dropped stays. */
  forget(): void {
    this.#dropped = []
  }

  /** Deletes objects that no row has ever named, now or when the blob store is back. */
  async remove(keys: readonly string[]): Promise<void> {
    try {
      await this.blobs?.delete(keys)
    } catch {
      // The adapter has told the log; here it only means later.
      this.#note(keys)
      this.#parts.collectSoon()
    }
  }

  /**
   * Deletes from the blob store what has been dropped, and what was left behind if a sweep is due. Rejects when the blob
   * store fails: then it is to be called again later.
   */
  collect(): Promise<void> {
    const before = this.#collecting ?? Promise.resolve()
    const running = before.catch(() => undefined).then(() => this.#collect())
    this.#collecting = running
    return running
  }

  /** Whether something that was dropped is still there. */
  get isPending(): boolean {
    return this.#parts.sql.exec('SELECT 1 AS yes FROM dropped_object LIMIT 1').toArray().length > 0
  }

  async #collect(): Promise<void> {
    const { blobs } = this.#parts
    if (blobs === undefined) return
    await this.#deleteDropped(blobs)
    if (!this.#sweepDue) return
    this.#sweepDue = false
    try {
      await this.#sweep(blobs)
    } catch (error) {
      this.#sweepDue = true
      throw error
    }
  }

  async #deleteDropped(blobs: BlobStore): Promise<void> {
    const { sql } = this.#parts
    const first = 'SELECT id, keys FROM dropped_object ORDER BY id LIMIT 1'
    for (;;) {
      const row = sql.exec<{ id: number; keys: string }>(first).toArray()[0]
      if (row === undefined) return
      await blobs.delete(JSON.parse(row.keys) as string[])
      sql.exec('DELETE FROM dropped_object WHERE id = ?', row.id)
    }
  }

  async #sweep(blobs: BlobStore): Promise<void> {
    const { journal, account, namedAbove } = this.#parts
    // Keys made before this are either named by a row or never will be.
    const settled = Math.min(journal.state, ...this.#unsettled.values())
    const from = Number(account.get('objects_swept') ?? 0)
    for (let after = keysFrom(from); ;) {
      const keys = await blobs.list(after)
      const old = keys.filter((key) => stateOfKey(key) < settled)
      // Asked after the list: a row may have come, and will not be taken back, meanwhile.
      const named = namedAbove(from)
      const orphans = old.filter((key) => !named.has(key))
      if (orphans.length > 0) await blobs.delete(orphans)
      const last = keys.at(-1)
      if (last === undefined || old.length < keys.length) break
      after = last
    }
    account.set('objects_swept', Math.max(from, settled - sweepEvery))
  }

  #note(keys: readonly string[]): void {
    for (const batch of batches(keys)) {
      this.#parts.sql.exec('INSERT INTO dropped_object (keys) VALUES (?)', JSON.stringify(batch))
    }
  }
}
