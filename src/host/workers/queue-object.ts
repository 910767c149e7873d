/**
 * The mail that waits for one destination domain, as a Durable Object named by that domain; or for all destinations that
 * share an object. Its one alarm is the clock.
 *
 * A message is attempted at once, in the event that took it in: its alarm is then only the watchdog that begins the next
 * life should this one end in the middle. An alarm that has nothing to do is left alone, since taking it back costs a row.
 */
import { DurableObject } from 'cloudflare:workers'
import type { TlsDays } from '../../delivery/index.ts'
import type { NewEntry, QueuedEntry, QueueLimits, QueuePage, QueueSummary, Which } from '../../queue/index.ts'
import { type DestinationQueue, Destinations } from './destinations.ts'
import type { QueueDoor } from './doors.ts'
import type { Env } from './env.ts'
import type { Entered } from './grouped-calls.ts'
import { describe, log } from './log.ts'
import { nameOf } from './object-name.ts'

/** After a fault of ours: long enough not to spin, short enough not to be noticed. */
const AFTER_FAULT_MS = 60_000

export class QueueObject extends DurableObject<Env> implements QueueDoor {
  readonly #destinations: Destinations
  /** When the alarm rings; null when none is set, undefined when not known yet. */
  #alarm: number | null | undefined
  /** Rejects when that alarm could not be set. */
  #setting: Promise<void> = Promise.resolve()

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#destinations = new Destinations(env, ctx.storage, nameOf(ctx), (work) => ctx.waitUntil(work))
  }

  async enqueue(mails: readonly NewEntry[]): Promise<Entered[]> {
    await this.#knowAlarm()
    const touched = new Set<DestinationQueue>()
    const entered = mails.map((mail) => {
      const destination = this.#destinations.of(mail.domain)
      touched.add(destination)
      return take(destination, mail)
    })
    // Start in this event, so that claims and the alarm are one commit with the messages.
    for (const destination of touched) this.#begin(destination)
    await this.#arm()
    return entered
  }

  /** Another queue of the destination gives its counts of TLS to this one, which reports them. Durable when it answers. */
  async noteTls(days: TlsDays): Promise<void> {
    await this.#knowAlarm()
    const destination = this.#destinations.of(undefined)
    destination.tls.reporter.absorb(days)
    this.#destinations.note(destination)
    await this.#arm()
  }

  override async alarm(): Promise<void> {
    this.#alarm = null
    const attended = this.#destinations.takeDue(Date.now()).map((destination) => this.#attend(destination))
    await this.#keepArmed() // should this life end meanwhile
    // Who shares an object must not wait for the slowest: the next alarm may ring.
    if (!this.#destinations.isShared) await Promise.all(attended)
  }

  /** Attempts what is due, and tells when the next is; nobody waits for it. */
  #begin(destination: DestinationQueue): void {
    const attempts = this.#destinations.run(destination)
    this.ctx.waitUntil(
      attempts.then(() => {
        this.#destinations.note(destination)
        return this.#arm()
      }),
    )
  }

  /** The platform gives up on an alarm that keeps failing; the queue never may. */
  async #attend(destination: DestinationQueue): Promise<void> {
    try {
      await this.#destinations.run(destination)
      await this.#destinations.report(destination)
      this.#destinations.note(destination)
    } catch (error) {
      log('error', 'queue alarm failed', { domain: destination.domain, error: describe(error) })
      this.#destinations.postpone(destination, Date.now() + AFTER_FAULT_MS)
    }
    await this.#keepArmed()
  }

  /** While not even an alarm can be written down, as on a full disk, the one that rings is not over. */
  async #keepArmed(): Promise<void> {
    for (;;) {
      try {
        await this.#arm()
        return
      } catch (error) {
        log('error', 'the queue alarm could not be set', { error: describe(error) })
        await scheduler.wait(AFTER_FAULT_MS)
      }
    }
  }

  list(page: QueuePage = {}, domain?: string): QueuedEntry[] {
    return this.#destinations.of(domain).queue.list(page)
  }

  show(id: string, domain?: string): QueuedEntry | undefined {
    return this.#destinations.of(domain).queue.show(id)
  }

  sizeOf(id: string, domain?: string): number | undefined {
    return this.#destinations.of(domain).queue.sizeOf(id)
  }

  octets(id: string, start: number, end: number, domain?: string): Uint8Array | undefined {
    return this.#destinations.of(domain).queue.octets(id, start, end)
  }

  summary(domain?: string): QueueSummary {
    return this.#destinations.of(domain).queue.summary()
  }

  limits(domain?: string): QueueLimits {
    return this.#destinations.of(domain).queue.limits
  }

  setLimits(limits: QueueLimits, domain?: string): Promise<void> {
    return this.#command(domain, ({ queue }) => queue.setLimits(limits))
  }

  retry(which: Which = {}, domain?: string): Promise<number> {
    return this.#command(domain, ({ queue }) => queue.retry(which))
  }

  hold(which: Which, domain?: string): Promise<number> {
    return this.#command(domain, ({ queue }) => queue.hold(which))
  }

  release(which: Which, domain?: string): Promise<number> {
    return this.#command(domain, ({ queue }) => queue.release(which))
  }

  remove(which: Which, domain?: string): Promise<number> {
    return this.#command(domain, ({ queue }) => queue.delete(which))
  }

  /** The operator's change, then whatever became due by it. */
  async #command<T>(domain: string | undefined, change: (destination: DestinationQueue) => T): Promise<T> {
    await this.#knowAlarm()
    const destination = this.#destinations.of(domain)
    const result = change(destination)
    this.#begin(destination)
    await this.#arm()
    return result
  }

  async #arm(): Promise<void> {
    const next = this.#destinations.nextWakeup()
    if (next === Infinity) return
    const now = Date.now()
    const known = this.#alarm ?? null
    if (known === null || known <= now || known > next) {
      this.#alarm = Math.max(next, now)
      this.#setting = this.#setAlarm(this.#alarm)
    }
    await this.#setting
  }

  /** What a full disk does not take is not set: whoever counts on it hears so. */
  async #setAlarm(at: number): Promise<void> {
    try {
      await this.ctx.storage.setAlarm(at)
    } catch (error) {
      if (this.#alarm === at) this.#alarm = null
      throw error
    }
  }

  /** Read once in a life, before anything is written. */
  async #knowAlarm(): Promise<void> {
    if (this.#alarm === undefined) this.#alarm = await this.ctx.storage.getAlarm()
  }
}

/** What the storage does not take leaves the others alone. */
function take({ queue }: DestinationQueue, mail: NewEntry): Entered {
  try {
    return queue.enqueue(mail)
  } catch (error) {
    log('error', 'a message cannot be queued', { domain: mail.domain, error: describe(error) })
    return null
  }
}
