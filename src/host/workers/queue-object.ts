/**
 * The mail that waits for one destination domain, as a Durable Object named by that domain. Its one alarm is the clock.
 *
 * A message is attempted at once, in the event that took it in: its alarm is then only the watchdog that begins the next
 * life should this one end in the middle. An alarm that has nothing to do is left alone, since taking it back costs a row.
 */
import { DurableObject } from 'cloudflare:workers'
import { reportThrough } from '../../arrival/index.ts'
import {
  Queue,
  type NewEntry,
  type QueuedEntry,
  type QueueLimits,
  type QueuePage,
  type QueueSummary,
  readShardName,
  type Which,
} from '../../queue/index.ts'
import type { TlsDays } from '../../delivery/index.ts'
import { arrivalPorts } from './arrival-ports.ts'
import { deliveryAgent } from './delivery-agents.ts'
import type { QueueDoor } from './doors.ts'
import type { Env } from './env.ts'
import type { Entered } from './grouped-calls.ts'
import { describe, log } from './log.ts'
import { queueLog } from './queue-log.ts'
import { queueOptions } from './queue-options.ts'
import { queueTls, type QueueTls } from './queue-tls.ts'
import { resolver } from './resolver.ts'
import { nameOf } from './object-name.ts'
import { durableSql } from './sql.ts'

/** After a fault of ours: long enough not to spin, short enough not to be noticed. */
const AFTER_FAULT_MS = 60_000

export class QueueObject extends DurableObject<Env> implements QueueDoor {
  readonly #queue: Queue
  readonly #tls: QueueTls
  /** When the alarm rings; null when none is set, undefined when not known yet. */
  #alarm: number | null | undefined
  /** Rejects when that alarm could not be set. */
  #setting: Promise<void> = Promise.resolve()

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    const ports = arrivalPorts(env)
    const registry = () => env.REGISTRY.getByName('registry')
    const name = nameOf(ctx)
    const { domain } = readShardName(name)
    const dns = resolver(env)
    const options = queueOptions(env, domain)
    this.#tls = queueTls(
      env,
      name,
      ports,
      dns,
      () => this.#queue,
      (work) => ctx.waitUntil(work),
    )
    this.#queue = new Queue({
      sql: durableSql(ctx.storage),
      clock: Date.now,
      random: Math.random,
      agent: deliveryAgent(env, ports, dns, this.#tls),
      report: reportThrough(ports),
      track: async ({ submission: { accountId, tag }, statuses }) =>
        env.ACCOUNT.getByName(accountId).trackSubmission(tag, [...statuses]),
      onBusy: async () => registry().markWaiting(name),
      onIdle: async () => registry().clearWaiting(name),
      log: queueLog(ports.trace),
      linger: () => scheduler.wait(options.linger),
      options,
    })
  }

  async enqueue(mails: readonly NewEntry[]): Promise<Entered[]> {
    await this.#knowAlarm()
    const entered = mails.map((mail) => this.#take(mail))
    // Starts in this event, so that claims and the alarm are one commit with the messages.
    const attempts = this.#queue.run()
    this.ctx.waitUntil(attempts.then(() => this.#arm()))
    await this.#arm()
    return entered
  }

  /** What the storage does not take leaves the others alone. */
  #take(mail: NewEntry): Entered {
    try {
      return this.#queue.enqueue(mail)
    } catch (error) {
      log('error', 'a message cannot be queued', { domain: mail.domain, error: describe(error) })
      return null
    }
  }

  /** Another queue of the destination gives its counts of TLS to this one, which reports them. Durable when it answers. */
  async noteTls(days: TlsDays): Promise<void> {
    await this.#knowAlarm()
    this.#tls.reporter.absorb(days)
    await this.#arm()
  }

  override async alarm(): Promise<void> {
    this.#alarm = null
    try {
      const attempts = this.#queue.run()
      const watchdog = this.#arm(this.#queue.nextWakeup() ?? Infinity) // should this life end meanwhile
      await Promise.all([attempts, watchdog])
      await this.#tls.reporter.tick()
      await this.#arm()
    } catch (error) {
      // The platform gives up on an alarm that keeps failing; the queue never may.
      log('error', 'queue alarm failed', { error: describe(error) })
      await this.#armAfterFault()
    }
  }

  /** While not even an alarm can be written down, as on a full disk, the one that rings is not over. */
  async #armAfterFault(): Promise<void> {
    for (;;) {
      this.#alarm = Date.now() + AFTER_FAULT_MS
      this.#setting = this.#setAlarm(this.#alarm)
      try {
        await this.#setting
        return
      } catch (error) {
        log('error', 'the queue alarm could not be set', { error: describe(error) })
        await scheduler.wait(AFTER_FAULT_MS)
      }
    }
  }

  list(page: QueuePage = {}): QueuedEntry[] {
    return this.#queue.list(page)
  }

  show(id: string): QueuedEntry | undefined {
    return this.#queue.show(id)
  }

  summary(): QueueSummary {
    return this.#queue.summary()
  }

  limits(): QueueLimits {
    return this.#queue.limits
  }

  setLimits(limits: QueueLimits): Promise<void> {
    return this.#command(() => this.#queue.setLimits(limits))
  }

  retry(which: Which = {}): Promise<number> {
    return this.#command(() => this.#queue.retry(which))
  }

  hold(which: Which): Promise<number> {
    return this.#command(() => this.#queue.hold(which))
  }

  release(which: Which): Promise<number> {
    return this.#command(() => this.#queue.release(which))
  }

  remove(which: Which): Promise<number> {
    return this.#command(() => this.#queue.delete(which))
  }

  /** The operator's change, then whatever became due by it. */
  async #command<T>(change: () => T): Promise<T> {
    await this.#knowAlarm()
    const result = change()
    const attempts = this.#queue.run()
    this.ctx.waitUntil(attempts.then(() => this.#arm()))
    await this.#arm()
    return result
  }

  async #arm(next = this.#nextWakeup()): Promise<void> {
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

  #nextWakeup(): number {
    return Math.min(this.#queue.nextWakeup() ?? Infinity, this.#tls.reporter.nextWakeup() ?? Infinity)
  }

  /** Read once in a life, before anything is written. */
  async #knowAlarm(): Promise<void> {
    if (this.#alarm === undefined) this.#alarm = await this.ctx.storage.getAlarm()
  }
}
