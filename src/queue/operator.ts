/**
 * The operator's hand on a queue: look, try now, hold, let go, drop, and how much of what there is.
 *
 * Standards: RFC 5321 §4.5.4.1 (what is dropped without a report is the operator's decision alone).
 */
import type { Destination } from './destination.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { QueuedEntry, QueuedRecipient } from './entry.ts'
import type { Kept } from './kept.ts'
import { isSelected, type QueueSelection } from './selection.ts'
import type { Spool } from './spool.ts'
import type { SpooledEntry } from './spool-row.ts'

/** One entry by its id, those of a selection, or all. */
export type Which = string | QueueSelection

export interface QueuePage extends QueueSelection {
  /** The entry behind which the page begins. */
  readonly after?: string
  /** At most 1,000; default 100. */
  readonly limit?: number
}

/** How many there are, and since when the oldest waits. */
export interface QueueSummary {
  readonly waiting: number
  readonly held: number
  readonly frozen: number
  /** They went, and wait for nothing. */
  readonly kept: number
  readonly oldest?: number
}

const pageSize = 500

export class Operator {
  readonly #spool: Spool
  readonly #dispatcher: Dispatcher
  readonly #destination: Destination
  readonly #kept: Kept
  readonly #drop: (entry: SpooledEntry, now: number) => SpooledEntry | undefined
  readonly #clock: () => number

  /** `drop`: see `Attempts.drop`. */
  constructor(
    spool: Spool,
    dispatcher: Dispatcher,
    destination: Destination,
    kept: Kept,
    drop: (entry: SpooledEntry, now: number) => SpooledEntry | undefined,
    clock: () => number,
  ) {
    this.#spool = spool
    this.#dispatcher = dispatcher
    this.#destination = destination
    this.#kept = kept
    this.#drop = drop
    this.#clock = clock
  }

  summary(): QueueSummary {
    const counts = { waiting: 0, held: 0, frozen: 0, kept: 0 }
    let oldest = Infinity
    for (const { status, entries, since } of this.#spool.counts()) {
      counts[status] = entries
      if (status !== 'kept') oldest = Math.min(oldest, since)
    }
    return oldest === Infinity ? counts : { ...counts, oldest }
  }

  /** In the order of arrival. */
  list({ after, limit = 100, ...selection }: QueuePage): QueuedEntry[] {
    const most = Math.min(limit, 1_000)
    const found: QueuedEntry[] = []
    for (const page of this.#pages(after === undefined ? 0 : (keyOf(after) ?? 0))) {
      for (const entry of page) {
        if (isSelected(entry, selection)) found.push(this.#shown(entry))
        if (found.length === most) return found
      }
    }
    return found
  }

  show(id: string): QueuedEntry | undefined {
    const entry = this.#entry(id)
    return entry === undefined ? undefined : this.#shown(entry)
  }

  /** Makes entries due now; held and frozen ones stay. Returns how many. */
  retry(which: Which): number {
    return this.#each(which, (entry, now) => {
      if (entry.status !== 'waiting') return false
      this.#destination.clear()
      this.#save(due(entry, now))
      return true
    })
  }

  /** Stops attempts until `release`; one under way is not called back. */
  hold(which: Which): number {
    return this.#each(which, (entry) => {
      if (entry.status !== 'waiting') return false
      this.#save({ ...entry, status: 'held', next: Infinity })
      return true
    })
  }

  /**
   * Ends a hold, or gives a frozen message another try. Due now; what is past its time gets one more attempt before it is
   * given up. What went and is kept goes once more, with all its time before it.
   */
  release(which: Which): number {
    return this.#each(which, (entry, now) => {
      if (entry.status === 'waiting') return false
      if (entry.status === 'kept') {
        this.#save(due(renewed(entry, now), now))
        this.#kept.forget(entry.key)
        return true
      }
      const again = entry.status === 'frozen' && entry.recipients.every(({ owed }) => owed === undefined)
      const recipients = entry.recipients.map((recipient): QueuedRecipient =>
        again && recipient.state === 'bounced' ? { ...recipient, state: 'waiting' } : recipient,
      )
      this.#save(due({ ...entry, status: 'waiting', recipients }, now))
      return true
    })
  }

  /**
   * Drops entries without a report to the sender. A submission and programs that watch the message hear of it: until they
   * have, the entry stays, with nothing left to deliver.
   */
  delete(which: Which): number {
    return this.#each(which, (entry, now) => {
      const dropped = this.#drop(entry, now)
      if (dropped !== undefined) this.#save(dropped)
      else {
        this.#spool.remove(entry)
        this.#dispatcher.forget(entry.key)
        this.#kept.forget(entry.key)
      }
      return true
    })
  }

  /** In pages, so that a huge queue is never in memory at once. */
  *#pages(after: number): Generator<SpooledEntry[], void> {
    for (let last: number | undefined = after; last !== undefined;) {
      const page = this.#spool.page(last, pageSize)
      yield page
      last = page.at(-1)?.key
    }
  }

  #each(which: Which, change: (entry: SpooledEntry, now: number) => boolean): number {
    const now = this.#clock()
    if (typeof which === 'string') {
      const entry = this.#entry(which)
      return entry !== undefined && change(entry, now) ? 1 : 0
    }
    let changed = 0
    for (const page of this.#pages(0))
      for (const entry of page) if (isSelected(entry, which) && change(entry, now)) changed++
    return changed
  }

  #entry(id: string): SpooledEntry | undefined {
    const key = keyOf(id)
    return key === undefined ? undefined : this.#spool.get(key)
  }

  #save(entry: SpooledEntry): void {
    this.#spool.update(entry)
    this.#dispatcher.schedule(entry)
  }

  #shown(entry: SpooledEntry): QueuedEntry {
    const { key, ...rest } = entry
    return { id: key.toString(36), active: this.#dispatcher.isActive(key), ...rest }
  }
}

/** As if it had come just now and had not been delivered. */
function renewed(entry: SpooledEntry, now: number): SpooledEntry {
  const recipients = entry.recipients.map((recipient): QueuedRecipient =>
    recipient.state === 'delivered' ? { ...recipient, state: 'waiting' } : recipient,
  )
  return { ...entry, status: 'waiting', recipients, expires: now + (entry.expires - entry.received) }
}

function due(entry: SpooledEntry, now: number): SpooledEntry {
  const recipients = entry.recipients.map((recipient) =>
    recipient.state === 'waiting' ? { ...recipient, next: now } : recipient,
  )
  return { ...entry, recipients, next: now }
}

export function keyOf(id: string): number | undefined {
  if (!/^[0-9a-z]{1,12}$/.test(id)) return undefined
  const key = parseInt(id, 36)
  return Number.isSafeInteger(key) && key.toString(36) === id ? key : undefined
}
