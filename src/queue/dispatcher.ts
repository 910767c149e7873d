/**
 * Who has a turn: takes due entries on, a bounded number and size at once, each once, and remembers it for the next life.
 *
 * One object owns one queue, so claims live in memory; a copy on disk tells the next life what the last one was doing when
 * it ended, so that a message that takes the process down with it is put aside instead of tried at once for ever.
 */
import { Agenda } from './agenda.ts'
import type { Attempts } from './attempt.ts'
import type { QueueEvent } from './event.ts'
import type { QueueOptions } from './options.ts'
import { retryDelay } from './retry-schedule.ts'
import type { Spool, SpooledEntry } from './spool.ts'
import type { Throttle } from './throttle.ts'

export interface DispatcherPorts {
  spool: Spool
  attempts: Attempts
  throttle: Throttle
  clock: () => number
  random: () => number
  log: (event: QueueEvent) => void
  options: QueueOptions
  /** An entry stays after its attempt. */
  onKept: () => Promise<void>
}

export class Dispatcher {
  readonly #ports: DispatcherPorts
  readonly #options: QueueOptions
  readonly #spool: Spool
  readonly #throttle: Throttle
  readonly #agenda = new Agenda()
  /** Entries taken on by a run, waiting for their turn or having it. */
  readonly #claimed = new Set<number>()
  readonly #ready: number[] = []
  /** Claimed, but waiting for the probe of their destination to come back. */
  readonly #parked = new Set<number>()
  readonly #activeByDomain = new Map<string, number>()
  #workers = 0
  #bytesInFlight = 0
  #guard = 0

  constructor(ports: DispatcherPorts) {
    this.#ports = ports
    this.#options = ports.options
    this.#spool = ports.spool
    this.#throttle = ports.throttle
  }

  /** Entries, those under way included. */
  get size(): number {
    return this.#claimed.size + this.#agenda.size
  }

  isActive(key: number): boolean {
    return this.#claimed.has(key)
  }

  /** The entry's time. One that is under way gets its next time from its own attempt. */
  schedule(key: number, next: number): void {
    if (!this.#claimed.has(key)) this.#agenda.set(key, next)
  }

  forget(key: number): void {
    this.#agenda.delete(key)
  }

  /** Resolves when the attempts that this call began are over. */
  async run(signal?: AbortSignal): Promise<void> {
    this.#plan()
    const workers: Promise<void>[] = []
    while (this.#workers < this.#options.concurrency && this.#ready.length > 0) {
      this.#workers++
      workers.push(this.#work(signal).finally(() => this.#workers--))
    }
    await Promise.all(workers)
  }

  /** See `Queue.nextWakeup`. */
  nextWakeup(): number | undefined {
    const now = this.#ports.clock()
    const due = this.#agenda.earliest()
    if (this.#claimed.size === 0) return due
    if (this.#guard <= now) this.#guard = now + this.#options.watchdog
    return due === undefined ? this.#guard : Math.min(due, this.#guard)
  }

  /** What the last life had claimed and not finished is due again: at once the first time, later if that keeps happening. */
  recover(): void {
    const claims = JSON.parse(this.#spool.state('claims') ?? '[]') as [number, number][]
    if (claims.length === 0) return
    const now = this.#ports.clock()
    for (const [key, progress] of claims) {
      const entry = this.#spool.get(key)
      if (entry === undefined || entry.status !== 'waiting' || progressOf(entry) !== progress) continue
      const interrupted = entry.interrupted + 1
      const wait = interrupted === 1 ? 0 : retryDelay(this.#options.schedule, interrupted - 1, this.#ports.random())
      const recipients = entry.recipients.map((recipient) => ({
        ...recipient,
        next: Math.max(recipient.next, now + wait),
      }))
      this.#spool.update({ ...entry, recipients, interrupted, next: Math.max(entry.next, now + wait) })
      this.#ports.log({ type: 'interrupted', id: key.toString(36), domain: entry.domain, times: interrupted })
    }
    this.#spool.setState('claims', undefined)
  }

  /** Claims what is due, one row for all of it. */
  #plan(): void {
    const now = this.#ports.clock()
    const before = this.#claimed.size
    while (this.#claimed.size < this.#options.maxPerRun) {
      const key = this.#agenda.takeDue(now)
      if (key === undefined) break
      this.#claimed.add(key)
      this.#ready.push(key)
    }
    if (this.#claimed.size === before) return
    this.#guard = now + this.#options.watchdog
    const claims: [number, number][] = []
    for (const key of this.#claimed) {
      const entry = this.#spool.get(key)
      if (entry !== undefined) claims.push([key, progressOf(entry)])
    }
    this.#spool.setState('claims', JSON.stringify(claims))
  }

  async #work(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      const key = this.#ready.shift()
      if (key === undefined) return
      const entry = this.#spool.get(key)
      if (entry === undefined) {
        this.#claimed.delete(key)
        continue
      }
      if (this.#bytesInFlight > 0 && this.#bytesInFlight + entry.size > this.#options.maxBytesInFlight) {
        // Whoever holds the memory takes this one on when done.
        this.#ready.unshift(key)
        return
      }
      const now = this.#ports.clock()
      const dials =
        entry.status === 'waiting' && entry.recipients.some((to) => to.state === 'waiting' && to.next <= now)
      const paused = dials ? this.#throttle.pausedUntil(entry.domain, now) : undefined
      if (paused !== undefined) {
        this.#release(key, paused)
        continue
      }
      const active = this.#activeByDomain.get(entry.domain) ?? 0
      if (dials && active > 0 && this.#throttle.isProbing(entry.domain)) {
        this.#parked.add(key)
        continue
      }
      await this.#turn(entry, active, signal)
    }
  }

  async #turn(entry: SpooledEntry, active: number, signal: AbortSignal | undefined): Promise<void> {
    const { key, domain, size } = entry
    this.#activeByDomain.set(domain, active + 1)
    this.#bytesInFlight += size
    let next: number | undefined
    try {
      next = await this.#ports.attempts.run(key, signal)
      if (next !== undefined) await this.#ports.onKept()
    } catch (cause) {
      this.#ports.log({ type: 'fault', id: key.toString(36), cause })
      next = this.#ports.clock() + this.#options.schedule.first
    } finally {
      this.#bytesInFlight -= size
      const left = (this.#activeByDomain.get(domain) ?? 1) - 1
      if (left > 0) this.#activeByDomain.set(domain, left)
      else this.#activeByDomain.delete(domain)
      this.#release(key, next)
      this.#ready.push(...this.#parked)
      this.#parked.clear()
    }
  }

  #release(key: number, next: number | undefined): void {
    this.#claimed.delete(key)
    if (next !== undefined) this.#agenda.set(key, next)
  }
}

/** Changes with every attempt that ends: a claim on an older value is a claim that was never finished. */
function progressOf(entry: SpooledEntry): number {
  return entry.recipients.reduce(
    (sum, { attempts, owed }) => sum + attempts * 2 + (owed === undefined ? 0 : 1),
    entry.reportFailures,
  )
}
