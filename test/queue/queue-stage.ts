/**
 * A queue alone on a stage: scripted agent, recorded reports, a clock that moves when told.
 */
import { VirtualClock } from '../../src/host/memory/clock.ts'
import { seededRandom } from '../../src/host/memory/random.ts'
import { memorySql } from '../../src/host/memory/sql.ts'
import type { Envelope, Recipient, Reply } from '../../src/protocol/smtp/index.ts'
import {
  type Announcement,
  defaultQueueOptions,
  type DeliveryJob,
  Queue,
  type QueueEvent,
  type QueueOptions,
  type RecipientOutcome,
  SpoolStore,
  type TrackingNotice,
} from '../../src/queue/index.ts'

export const minute = 60_000
export const hour = 60 * minute
export const day = 24 * hour

export type Answer = Omit<RecipientOutcome, 'recipient' | 'at'>

export const delivered: Answer = { status: 'delivered', reply: { code: 250, enhanced: '2.0.0', text: 'Ok' } }
export const greylisted: Answer = { status: 'deferred', reply: { code: 451, enhanced: '4.7.1', text: 'Greylisted' } }
export const unknownUser: Answer = {
  status: 'bounced',
  reply: { code: 550, enhanced: '5.1.1', text: 'No such user' },
  remoteMta: 'mx.there.test',
}
export const noAnswer: Answer = { status: 'deferred', enhanced: '4.4.1', diagnostic: 'No answer from mx.there.test' }

export class QueueStage {
  readonly clock = new VirtualClock()
  readonly sql = memorySql()
  readonly events: QueueEvent[] = []
  readonly jobs: (DeliveryJob & { at: number })[] = []
  readonly reports: { raw: string; envelope: Envelope; at: number }[] = []
  answer: (recipient: string, job: DeliveryJob) => Answer | Promise<Answer> = () => delivered
  report: () => Reply | Promise<Reply> = () => ({ code: 250, enhanced: '2.0.0', text: 'Ok' })
  track: ((notice: TrackingNotice) => Promise<void>) | undefined
  announce: ((announcement: Announcement) => Promise<void>) | undefined
  /** As `QueuePorts.linger`; for the next life. */
  linger: (() => Promise<void>) | undefined
  readonly hooks: string[] = []
  queue: Queue
  readonly #options: Partial<QueueOptions>

  constructor(options: Partial<QueueOptions> = {}) {
    this.#options = options
    this.queue = this.restart()
  }

  /** A new life on the same storage. */
  restart(): Queue {
    this.queue = new Queue({
      store: new SpoolStore(this.sql),
      clock: this.clock.now,
      random: seededRandom(),
      agent: {
        deliver: async (job) => {
          this.jobs.push({ ...job, at: this.clock.now() })
          const outcomes: RecipientOutcome[] = []
          for (const { address } of job.envelope.recipients) {
            outcomes.push({ recipient: address, at: this.clock.now(), ...(await this.answer(address, job)) })
          }
          return outcomes
        },
      },
      report: async (raw, envelope) => {
        const reply = await this.report()
        if (reply.code < 300) this.reports.push({ raw: new TextDecoder().decode(raw), envelope, at: this.clock.now() })
        return reply
      },
      ...(this.track === undefined ? {} : { track: this.track }),
      ...(this.announce === undefined ? {} : { announce: this.announce }),
      ...(this.linger === undefined ? {} : { linger: this.linger }),
      onBusy: () => void this.hooks.push('busy'),
      onIdle: () => void this.hooks.push('idle'),
      log: (event) => this.events.push(event),
      options: {
        ...defaultQueueOptions,
        hostname: 'mx.facteur.test',
        reportFrom: { name: 'Mail Delivery System', address: 'mailer-daemon@facteur.test' },
        ...this.#options,
      },
    })
    return this.queue
  }

  enqueue(
    recipients: (string | Recipient)[],
    envelope: Partial<Envelope> = {},
    raw?: Uint8Array,
    domain = 'there.test',
    line?: string,
  ): string {
    return this.queue.enqueue({
      domain,
      ...(line === undefined ? {} : { line }),
      raw: raw ?? message(),
      envelope: {
        reversePath: 'alice@facteur.test',
        smtputf8: false,
        body: '7BIT',
        ...envelope,
        recipients: recipients.map((recipient) => (typeof recipient === 'string' ? { address: recipient } : recipient)),
      },
    }).id
  }

  /** Lets time pass, running the queue when its alarm would ring. */
  async runUntil(until: number): Promise<void> {
    for (
      let wakeup = this.queue.nextWakeup();
      wakeup !== undefined && wakeup <= until;
      wakeup = this.queue.nextWakeup()
    ) {
      this.clock.moveTo(wakeup)
      await this.queue.run()
    }
    this.clock.moveTo(until)
  }

  eventsOf<Type extends QueueEvent['type']>(type: Type): Extract<QueueEvent, { type: Type }>[] {
    return this.events.filter((event): event is Extract<QueueEvent, { type: Type }> => event.type === type)
  }

  rows(table = 'entry'): number {
    return this.sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).one().n
  }
}

export function message(text = 'Hello', size = 0): Uint8Array {
  const head = `From: alice@facteur.test\r\nTo: x@there.test\r\nSubject: ${text}\r\nMessage-ID: <1@facteur.test>\r\n\r\n`
  return new TextEncoder().encode(`${head}${text}\r\n${'x'.repeat(size)}`)
}
