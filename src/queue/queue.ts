/**
 * The queue: takes messages in, attempts what is due, tells when to be woken, obeys the operator.
 *
 * Standards: RFC 5321 §4.5.4.1, RFC 3461 §5.2.
 * Cost: a message that goes at once writes 2 rows, itself and its end; one that waited also its part of a run's claim.
 */
import { type AttemptPorts, Attempts } from './attempt.ts'
import { Destination } from './destination.ts'
import { Dispatcher } from './dispatcher.ts'
import type { NewEntry, QueuedEntry, QueuedRecipient } from './entry.ts'
import type { QueueEvent } from './event.ts'
import { Kept } from './kept.ts'
import { type QueueLimits, rateOf } from './limits.ts'
import { keyOf, Operator, type QueuePage, type QueueSummary, type Which } from './operator.ts'
import type { QueueOptions } from './options.ts'
import { Spool } from './spool.ts'
import type { SpoolStore } from './spool-store.ts'
import type { SpooledEntry } from './spool-row.ts'

export interface QueuePorts extends Omit<AttemptPorts, 'log' | 'retain'> {
  store: SpoolStore
  /** The store is shared: which of its domains this queue is for. */
  domain?: string
  /** Mail begins to be held back: the first deferral. Not called for mail that goes at once. */
  onBusy?: () => Promise<void> | void
  /** Nothing is held back any more. */
  onIdle?: () => Promise<void> | void
  log?: (event: QueueEvent) => void
  options: QueueOptions
}

/** Entries and schedule of one destination. Construction releases what the last life had claimed. */
export class Queue {
  readonly #ports: QueuePorts
  readonly #options: QueueOptions
  readonly #spool: Spool
  readonly #destination: Destination
  readonly #attempts: Attempts
  readonly #dispatcher: Dispatcher
  readonly #operator: Operator
  readonly #kept: Kept
  readonly #log: (event: QueueEvent) => void
  #announced = false
  /** Something waits that nobody has tried: the operator is to see it all the same. */
  #announce = false
  #open = false

  constructor(ports: QueuePorts) {
    this.#ports = ports
    this.#options = ports.options
    this.#log = ports.log ?? (() => undefined)
    this.#spool = new Spool(ports.store, ports.domain)
    const { initialConcurrency: initial, concurrency: largest, longestPause, firstPause, schedule } = ports.options
    this.#destination = new Destination({
      initial,
      largest,
      // Where the operator wants mail tried again sooner, the destination must not be left alone for longer.
      firstPause: Math.min(firstPause, schedule.first),
      longestPause,
    })
    const kept = new Kept({ spool: this.#spool, clock: ports.clock, log: this.#log, most: ports.options.maxKept })
    this.#kept = kept
    const attemptPorts = { ...ports, log: this.#log, retain: (entry: SpooledEntry) => kept.take(entry) }
    this.#attempts = new Attempts(this.#spool, attemptPorts, ports.options, this.#destination)
    this.#dispatcher = new Dispatcher({
      spool: this.#spool,
      attempts: this.#attempts,
      destination: this.#destination,
      clock: ports.clock,
      random: ports.random,
      log: this.#log,
      options: ports.options,
      onKept: () => this.#tellBusy(),
    })
    const drop = (entry: SpooledEntry, now: number) => this.#attempts.drop(entry, now)
    this.#operator = new Operator(this.#spool, this.#dispatcher, this.#destination, kept, drop, ports.clock)
    if (this.#spool.exists) this.#openQueue()
  }

  /** Takes a message in, due at once. Durable when the caller's storage event commits; throws when it cannot be. */
  enqueue(entry: NewEntry): { id: string } {
    this.#openQueue()
    const now = this.#ports.clock()
    const key = this.#spool.newKey(now)
    const { recipients, ...envelope } = entry.envelope
    const begins = Math.max(now, entry.notBefore ?? now)
    const life = envelope.reversePath === '' ? this.#options.reportLife : this.#options.life
    const plain: SpooledEntry = {
      key,
      domain: entry.domain,
      status: 'waiting',
      received: begins,
      expires: begins + life,
      next: begins,
      size: entry.raw.length,
      priority: envelope.priority ?? 0,
      delayNoticed: false,
      reportFailures: 0,
      interrupted: 0,
      envelope,
      ...(entry.line === undefined ? {} : { line: entry.line }),
      recipients: recipients.map((recipient): QueuedRecipient => ({
        ...recipient,
        state: 'waiting',
        attempts: 0,
        next: begins,
      })),
    }
    const id = key.toString(36)
    const known = new Map((entry.outcomes ?? []).map((outcome) => [outcome.recipient, outcome]))
    const entered = known.size === 0 ? plain : this.#attempts.apply(plain, known, true)
    const open =
      entered.news !== undefined ||
      entered.recipients.some(({ state, owed }) => state === 'waiting' || owed !== undefined)
    const bounced = entered.recipients.some(({ state }) => state === 'bounced')
    // Delivered already and nobody asked for a report: there is nothing left to do.
    if (!open && !bounced) return { id }
    // What programs are to hear does not wait for the next try.
    const turns = entered.recipients.map(({ state, next }) => (state === 'waiting' ? next : now))
    entered.next = entered.news === undefined ? Math.min(...turns) : now
    if (begins > now) this.#announce = true
    const claimed = known.size === 0 && begins === now && this.#dispatcher.mayBeBornClaimed(now, entry.line)
    this.#spool.insert(entered, entry.raw, claimed)
    if (claimed) this.#dispatcher.claimNewborn(entered)
    else this.#dispatcher.schedule(entered)
    this.#log({ type: 'queued', id, domain: entry.domain, size: plain.size, recipients: recipients.length })
    return { id }
  }

  /**
   * Attempts what is due, as much as one run may take on; resolves when the attempts it began are over. Running it again
   * meanwhile is safe: what is under way is not attempted twice. Rejects only when the storage does.
   */
  async run(signal?: AbortSignal): Promise<void> {
    this.#openQueue()
    this.#attempts.writeEnds()
    await this.#dispatcher.run(signal)
    this.#kept.sweep()
    await this.#spool.settled()
    if (this.#announce) await this.#tellBusy()
    this.#announce = false
    await this.#tellIdle()
  }

  /**
   * When `run` should be called next: milliseconds since the epoch, perhaps past; undefined when nothing will ever be due.
   * While attempts are under way it names the watchdog's time at the latest: should this life end, the alarm begins the
   * next one.
   */
  nextWakeup(): number | undefined {
    this.#openQueue()
    const due = Math.min(this.#dispatcher.nextWakeup() ?? Infinity, this.#kept.nextSweep)
    const next = due === Infinity ? undefined : due
    // Ends are written down a moment later, or with the alarm when the storage did not take them.
    if (!this.#spool.owesEnds) return next
    return Math.min(next ?? Infinity, this.#ports.clock() + this.#options.watchdog)
  }

  /** Entries that the page selects, in the order of arrival. */
  list(page: QueuePage = {}): QueuedEntry[] {
    return this.#operator.list(page)
  }

  show(id: string): QueuedEntry | undefined {
    return this.#operator.show(id)
  }

  summary(): QueueSummary {
    this.#openQueue()
    return this.#operator.summary()
  }

  /** The message of an entry, byte for byte. */
  raw(id: string): Uint8Array | undefined {
    const key = keyOf(id)
    return key === undefined ? undefined : this.#spool.raw(key)
  }

  /** The size of its message, as long as there is one. */
  sizeOf(id: string): number | undefined {
    const key = keyOf(id)
    return key === undefined ? undefined : this.#spool.get(key)?.size
  }

  /** Some octets of it. */
  octets(id: string, start: number, end: number): Uint8Array | undefined {
    const key = keyOf(id)
    return key === undefined ? undefined : this.#spool.octets(key, start, end)
  }

  /** A text that the host keeps with the queue, such as what it has learnt of the destination. */
  memo(key: string): string | undefined {
    return this.#spool.state(`memo ${key}`)
  }

  /** Costs a row; undefined forgets it. */
  setMemo(key: string, text: string | undefined): void {
    this.#spool.setState(`memo ${key}`, text)
  }

  /** Entries in the queue, those under way included. */
  get size(): number {
    this.#openQueue()
    return this.#dispatcher.size
  }

  /** What the operator allows for this destination. */
  get limits(): QueueLimits {
    return JSON.parse(this.#spool.state('limits') ?? '{}') as QueueLimits
  }

  /** Holds from now on and for every later life; costs a row. */
  setLimits(limits: QueueLimits): void {
    this.#openQueue()
    const none = limits.perMinute === undefined && limits.concurrency === undefined
    this.#spool.setState('limits', none ? undefined : JSON.stringify(limits))
    this.#spool.setState('rate', undefined)
    this.#apply(limits)
  }

  /** See `Operator`, like the three that follow: each returns how many entries it changed. */
  retry(which: Which = {}): number {
    this.#openQueue()
    return this.#operator.retry(which)
  }

  hold(which: Which = {}): number {
    this.#openQueue()
    return this.#operator.hold(which)
  }

  release(which: Which = {}): number {
    this.#openQueue()
    return this.#operator.release(which)
  }

  delete(which: Which): number {
    this.#openQueue()
    return this.#operator.delete(which)
  }

  #apply(limits: QueueLimits): void {
    this.#destination.limit(limits.concurrency)
    this.#dispatcher.limit(rateOf(limits, this.#ports.clock(), this.#spool.state('rate')))
  }

  #openQueue(): void {
    if (this.#open) return
    this.#open = true
    const newborn: number[] = []
    for (const entry of this.#spool.takeAppointments()) {
      if (entry.newborn) newborn.push(entry.key)
      if (entry.status === 'kept') this.#kept.know(entry)
      else this.#dispatcher.schedule(entry)
    }
    this.#apply(this.limits)
    this.#dispatcher.recover(newborn)
    this.#announced = this.#spool.state('announced') !== undefined
  }

  async #tellBusy(): Promise<void> {
    if (this.#announced || this.#ports.onBusy === undefined) return
    this.#announced = true
    try {
      await this.#ports.onBusy()
      this.#spool.setState('announced', '1')
    } catch (cause) {
      this.#announced = false
      this.#log({ type: 'fault', cause })
    }
  }

  async #tellIdle(): Promise<void> {
    if (!this.#announced || this.#dispatcher.size > 0) return
    this.#announced = false
    try {
      await this.#ports.onIdle?.()
      this.#spool.setState('announced', undefined)
    } catch (cause) {
      this.#announced = true
      this.#log({ type: 'fault', cause })
    }
  }
}
