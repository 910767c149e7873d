/**
 * Puts events of mail from here into the queues of the webhooks that watch it: one entry an event, all of a message in one
 * line, so that a program hears of them in the order in which they happened.
 *
 * Errors: rejects when a queue does not take an event; what it took before is told again with the same id.
 */
import { encodeUtf8 } from '../format/index.ts'
import type { Envelope, Watch } from '../protocol/smtp/index.ts'
import type { Announcement, NewEntry } from '../queue/index.ts'
import { webhookQueue, type Watcher } from '../routing/index.ts'
import {
  type AcceptedMessage,
  acceptedEvent,
  type EventFacts,
  type LaterReport,
  outcomeEvents,
  reportedEvent,
} from './outgoing-event.ts'

export interface AnnouncerPorts {
  /** Durable when it answers. */
  readonly queue: (domain: string) => { enqueue(entry: NewEntry): Promise<{ id: string }> }
  /** A short name for a text: letters and digits, always the same, and no other text has it. */
  readonly digest: (text: string) => Promise<string>
}

/** Those who watch mail from `domain`, as envelopes carry them; undefined: nobody does. */
export function watchOf(
  domain: string,
  watchers: readonly Watcher[] | undefined,
  message: Omit<Watch, 'webhooks'>,
): Watch | undefined {
  if (watchers === undefined || watchers.length === 0) return undefined
  return { ...message, webhooks: watchers.map(({ name, events }) => ({ domain, name, events: [...events] })) }
}

export class Announcer {
  readonly #ports: AnnouncerPorts

  constructor(ports: AnnouncerPorts) {
    this.#ports = ports
  }

  async accepted(watch: Watch, transactionId: string | undefined, message: AcceptedMessage): Promise<void> {
    await this.#tell(watch, transactionId, [acceptedEvent(watch.sender, message)])
  }

  /** Fits `QueuePorts.announce`. */
  async news({ domain, envelope, news }: Announcement): Promise<void> {
    const { watch, transactionId } = envelope
    if (watch === undefined) return
    const events = news.flatMap((one) => outcomeEvents(domain, one))
    await this.#tell(watch, transactionId, events)
  }

  async reported(watch: Watch, transactionId: string | undefined, report: LaterReport): Promise<void> {
    await this.#tell(watch, transactionId, [reportedEvent(report)])
  }

  /** All at once and in order: what goes to one queue is one call, and one commit. */
  async #tell(watch: Watch, transactionId: string | undefined, events: readonly EventFacts[]): Promise<void> {
    const entries = await Promise.all(events.map(async (event) => this.#entryOf(watch, transactionId, event)))
    await Promise.all(
      watch.webhooks.flatMap(({ domain, name, events: wanted }) => {
        const queue = webhookQueue(name, domain)
        const ways = [`webhook:${name}`]
        return entries
          .filter((_, index) => wanted.includes(events[index]?.kind ?? ''))
          .map(async ({ raw, envelope }) =>
            this.#ports.queue(queue).enqueue({ domain: queue, line: watch.id, envelope: { ...envelope, ways }, raw }),
          )
      }),
    )
  }

  async #entryOf(
    { id: message, messageId, sender }: Watch,
    transactionId: string | undefined,
    { kind, mark, at, about, data }: EventFacts,
  ): Promise<Pick<NewEntry, 'envelope' | 'raw'>> {
    const type = `message.${kind}`
    const id = `evt_${await this.#ports.digest(`${message}\n${type}\n${mark}`)}`
    const named = { id: message, messageId: messageId === undefined ? null : `<${messageId}>`, sender }
    const body = { type, timestamp: new Date(at).toISOString(), data: { ...named, ...data } }
    const envelope: Envelope = {
      // What is never taken is frozen, for the operator to see and to send again.
      reversePath: '',
      recipients: [{ address: about, notify: ['NEVER'] }],
      smtputf8: true,
      body: '8BITMIME',
      event: { id, type },
      ...(transactionId === undefined ? {} : { transactionId }),
    }
    return { envelope, raw: encodeUtf8(JSON.stringify(body, wellFormed)) }
  }
}

/** What was cut in the middle of a character, or came so by JSON: there are programs that refuse all of an event with it. */
function wellFormed(_: string, value: unknown): unknown {
  return typeof value === 'string' ? value.toWellFormed() : value
}
