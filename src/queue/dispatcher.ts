/**
 * Who has a turn: takes due entries on, a bounded number and size at once, each once, and remembers it for the next life.
 *
 * One object owns one queue, so claims live in memory; what is on disk tells the next life what the last one was doing when
 * it ended, so that a message that takes the process down with it is put aside instead of tried at once for ever.
 */
import { Agenda } from './agenda.ts'
import type { Attempts } from './attempt.ts'
import type { Destination } from './destination.ts'
import type { QueueEvent } from './event.ts'
import type { QueueOptions } from './options.ts'
import type { Rate } from './rate.ts'
import { Lines } from './lines.ts'
import { retryDelay } from './retry-schedule.ts'
import type { Spool } from './spool.ts'
import { progressOf, type SpooledEntry } from './spool-row.ts'

export interface DispatcherPorts {
  spool: Spool
  attempts: Attempts
  destination: Destination
  clock: () => number
  random: () => number
  log: (event: QueueEvent) => void
  options: QueueOptions
  /** An entry stays after its attempt. */
  onKept: () => Promise<void>
}

/** An entry taken on by a run, waiting for its turn or having it. */
interface Claim {
  readonly key: number
  readonly size: number
  readonly priority: number
  readonly progress: number
  /** The destination is to be asked, not only a report handed over. */
  readonly dials: boolean
  /** Its row says so itself, since it came in with its claim. */
  readonly inborn: boolean
  readonly line?: string
}

/** What is known of an entry when it is given a time. */
type Scheduled = Pick<SpooledEntry, 'key' | 'next' | 'priority' | 'status' | 'line'>

export class Dispatcher {
  readonly #ports: DispatcherPorts
  readonly #options: QueueOptions
  readonly #spool: Spool
  readonly #destination: Destination
  readonly #agenda = new Agenda()
  readonly #lines = new Lines()
  readonly #claims = new Map<number, Claim>()
  readonly #ready: Claim[] = []
  /** Somebody became the first in a line, and may be due. */
  #movedUp = false
  #rate: Rate | undefined
  #turns = 0
  #bytesInFlight = 0
  #guard = 0

  constructor(ports: DispatcherPorts) {
    this.#ports = ports
    this.#options = ports.options
    this.#spool = ports.spool
    this.#destination = ports.destination
  }

  /** Entries, those under way included. */
  get size(): number {
    return this.#claims.size + this.#agenda.size
  }

  isActive(key: number): boolean {
    return this.#claims.has(key)
  }

  /** Messages a minute; undefined: as many as go. */
  limit(rate: Rate | undefined): void {
    this.#rate = rate
  }

  /** The entry's time. One that is under way gets its next time from its own attempt, one in a line when it is the first. */
  schedule(entry: Scheduled): void {
    const { key, next, priority, status, line } = entry
    if (this.#claims.has(key)) return
    const isInLine = line !== undefined && (status === 'waiting' || status === 'held')
    const isFirst = !isInLine || this.#lines.join(key, line)
    this.#agenda.set(key, isFirst ? next : Infinity, priority)
    if (!isInLine) this.#moveUp(key)
  }

  forget(key: number): void {
    this.#agenda.delete(key)
    if (!this.#claims.has(key)) this.#moveUp(key)
  }

  /** A new entry may come in with its claim: it goes in the same event, and there is nothing that it has to wait for. */
  mayBeBornClaimed(now: number, line?: string): boolean {
    if (line !== undefined && !this.#lines.isEmpty(line)) return false
    return this.#mayClaim(now) && this.#destination.pausedUntil(now) === undefined
  }

  /** Takes a new entry on that was written down as claimed. */
  claimNewborn(entry: SpooledEntry): void {
    if (entry.line !== undefined) this.#lines.join(entry.key, entry.line)
    this.#take({ ...claimOf(entry, entry.received), inborn: true })
    this.#guard = entry.received + this.#options.watchdog
  }

  /** Resolves when the attempts that this call began, and those that took their places, are over. */
  async run(signal?: AbortSignal): Promise<void> {
    this.#plan()
    await this.#startTurns(signal)
  }

  /** See `Queue.nextWakeup`. */
  nextWakeup(): number | undefined {
    const now = this.#ports.clock()
    // Taken on as it came in, and nobody has run the queue since.
    if (this.#ready.length > 0 && this.#turns === 0) return now
    const earliest = this.#agenda.earliest()
    const due = earliest === undefined || this.#rate === undefined ? earliest : Math.max(earliest, this.#rate.next(now))
    if (this.#claims.size === 0) return due
    if (this.#guard <= now) this.#guard = now + this.#options.watchdog
    // With its hands full it can take nothing on, however much is due: whatever ends makes room, and asks again.
    if (due === undefined || this.#claims.size >= this.#options.maxPerRun) return this.#guard
    return Math.min(due, this.#guard)
  }

  /** What the last life had claimed and not finished is due again: at once the first time, later if that keeps happening. */
  recover(newborn: readonly number[]): void {
    const claims = new Map([...newborn.map((key) => [key, 0] as const), ...this.#spool.claims()])
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
      const again = { ...entry, recipients, interrupted, next: Math.max(entry.next, now + wait) }
      // On a full disk the claim stays, and a later life finds it again: a queue that cannot write must begin all the same.
      const isWritten = this.#written(() => this.#spool.update(again))
      this.schedule(isWritten ? again : { ...again, next: Math.max(again.next, now + this.#options.schedule.first) })
      this.#ports.log({ type: 'interrupted', id: key.toString(36), domain: entry.domain, times: interrupted })
    }
    if (claims.size > newborn.length) this.#written(() => this.#spool.setClaims([]))
  }

  #written(write: () => void): boolean {
    try {
      write()
      return true
    } catch (cause) {
      this.#ports.log({ type: 'fault', cause })
      return false
    }
  }

  #mayClaim(now: number): boolean {
    return this.#claims.size < this.#options.maxPerRun && (this.#rate === undefined || this.#rate.next(now) <= now)
  }

  #take(claim: Claim): void {
    this.#claims.set(claim.key, claim)
    let place = this.#ready.length
    while (place > 0 && (this.#ready[place - 1] as Claim).priority < claim.priority) place--
    this.#ready.splice(place, 0, claim)
    if (!claim.dials || this.#rate === undefined) return
    this.#rate.take(this.#ports.clock())
    const state = JSON.stringify(this.#rate.state)
    this.#written(() => this.#spool.setState('rate', state))
  }

  /** Claims what is due, one row for all of it. */
  #plan(): void {
    this.#movedUp = false
    const now = this.#ports.clock()
    let claimed = false
    while (this.#mayClaim(now)) {
      const key = this.#agenda.takeDue(now)
      if (key === undefined) break
      const entry = this.#spool.get(key)
      if (entry === undefined) continue
      this.#take(claimOf(entry, now))
      claimed = true
    }
    if (!claimed) return
    this.#guard = now + this.#options.watchdog
    const written = [...this.#claims.values()].filter(({ inborn }) => !inborn)
    // On a full disk mail goes without it: nothing but mail that goes makes room in a queue.
    this.#written(() => this.#spool.setClaims(written.map(({ key, progress }) => [key, progress])))
  }

  /** Begins as many turns as there is room for; each begins others when it is over. */
  async #startTurns(signal: AbortSignal | undefined): Promise<void> {
    if (this.#movedUp) this.#plan()
    const turns: Promise<void>[] = []
    for (let claim = this.#next(); claim !== undefined; claim = this.#next()) {
      turns.push(this.#turn(claim, signal).then(() => this.#startTurns(signal)))
    }
    await Promise.all(turns)
  }

  /** The first that may go now. Whatever it is that the others wait for, the end of a turn that is under way brings it. */
  #next(): Claim | undefined {
    if (this.#turns >= this.#options.concurrency) return undefined
    const now = this.#ports.clock()
    const paused = this.#destination.pausedUntil(now)
    for (let index = 0; index < this.#ready.length; index++) {
      const claim = this.#ready[index] as Claim
      if (claim.dials && paused !== undefined) {
        this.#ready.splice(index--, 1)
        this.#release(claim, paused)
      } else if (!claim.dials || this.#destination.hasRoom) {
        // Whoever holds the memory makes room when done.
        const full = this.#bytesInFlight > 0 && this.#bytesInFlight + claim.size > this.#options.maxBytesInFlight
        if (full) return undefined
        this.#ready.splice(index, 1)
        return claim
      }
    }
    return undefined
  }

  async #turn(claim: Claim, signal: AbortSignal | undefined): Promise<void> {
    const { key, size, dials } = claim
    this.#turns++
    this.#bytesInFlight += size
    if (dials) this.#destination.enter()
    let next: number | undefined
    try {
      next = await this.#ports.attempts.run(key, signal)
      if (next !== undefined) await this.#ports.onKept()
    } catch (cause) {
      this.#ports.log({ type: 'fault', id: key.toString(36), cause })
      next = this.#ports.clock() + this.#options.schedule.first
    } finally {
      this.#turns--
      this.#bytesInFlight -= size
      if (dials) this.#destination.leave()
      this.#release(claim, next)
    }
  }

  #release({ key, priority, line }: Claim, next: number | undefined): void {
    this.#claims.delete(key)
    if (next === undefined) this.#moveUp(key)
    else this.schedule({ key, next, priority, ...(line === undefined ? { status: 'waiting' } : this.#standing(key)) })
  }

  #standing(key: number): Pick<SpooledEntry, 'status' | 'line'> {
    const { status = 'waiting', line } = this.#spool.get(key) ?? {}
    return { status, ...(line === undefined ? {} : { line }) }
  }

  /** Nobody has to wait for this one any more: whoever is the first in its line now has its time, and goes when that has come. */
  #moveUp(key: number): void {
    const first = this.#lines.leave(key)
    const entry = first === undefined ? undefined : this.#spool.get(first)
    if (entry === undefined) return
    this.#movedUp = true
    this.schedule(entry)
  }
}

function claimOf(entry: SpooledEntry, now: number): Claim {
  const { key, size, status, priority, recipients } = entry
  const dials = status === 'waiting' && recipients.some((to) => to.state === 'waiting' && to.next <= now)
  const { line } = entry
  return { key, size, priority, progress: progressOf(entry), dials, inborn: false, ...(line !== undefined && { line }) }
}
