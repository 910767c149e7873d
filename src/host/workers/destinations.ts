/**
 * The queues of one object: the one of the destination that it is named by, or those of all destinations that share it.
 *
 * Limits: a destination for which nothing waits is remembered, with what was learnt of it, as long as there are not too many.
 */
import { type ArrivalPorts, reportThrough } from '../../arrival/index.ts'
import { Agenda, domainOf, isSharedName, Queue, SpoolStore, waitingMark } from '../../queue/index.ts'
import type { DnsResolver } from '../../protocol/dns/index.ts'
import { announcer } from './announcer.ts'
import { arrivalPorts } from './arrival-ports.ts'
import { deliveryAgent } from './delivery-agents.ts'
import type { Env } from './env.ts'
import { queueLog } from './queue-log.ts'
import { queueOptions } from './queue-options.ts'
import { queueTls, type QueueTls } from './queue-tls.ts'
import { resolver } from './resolver.ts'
import { durableSql } from './sql.ts'
import { Turnstile } from './turnstile.ts'

/** Destinations without mail that a shared object remembers. */
const mostIdle = 1_000
/**
 * Messages at the bridge at once: below what it takes (500, then it refuses). A burst to many destinations waits here, where a
 * refusal would count as a fault of each and put its mail off by minutes.
 */
const mostAtBridge = 400

export interface DestinationQueue {
  readonly domain: string
  readonly queue: Queue
  readonly tls: QueueTls
  /** In the agenda. */
  readonly number: number
  /** Runs that are not over. */
  running: number
  /** TLS reports are on their way. */
  reporting?: Promise<void> | undefined
}

export class Destinations {
  /** Undefined: the object is shared. */
  readonly #own: DestinationQueue | undefined
  readonly #env: Env
  readonly #name: string
  readonly #store: SpoolStore
  readonly #background: (work: Promise<void>) => void
  readonly #ports: ArrivalPorts
  readonly #dns: DnsResolver
  readonly #all = new Map<string, DestinationQueue>()
  readonly #byNumber = new Map<number, DestinationQueue>()
  /** Without mail, the one longest so first. */
  readonly #idle = new Set<DestinationQueue>()
  readonly #agenda = new Agenda()
  readonly #line = new Turnstile(mostAtBridge)
  #numbers = 0

  constructor(env: Env, storage: DurableObjectStorage, name: string, background: (work: Promise<void>) => void) {
    this.#env = env
    this.#name = name
    this.#store = new SpoolStore(durableSql(storage))
    this.#background = background
    this.#ports = arrivalPorts(env)
    this.#dns = resolver(env)
    const domain = domainOf(name)
    if (domain !== undefined) this.#own = this.#open(domain)
    else for (const left of this.#store.domains()) this.note(this.of(left))
  }

  get isShared(): boolean {
    return this.#own === undefined
  }

  /** The queue for this domain; without one, the only queue that there is. */
  of(domain: string | undefined): DestinationQueue {
    if (this.#own !== undefined) return this.#own
    if (domain === undefined) throw new Error('a queue of a shared object is named by its domain')
    return this.#all.get(domain) ?? this.#open(domain)
  }

  /** Attempts what is due; in the agenda meanwhile is the watchdog. */
  async run(destination: DestinationQueue): Promise<void> {
    destination.running++
    this.#idle.delete(destination)
    try {
      const attempts = destination.queue.run()
      this.#appoint(destination, destination.queue.nextWakeup())
      await attempts
    } finally {
      destination.running--
    }
  }

  /** Sends the TLS reports that are due; once, however often it is asked meanwhile. */
  report(destination: DestinationQueue): Promise<void> {
    return (destination.reporting ??= destination.tls.reporter.tick().finally(() => {
      destination.reporting = undefined
    }))
  }

  /** Remembers when the queue wants to be run, as it says now. */
  note(destination: DestinationQueue): void {
    const { queue, tls } = destination
    const next = Math.min(queue.nextWakeup() ?? Infinity, tls.reporter.nextWakeup() ?? Infinity)
    this.#appoint(destination, next)
    if (this.#own !== undefined || destination.running > 0 || queue.size > 0 || next < Infinity) return
    this.#idle.add(destination)
    if (this.#idle.size <= mostIdle) return
    for (const oldest of this.#idle) return this.#forget(oldest)
  }

  /** It is not run before. */
  postpone(destination: DestinationQueue, until: number): void {
    this.#appoint(destination, until)
  }

  /** Takes what is to be run at `now`. The only queue of an object always is. */
  takeDue(now: number): DestinationQueue[] {
    if (this.#own !== undefined) return [this.#own]
    const due: DestinationQueue[] = []
    for (let number = this.#agenda.takeDue(now); number !== undefined; number = this.#agenda.takeDue(now)) {
      const destination = this.#byNumber.get(number)
      if (destination !== undefined) due.push(destination)
    }
    return due
  }

  /** When the first wants to be run; Infinity: none. */
  nextWakeup(): number {
    return this.#agenda.earliest() ?? Infinity
  }

  #appoint({ number }: DestinationQueue, at = Infinity): void {
    if (at === Infinity) this.#agenda.delete(number)
    else this.#agenda.set(number, at)
  }

  #forget(destination: DestinationQueue): void {
    this.#idle.delete(destination)
    this.#all.delete(destination.domain)
    this.#byNumber.delete(destination.number)
  }

  #open(domain: string): DestinationQueue {
    const env = this.#env
    const registry = () => env.REGISTRY.getByName('registry')
    const mark = waitingMark(domain, this.#name)
    const options = queueOptions(env, domain)
    const isFirst = isSharedName(this.#name) || this.#name === domain
    const first = isFirst ? undefined : domain
    const tls = queueTls(env, domain, first, this.#ports, this.#dns, () => queue, this.#background)
    const told = announcer(this.#ports)
    const queue = new Queue({
      store: this.#store,
      ...(isSharedName(this.#name) ? { domain } : {}),
      clock: Date.now,
      random: Math.random,
      agent: deliveryAgent(env, this.#ports, this.#dns, tls, this.#line, this.#name),
      report: reportThrough(this.#ports),
      track: async ({ submission: { accountId, tag }, statuses }) =>
        env.ACCOUNT.getByName(accountId).trackSubmission(tag, [...statuses]),
      announce: async (announcement) => told.news(announcement),
      onBusy: async () => registry().markWaiting(mark),
      onIdle: async () => registry().clearWaiting(mark),
      log: queueLog(this.#ports.trace),
      linger: () => scheduler.wait(options.linger),
      options,
    })
    const opened: DestinationQueue = { domain, queue, tls, number: ++this.#numbers, running: 0 }
    this.#all.set(domain, opened)
    this.#byNumber.set(opened.number, opened)
    return opened
  }
}
