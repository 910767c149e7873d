/**
 * The agent that hands mail to Cloudflare Email Service: no connection, one call for each recipient.
 *
 * The service signs and returns mail itself: it takes the author's address for the envelope's sender and no other, and
 * collects bounces in its own name. So what we relay for strangers cannot go this way, and what must go over verified TLS
 * (RFC 8689) may not.
 *
 * Standards: RFC 5322 §3.6.2 (author), RFC 3463.
 * Limits: calls at once, since each is a subrequest; the largest message that the service takes from anybody.
 */
import { flattenAddresses, parseAddressList, parseHeader, splitAddress } from '../format/index.ts'
import type { DeliveryAgent, DeliveryJob, RecipientOutcome } from '../queue/index.ts'
import { canonicalDomain, type Directory } from '../routing/index.ts'
import { uniform } from './dial.ts'
import { type EmailServiceVerdict, verdictOn } from './email-service-error.ts'
import { withoutPlatformFields } from './email-service-message.ts'

/** The binding. Resolved: the service has taken the message; it rejects with an error that has a `code`. */
export interface EmailService {
  send(message: { from: string; to: string; raw: Uint8Array }): Promise<void>
}

export interface EmailServiceAgentOptions {
  service: EmailService
  /** Whether an author's domain is one of ours, which the operator can put right at the service. */
  directory: Directory
  /** Milliseconds since the epoch. */
  clock: () => number
}

/** 25 MiB to verified addresses, 5 MiB to others: within that the service itself says what is too large. */
const largestMessage = 25 * 1024 * 1024
const callsAtOnce = 6

export class EmailServiceAgent implements DeliveryAgent {
  readonly #options: EmailServiceAgentOptions

  constructor(options: EmailServiceAgentOptions) {
    this.#options = options
  }

  async deliver(job: DeliveryJob, signal?: AbortSignal): Promise<RecipientOutcome[]> {
    const { clock } = this.#options
    const unfit = (enhanced: string, diagnostic: string) =>
      uniform(job, { status: 'bounced', enhanced, diagnostic, unfit: true, at: clock() })
    if (job.envelope.requireTls === true && job.envelope.reversePath !== '') {
      return unfit('5.7.30', 'Cloudflare Email Service promises no verified TLS, which the message asks for')
    }
    const from = authorOf(job.raw)
    if (from === undefined) return unfit('5.6.0', 'Cloudflare Email Service takes messages of exactly one author')
    const raw = withoutPlatformFields(job.raw)
    if (raw.length > largestMessage) return unfit('5.3.4', 'The message is too large for Cloudflare Email Service')
    const outcomes: RecipientOutcome[] = []
    const { recipients } = job.envelope
    let stopped: EmailServiceVerdict | undefined
    for (let start = 0; start < recipients.length; start += callsAtOnce) {
      const part = recipients.slice(start, start + callsAtOnce)
      const verdicts =
        stopped === undefined && signal?.aborted !== true
          ? await Promise.all(part.map(({ address }) => this.#send({ from, to: address, raw })))
          : part.map(() => stopped ?? aborted)
      // Who is told to wait does not ask again at once.
      stopped ??= verdicts.find(({ site }) => site === true)
      const at = clock()
      for (const [index, verdict] of verdicts.entries()) {
        outcomes.push({ recipient: part[index]?.address ?? '', ...this.#outcome(verdict, job), at })
      }
    }
    return outcomes
  }

  async #send(message: { from: string; to: string; raw: Uint8Array }): Promise<EmailServiceVerdict> {
    try {
      await this.#options.service.send(message)
      return { status: 'delivered', enhanced: '2.0.0' }
    } catch (error) {
      return verdictOn(error, () => this.#mayBeOurs(message.from))
    }
  }

  /** When the directory cannot be asked: nothing is given up. */
  async #mayBeOurs(address: string): Promise<boolean> {
    const domain = canonicalDomain(splitAddress(address)?.domain ?? '')
    if (domain === undefined) return false
    try {
      return (await this.#options.directory.lookup(domain, 'postmaster')).kind !== 'foreign'
    } catch {
      return true
    }
  }

  /** The service knows neither DSN nor DELIVERBY. */
  #outcome(verdict: EmailServiceVerdict, { envelope }: DeliveryJob): Omit<RecipientOutcome, 'recipient' | 'at'> {
    const remoteMta = 'Cloudflare Email Service'
    if (verdict.status !== 'delivered') return { ...verdict, remoteMta }
    return { ...verdict, remoteMta, success: 'relayed', ...(envelope.by === undefined ? {} : { untimed: true }) }
  }
}

const aborted: EmailServiceVerdict = {
  status: 'deferred',
  enhanced: '4.3.2',
  diagnostic: 'The attempt was broken off',
}

/** The one address in the one From field. */
function authorOf(raw: Uint8Array): string | undefined {
  const fields = parseHeader(raw).header.all('from')
  if (fields.length !== 1) return undefined
  const authors = flattenAddresses(parseAddressList(fields[0] as string))
  return authors.length === 1 ? authors[0]?.address : undefined
}
