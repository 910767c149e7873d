/**
 * The agent for the open Internet: finds the hosts that take a domain's mail and hands them to the dialer.
 *
 * Standards: RFC 5321 §5 (targets, order, loops), §4.1.3 (address literals), RFC 7505 (null MX), RFC 3463 (5.1.2, 5.1.10,
 * 5.4.4, 5.4.6, 4.4.3), RFC 7435 (opportunistic TLS).
 * Limits: ten hosts (`resolveMx`) of four addresses; a zone must not make us dial hundreds.
 */
import { type DnsResolver, type MailHost, resolveMx } from '../protocol/dns/index.ts'
import type { DeliveryAgent, DeliveryJob, RecipientOutcome } from '../queue/index.ts'
import { dial, uniform } from './dial.ts'
import type { Dialer, EgressTarget, TlsPolicy } from './dialer.ts'
import { expand, isUnreachable, v4 } from './reachable-address.ts'

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
  /** Default opportunistic. */
  tls?: TlsPolicy
  /** Dial loopback and link-local addresses too. Default: only on another port than 25, where tests and tunnels live. */
  loopback?: boolean
}

const maxAddresses = 4

type Failure = { status: 'deferred' | 'bounced'; enhanced: string; diagnostic: string }

export class MxAgent implements DeliveryAgent {
  readonly #options: MxAgentOptions

  constructor(options: MxAgentOptions) {
    this.#options = options
  }

  async deliver(job: DeliveryJob, signal?: AbortSignal): Promise<RecipientOutcome[]> {
    const targets = job.domain.startsWith('[') ? this.#literal(job.domain) : await this.#targets(job.domain)
    if (!Array.isArray(targets)) return uniform(job, { ...targets, at: this.#options.clock() })
    const { dialer, hostname, clock } = this.#options
    return dial(dialer, { hostname, targets }, job, clock, signal)
  }

  async #targets(domain: string): Promise<EgressTarget[] | Failure> {
    const { dns, random } = this.#options
    const found = await resolveMx(domain, dns, random)
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
    const looked = await Promise.all(hosts.map((host) => this.#target(host)))
    const targets = looked.filter((target) => target !== undefined && target !== 'failed')
    if (targets.length > 0) return targets
    if (looked.includes('failed')) {
      return deferred('4.4.3', `The addresses of the mail servers of ${domain} could not be looked up`)
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

  async #target({ host }: MailHost): Promise<EgressTarget | 'failed' | undefined> {
    const { dns } = this.#options
    const [six, four] = await Promise.all([dns.resolve(host, 'AAAA'), dns.resolve(host, 'A')])
    const addresses = interleave(
      six.status === 'found' ? six.records : [],
      four.status === 'found' ? four.records : [],
    ).filter((address) => this.#mayDial(address))
    if (addresses.length > 0) return this.#at(host, addresses.slice(0, maxAddresses))
    return six.status === 'failed' || four.status === 'failed' ? 'failed' : undefined
  }

  #literal(domain: string): EgressTarget[] | Failure {
    const address = domain.slice(1, -1).replace(/^ipv6:/i, '')
    const sound = domain.toLowerCase().startsWith('[ipv6:') ? expand(address) !== undefined : v4(address) !== undefined
    if (!sound) return bounced('5.1.2', `${domain} is not an address literal that we can use`)
    if (!this.#mayDial(address)) return bounced('5.4.4', `${domain} cannot be reached from here`)
    return [this.#at(domain, [address])]
  }

  #at(host: string, addresses: string[]): EgressTarget {
    return { host, port: this.#options.port ?? 25, addresses, tls: this.#options.tls ?? 'opportunistic' }
  }

  #mayDial(address: string): boolean {
    return (this.#options.loopback ?? (this.#options.port ?? 25) !== 25) || !isUnreachable(address)
  }
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
