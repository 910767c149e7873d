/**
 * Brings new mail into the full-text index while the account is in use anyway, after the answer and in pieces.
 *
 * Deliveries do not wait for it and set no alarm, which would cost a row each: what nobody has read yet, nobody searches.
 * A search that comes first indexes what is left by itself. A life of the object that has changed nothing indexes nothing:
 * reading must work on a full disk, where a write that fails ends the object and with it every session.
 */
import type { MailStore } from '../../../mailbox/index.ts'
import { describe, type Log } from '../log.ts'

/** Emails of one piece: some 30 ms, so that requests hardly wait. */
const piece = 50
/** Pieces after one request: the next goes on. */
const pieces = 20
/** The answer goes first, and so does what came meanwhile. */
const pauseMs = 20

export interface TextIndexingPorts {
  readonly store: MailStore
  /** Keeps the object awake until the work is over. */
  readonly waitUntil: (work: Promise<void>) => void
  readonly log: Log
}

export class TextIndexing {
  readonly #ports: TextIndexingPorts
  #running = false
  /** Something was committed in this life, so there is mail to index and there was room to keep it. */
  #due = false
  /** The account is gone. */
  #ended = false

  constructor(ports: TextIndexingPorts) {
    this.#ports = ports
  }

  /** The store has changed. */
  changed(): void {
    this.#due = true
  }

  /** The account is removed, its tables first: nothing is read or written any more. */
  end(): void {
    this.#ended = true
  }

  /** Somebody uses the account. */
  soon(): void {
    if (this.#running || this.#ended || !this.#due) return
    this.#running = true
    this.#ports.waitUntil(this.#run())
  }

  async #run(): Promise<void> {
    const { store, log } = this.#ports
    this.#due = false
    try {
      for (let left = pieces; left > 0; left--) {
        await scheduler.wait(pauseMs)
        if (this.#ended || !store.exists || (await store.indexPending(piece)) === 0) return
      }
      this.#due = true
    } catch (error) {
      // A piece that waited for the blob store while the account was removed finds no tables: nothing is wrong.
      if (this.#ended) return
      log('warning', 'mail could not be indexed now', { error: describe(error) })
    } finally {
      this.#running = false
    }
  }
}
