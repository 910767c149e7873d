/**
 * Delivers to a webhook: one signed POST for a message or an event, which a 2xx takes over.
 *
 * What is not taken is tried again by the queue, with the same id, so that a receiver can tell that it has it already; what
 * never is stays with the queue as undeliverable, for the operator to see and to send again.
 *
 * Standards: Standard Webhooks 1.0, RFC 9110 §15, §10.2.3 (Retry-After is the queue's own affair).
 * Limits: 20 seconds for an answer.
 * Security: the URL is an administrator's; which addresses are reached is the host's to decide.
 */
import { decodeUtf8, type Header, parseDate, parseHeader } from '../format/index.ts'
import type { DeliveryAgent, DeliveryJob, RecipientOutcome } from '../queue/index.ts'
import { domainOfWebhookQueue, type Webhook } from '../routing/index.ts'
import { type MessageLinks, messagePayload } from './payload.ts'
import { type HmacCrypto, signedHeaders } from './signature.ts'

export interface WebhookPorts {
  /** The webhook of that name of a hosted domain. Rejects when the domain cannot be asked. */
  find: (domain: string, name: string) => Promise<Webhook | undefined>
  /** It answered that it is gone: nothing more is sent until somebody starts it again. */
  stop: (domain: string, name: string) => Promise<void>
  /**
   * POSTs, and tells the status of the answer, which is not read. Redirects are not followed. Rejects with a sentence when
   * there is none within 20 seconds.
   */
  post: (url: string, headers: Record<string, string>, body: string, signal?: AbortSignal) => Promise<number>
  /**
   * Makes links to the messages of that queue. Absent, or undefined: it makes none, since nobody has said by which URL we are
   * reached. Rejects when the domain cannot be asked.
   */
  links?: (queue: string) => Promise<LinkMaker | undefined>
  crypto: HmacCrypto
  /** Milliseconds since the epoch. */
  clock: () => number
  authservId: string
}

/** A link to a part of an entry's message, until `expires`, in seconds since the epoch. */
export type LinkMaker = (entry: string, part: string, expires: number) => Promise<string>

const hour = 3_600_000

export class WebhookAgent implements DeliveryAgent {
  readonly #name: string
  readonly #ports: WebhookPorts

  constructor(name: string, ports: WebhookPorts) {
    this.#name = name
    this.#ports = ports
  }

  async deliver(job: DeliveryJob, signal?: AbortSignal): Promise<RecipientOutcome[]> {
    const { find, clock } = this.#ports
    const domain = domainOfWebhookQueue(job.domain)
    const webhook = await find(domain, this.#name)
    if (webhook === undefined) return later(job, `${domain} has no webhook "${this.#name}"`, '4.3.5', clock())
    if (webhook.stopped !== undefined) return later(job, `The webhook "${this.#name}" is stopped`, '4.3.5', clock())
    const host = new URL(webhook.url).host
    const links = await this.#links(job, webhook)
    const { headers, body } = await this.#request(job, webhook, links)
    let status: number
    try {
      status = await this.#ports.post(webhook.url, headers, body, signal)
    } catch (error) {
      return later(job, `${host} cannot be reached: ${reasonOf(error)}`, '4.4.1', clock(), host)
    }
    if (status >= 200 && status < 300) {
      const kept = links === undefined ? {} : { keepUntil: links.expires }
      return outcomes(job, { status: 'delivered', enhanced: '2.0.0', success: 'passed', ...kept }, clock(), host)
    }
    if (status === 410) await this.#ports.stop(domain, this.#name)
    return later(job, `${host} answered HTTP ${status}`, status < 500 ? '4.5.0' : '4.4.0', clock(), host)
  }

  /** Undefined: it is no message, the webhook wants none, or there is nowhere to lead to. */
  async #links({ id, domain, envelope }: DeliveryJob, { keep }: Webhook): Promise<MessageLinks | undefined> {
    const { links, clock } = this.#ports
    const make = keep === 0 || envelope.event !== undefined ? undefined : await links?.(domain)
    if (make === undefined) return undefined
    const expires = Math.ceil((clock() + keep * hour) / 1_000)
    return { expires: expires * 1_000, to: (part) => make(id, part, expires) }
  }

  async #request(
    job: DeliveryJob,
    webhook: Webhook,
    links: MessageLinks | undefined,
  ): Promise<{ headers: Record<string, string>; body: string }> {
    const { clock, authservId } = this.#ports
    const { recipients, transactionId = job.id, event } = job.envelope
    if (event !== undefined) return this.#signed(event.id, decodeUtf8(job.raw), webhook)
    const { header } = parseHeader(job.raw)
    const message = {
      id: transactionId,
      received: takenAt(header) ?? clock(),
      sender: /<(.*)>/.exec(header.first('Return-Path') ?? '')?.[1] ?? '',
      recipients: recipients.map(({ address }) => address),
      raw: job.raw,
      authservId,
    }
    const body = await messagePayload(message, links)
    // One id for the same message, however often it is sent; entries of several queues may have the same.
    return this.#signed(`msg_${transactionId}`, body, webhook)
  }

  async #signed(id: string, body: string, { secrets }: Webhook) {
    const { crypto, clock } = this.#ports
    const signatures = await signedHeaders(id, clock(), body, secrets, crypto)
    return { headers: { 'Content-Type': 'application/json', 'User-Agent': 'facteur', ...signatures }, body }
  }
}

/** As our Received says, so that each attempt tells the same. */
function takenAt(header: Header): number | undefined {
  const received = header.first('Received') ?? ''
  return parseDate(received.slice(received.lastIndexOf(';') + 1))?.time
}

function later(job: DeliveryJob, diagnostic: string, enhanced: string, at: number, host?: string): RecipientOutcome[] {
  return outcomes(job, { status: 'deferred', enhanced, diagnostic, site: enhanced !== '4.5.0' }, at, host)
}

function outcomes(
  { envelope }: DeliveryJob,
  outcome: Omit<RecipientOutcome, 'recipient' | 'at' | 'remoteMta'>,
  at: number,
  host: string | undefined,
): RecipientOutcome[] {
  const who = host === undefined ? {} : { remoteMta: host }
  return envelope.recipients.map(({ address }) => ({ recipient: address, at, ...who, ...outcome }))
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 200) : 'no answer'
}
