/**
 * The agent for the open Internet: finds the hosts that take a domain's mail and hands them to the dialer.
 *
 * Standards: RFC 5321 §5 (targets, order, loops), §4.1.3 (address literals), RFC 7505 (null MX), RFC 3463 (5.1.2, 5.1.10,
 * 5.4.4, 5.4.6, 4.4.3), RFC 7435 (opportunistic TLS), RFC 8689 §4.2 (what a message says about TLS).
 * Limits: ten hosts (`resolveMx`) of four addresses; a zone must not make us dial hundreds.
 */
import { parseHeader } from '../format/index.ts'
import { type DnsResolver, type MailHost, resolveMx } from '../protocol/dns/index.ts'
import type { DeliveryAgent, DeliveryJob, RecipientOutcome } from '../queue/index.ts'
import { dial, uniform } from './dial.ts'
import type { Dialer, EgressTarget, TlsPolicy } from './dialer.ts'
import { expand, isPrivateAddress, v4 } from './reachable-address.ts'
import { type LocatedHost, SecuredTargets, type TlsSessionResult } from './secured-targets.ts'
import type { StsFinding, StsPolicies } from './sts-policies.ts'
import type { TlsWish } from './transport-security.ts'

export interface MxAgentOptions {
  dns: DnsResolver
  dialer: Dialer
  /** 0 ≤ n < 1: spreads load over equal preferences. */
  random: () => number
  /** Milliseconds since the epoch. */
  clock: () => number
  /** Our EHLO name. An MX that names it (or one of `ownNames`) leads back to us. */
  hostname: string
  ownNames?: readonly string[]
  /** Default 25. */
  port?: number
  /** Where neither DANE nor MTA-STS applies. Default opportunistic. */
  tls?: TlsPolicy
  /** What the resolver says is authentic is believed, so that TLSA records count. */
  dane?: boolean
  /** Absent: MTA-STS is not looked at. */
  sts?: Pick<StsPolicies, 'find'>
  /** Told how TLS went with the mail servers of `domain`. */
  tlsResults?: (domain: string, results: readonly TlsSessionResult[]) => void
  /** Dial loopback and private addresses too. Default: only on another port than 25, where tests and tunnels live. */
  toPrivate?: boolean
}

const maxAddresses = 4
const noPolicy: StsFinding = {}

type Failure = { status: 'deferred' | 'bounced'; enhanced: string; diagnostic: string }

export class MxAgent implements DeliveryAgent {
  readonly #options: MxAgentOptions

  constructor(options: MxAgentOptions) {
    this.#options = options
  }

  async deliver(job: DeliveryJob, signal?: AbortSignal): Promise<RecipientOutcome[]> {
    const { dialer, hostname, clock, tlsResults } = this.#options
    const at = clock()
    if (job.domain.startsWith('[')) {
      const targets = this.#literal(job.domain, envelopeWish(job))
      if (!Array.isArray(targets)) return uniform(job, { ...targets, at })
      return dial(dialer, { hostname, targets }, job, clock, signal)
    }
    const secured = await this.#targets(job)
    if (!(secured instanceof SecuredTargets)) return uniform(job, { ...secured, at })
    const { targets, results } = secured
    if (results.length > 0) tlsResults?.(job.domain, results)
    if (targets.length === 0) return uniform(job, { ...secured.refusal, at })
    const observed: Dialer = {
      async send(...what) {
        const result = await dialer.send(...what)
        if (result.sessions !== undefined && !isTlsReport(job)) {
          tlsResults?.(job.domain, secured.resultsOf(result.sessions))
        }
        return result
      },
    }
    const outcomes = await dial(observed, { hostname, targets }, job, clock, signal)
    return outcomes.map((outcome) => secured.explain(outcome))
  }

  async #targets(job: DeliveryJob): Promise<SecuredTargets | Failure> {
    const { domain } = job
    const { dns, random, sts, tls } = this.#options
    const [found, policy] = await Promise.all([resolveMx(domain, dns, random), sts?.find(domain) ?? noPolicy])
    switch (found.kind) {
      case 'failed':
        return deferred('4.4.3', `The mail servers of ${domain} could not be looked up: ${found.reason}`)
      case 'nonexistent':
        return bounced('5.1.2', `There is no domain ${domain}`)
      case 'null-mx':
        return bounced('5.1.10', `${domain} takes no mail (its MX record says so)`)
      case 'unusable':
        return bounced('5.4.4', `${domain} cannot take mail: ${found.reason}`)
      case 'hosts':
        break
    }
    const hosts = this.#withoutUs(found.hosts)
    if (hosts.length === 0) {
      return bounced('5.4.6', `The mail servers of ${domain} lead back to this one, which does not take its mail`)
    }
    const looked = await Promise.all(hosts.map((host) => this.#locate(host)))
    const located = looked.filter((host): host is LocatedHost => host !== undefined && !('unknown' in host))
    if (located.length > 0) {
      const authentic = this.#options.dane === true && found.authentic
      // Without a policy there is nothing to waive, and no reason to read the header.
      const wish = authentic || policy.policy !== undefined ? wishOf(job) : envelopeWish(job)
      const context = { dns, domain, wish, sts: policy, authentic, usual: tls ?? 'opportunistic' }
      return SecuredTargets.of(located, context)
    }
    const failed = looked.find((host) => host !== undefined && 'unknown' in host)
    if (failed !== undefined) {
      return deferred(
        '4.4.3',
        `The addresses of the mail servers of ${domain} could not be looked up: ${failed.unknown}`,
      )
    }
    return found.implicit
      ? bounced('5.1.2', `${domain} has neither a mail server nor an address of its own`)
      : bounced('5.4.4', `None of the mail servers of ${domain} has an address that can be reached`)
  }

  /** RFC 5321 §5.1: where we are in the list, we and everything no better than us must not be tried. */
  #withoutUs(hosts: readonly MailHost[]): MailHost[] {
    const own = new Set([this.#options.hostname, ...(this.#options.ownNames ?? [])].map((name) => name.toLowerCase()))
    const ours = hosts.filter(({ host }) => own.has(host)).map(({ preference }) => preference)
    return ours.length === 0 ? [...hosts] : hosts.filter(({ preference }) => preference < Math.min(...ours))
  }

  async #locate({ host }: MailHost): Promise<LocatedHost | UnknownHost | undefined> {
    const { dns } = this.#options
    const [six, four] = await Promise.all([dns.resolve(host, 'AAAA'), dns.resolve(host, 'A')])
    const found = [six, four].filter((answer) => answer.status === 'found')
    const addresses = interleave(
      six.status === 'found' ? six.records : [],
      four.status === 'found' ? four.records : [],
    ).filter((address) => this.#mayDial(address))
    if (addresses.length > 0) {
      return {
        host,
        port: this.#port,
        addresses: addresses.slice(0, maxAddresses),
        authentic: found.every(({ authentic }) => authentic),
        expanded: found[0]?.name ?? host,
      }
    }
    const failed = [six, four].find((answer) => answer.status === 'failed')
    return failed === undefined ? undefined : { unknown: failed.reason }
  }

  #literal(domain: string, wish: TlsWish): EgressTarget[] | Failure {
    const address = domain.slice(1, -1).replace(/^ipv6:/i, '')
    const sound = domain.toLowerCase().startsWith('[ipv6:') ? expand(address) !== undefined : v4(address) !== undefined
    if (!sound) return bounced('5.1.2', `${domain} is not an address literal that we can use`)
    if (!this.#mayDial(address)) return bounced('5.4.4', `${domain} cannot be reached from here`)
    if (wish === 'required') return bounced('5.7.30', `${domain} has no name that verified TLS could be for`)
    return [{ host: domain, port: this.#port, addresses: [address], tls: this.#options.tls ?? 'opportunistic' }]
  }

  get #port(): number {
    return this.#options.port ?? 25
  }

  #mayDial(address: string): boolean {
    return this.#options.toPrivate === true || this.#port !== 25 || !isPrivateAddress(address)
  }
}

/** The DNS does not tell its addresses now. */
interface UnknownHost {
  /** Why. */
  unknown: string
}

/** A report of what needed TLS had better arrive without than not at all (RFC 8689 §5). */
function envelopeWish({ envelope }: DeliveryJob): TlsWish {
  return envelope.requireTls === true && envelope.reversePath !== '' ? 'required' : 'policy'
}

/** The header field counts only where the envelope does not say the contrary, and when there is one (RFC 8689 §3, §4.1). */
function wishOf(job: DeliveryJob): TlsWish {
  if (job.envelope.requireTls === true) return envelopeWish(job)
  const values = parseHeader(job.raw).header.all('tls-required')
  return values.length === 1 && values[0]?.trim().toLowerCase() === 'no' ? 'waived' : 'policy'
}

/** Reports are not reported on (RFC 8460 §3). */
function isTlsReport({ envelope, raw }: DeliveryJob): boolean {
  return envelope.reversePath === '' && parseHeader(raw).header.has('tls-report-domain')
}

/** IPv6 and IPv4 in turn, so that a host without one of them is reached at the second try (in the spirit of RFC 8305). */
function interleave(six: readonly string[], four: readonly string[]): string[] {
  const all: string[] = []
  for (let i = 0; i < Math.max(six.length, four.length); i++) {
    for (const address of [six[i], four[i]]) if (address !== undefined) all.push(address)
  }
  return all
}

function bounced(enhanced: string, diagnostic: string): Failure {
  return { status: 'bounced', enhanced, diagnostic }
}

function deferred(enhanced: string, diagnostic: string): Failure {
  return { status: 'deferred', enhanced, diagnostic }
}
