/**
 * Work that can wait, done while the account is in use anyway, after the answer and in pieces: new mail comes into the
 * full-text index, and the spam filter learns what people said of their mail.
 *
 * Deliveries do not wait for it and set no alarm, which would cost a row each: what nobody has read yet, nobody searches.
 * A search that comes first indexes what is left by itself. A life of the object that has changed nothing does nothing here:
 * reading must work on a full disk, where a write that fails ends the object and with it every session.
 */
import { describe, type Log } from '../log.ts'

/** Pieces after one request: the next goes on. */
const pieces = 20
/** The answer goes first, and so does what came meanwhile. */
const pauseMs = 20

export interface QuietWorkPorts {
  readonly store: { readonly exists: boolean }
  /** Does a piece of some 30 ms, so that requests hardly wait; how much that was, 0 when nothing is left. */
  readonly piece: () => Promise<number>
  /** Keeps the object awake until the work is over. */
  readonly waitUntil: (work: Promise<void>) => void
  readonly log: Log
}

export class QuietWork {
  readonly #ports: QuietWorkPorts
  #running = false
  /** Something was committed in this life, so there is work and there was room to keep what comes of it. */
  #due = false
  /** The account is gone. */
  #ended = false

  constructor(ports: QuietWorkPorts) {
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
    const { store, piece, log } = this.#ports
    this.#due = false
    try {
      for (let left = pieces; left > 0; left--) {
        await scheduler.wait(pauseMs)
        if (this.#ended || !store.exists || (await piece()) === 0) return
      }
      this.#due = true
    } catch (error) {
      // A piece that waited for the blob store while the account was removed finds no tables: nothing is wrong.
      if (this.#ended) return
      log('warning', 'quiet work could not be done now', { error: describe(error) })
    } finally {
      this.#running = false
    }
  }
}
