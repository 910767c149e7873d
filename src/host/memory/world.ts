/**
 * A whole mail system in one process without a network or a clock: domains, mailboxes, queues, DNS and the outside, wired
 * as the Worker wires its objects. Executable specification, and the stage of the tests.
 */
import { accept, type Arrival, type ArrivalPorts, reportThrough } from '../../arrival/index.ts'
import { chooseAgent, MailboxAgent, MxAgent, OutsideAgent, SmarthostAgent } from '../../delivery/index.ts'
import type { Reply } from '../../protocol/smtp/index.ts'
import { defaultQueueOptions, Queue, type QueueEvent, type QueueOptions, SpoolStore } from '../../queue/index.ts'
import { compileRules, type Directory, DomainStore } from '../../routing/index.ts'
import type { Sql } from '../../storage/index.ts'
import { Announcer } from '../../webhooks/index.ts'
import { VirtualClock } from './clock.ts'
import { MemoryDialer } from './dialer.ts'
import { MemoryDns } from './dns.ts'
import { MemoryMailbox } from './mailbox.ts'
import { countingIds, seededRandom } from './random.ts'
import { memorySql } from './sql.ts'

export class MemoryWorld {
  readonly clock = new VirtualClock()
  readonly dns = new MemoryDns()
  readonly dialer = new MemoryDialer(this.clock.now)
  readonly random = seededRandom()
  readonly events: (QueueEvent & { domain?: string })[] = []
  readonly faults: unknown[] = []
  readonly ports: ArrivalPorts
  readonly hostname: string
  /** The directory is unreachable while this is set. */
  directoryDown = false
  /** Queues refuse new entries while their domain is in here. */
  readonly fullQueues = new Set<string>()
  readonly #options: Partial<QueueOptions>
  readonly #announcer: Announcer
  readonly #domains = new Map<string, DomainStore>()
  readonly #mailboxes = new Map<string, MemoryMailbox>()
  readonly #queues = new Map<string, { sql: Sql; queue: Queue }>()

  constructor(options: Partial<QueueOptions> & { hostname?: string } = {}) {
    this.hostname = options.hostname ?? 'mx.facteur.test'
    this.#options = options
    const directory: Directory = {
      lookup: async (domain, localPart) => {
        if (this.directoryDown) throw new Error('the directory is down')
        return this.domain(domain).lookup(localPart)
      },
      rules: async (domain) => {
        if (this.directoryDown) throw new Error('the directory is down')
        const { rules, separator } = this.domain(domain).rules()
        return { rules: compileRules(rules), separator }
      },
    }
    const queue: ArrivalPorts['queue'] = (domain) => ({
      enqueue: async (entry) => {
        if (this.fullQueues.has(domain)) throw new Error('database or disk is full')
        return this.queue(domain).enqueue(entry)
      },
    })
    // Nothing has to be short here, and what is longer is plainer to read in a test.
    this.#announcer = new Announcer({ queue, digest: async (text) => encodeURIComponent(text) })
    this.ports = {
      directory,
      hostname: this.hostname,
      ids: countingIds(),
      clock: this.clock.now,
      mailbox: (accountId) => this.mailbox(accountId),
      queue,
      announcer: this.#announcer,
      log: (event) => this.faults.push(event.cause),
    }
  }

  domain(domain: string): DomainStore {
    return getOr(this.#domains, domain, () => new DomainStore(memorySql()))
  }

  mailbox(accountId: string): MemoryMailbox {
    return getOr(this.#mailboxes, accountId, () => new MemoryMailbox())
  }

  /** Hosts a domain with accounts whose ids are their local parts. */
  host(domain: string, ...localParts: string[]): DomainStore {
    const store = this.domain(domain)
    const hosted = store.host(domain)
    if (!hosted.ok) throw new Error(hosted.problem)
    for (const localPart of localParts) {
      const added = store.addAccount(localPart, localPart)
      if (!added.ok) throw new Error(added.problem)
    }
    return store
  }

  queue(domain: string): Queue {
    const made = getOr(this.#queues, domain, () => {
      const sql = memorySql()
      return { sql, queue: this.#newQueue(sql) }
    })
    return made.queue
  }

  /** Ends the life of a queue's object and begins the next on the same storage. */
  restart(domain: string): void {
    const made = this.#queues.get(domain)
    if (made !== undefined) made.queue = this.#newQueue(made.sql)
  }

  async accept(arrival: Arrival): Promise<Reply> {
    return (await accept(arrival, this.ports)).reply
  }

  /** Lets time pass up to `until`, running each queue when its alarm would ring. */
  async runUntil(until: number): Promise<void> {
    for (;;) {
      const due = [...this.#queues.values()]
        .map(({ queue }) => ({ queue, at: queue.nextWakeup() ?? Infinity }))
        .sort((a, b) => a.at - b.at)[0]
      if (due === undefined || due.at > until) break
      this.clock.moveTo(due.at)
      await due.queue.run()
    }
    this.clock.moveTo(until)
  }

  #newQueue(sql: Sql): Queue {
    const { clock, dns, dialer, random, hostname } = this
    const { directory } = this.ports
    const agent = chooseAgent({
      directory,
      clock: clock.now,
      mailbox: new MailboxAgent(this.ports, hostname),
      relay: new OutsideAgent({
        mx: new MxAgent({ dns, dialer, random, clock: clock.now, hostname }),
        smarthosts: new Map(),
        through: (smarthost) => new SmarthostAgent({ smarthost, dialer, hostname, clock: clock.now }),
        routes: async () => [],
        usual: ['mx'],
        clock: clock.now,
      }),
    })
    const reportFrom = { name: 'Mail Delivery System', address: `mailer-daemon@${hostname}` }
    return new Queue({
      store: new SpoolStore(sql),
      clock: clock.now,
      random,
      agent,
      report: reportThrough(this.ports),
      announce: (announcement) => this.#announcer.news(announcement),
      log: (event) => this.events.push(event),
      options: { ...defaultQueueOptions, reportFrom, ...this.#options, hostname },
    })
  }
}

function getOr<T>(map: Map<string, T>, key: string, make: () => T): T {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}
