/**
 * The MTA-STS policies of destinations: fetched when they are first needed, kept for as long as they say, renewed meanwhile.
 *
 * Standards: RFC 8461 §3.3 (fetching), §5.1 (which policy applies), §10.2 (a policy in force outlives trouble with its host).
 * Limits: a policy host that fails is left alone for five minutes.
 * Security: whoever can take the TXT record or the policy host away cannot take away a policy that is in force.
 */
import { parseStsPolicy, type StsPolicy, stsRecordId } from '../format/index.ts'
import type { DnsResolver } from '../protocol/dns/index.ts'

/** The policy file's text; else why there is none, in the words of TLS reports (RFC 8460 §4.3.2). */
export type StsFetch =
  | { ok: true; text: string }
  | { ok: false; failure: 'sts-policy-fetch-error' | 'sts-webpki-invalid'; reason: string }

export interface StsPorts {
  dns: DnsResolver
  /** GETs `https://mta-sts.<domain>/.well-known/mta-sts.txt` by §3.3. Never rejects. */
  fetchPolicy(domain: string): Promise<StsFetch>
  /** One text for each domain, kept over restarts. */
  memory: { get(domain: string): string | undefined; set(domain: string, text: string): void }
  /** Milliseconds since the epoch. */
  clock: () => number
  /** Takes care of work that nobody waits for. */
  background(work: Promise<void>): void
}

export interface StsFinding {
  /** In force; never of mode `none`. */
  policy?: StsPolicy
  /** A policy is announced and cannot be had. */
  failure?: { type: 'sts-policy-fetch-error' | 'sts-webpki-invalid' | 'sts-policy-invalid'; reason: string }
}

interface KnownPolicy {
  id: string
  /** Milliseconds since the epoch. */
  fetched: number
  policy: StsPolicy
}

const minute = 60_000
const failureRest = 5 * minute
/** §3.3 would have us look once a day, so that a policy is always there for about as long as it wants to be. */
const day = 24 * 60 * minute

export class StsPolicies {
  readonly #ports: StsPorts
  readonly #known = new Map<string, KnownPolicy>()
  readonly #failures = new Map<string, { until: number; failure: NonNullable<StsFinding['failure']> }>()
  readonly #fetching = new Map<string, Promise<void>>()

  constructor(ports: StsPorts) {
    this.#ports = ports
  }

  /** What applies to mail for `domain` (lower case, A-labels) now. Waits for a policy only when none is known. */
  async find(domain: string): Promise<StsFinding> {
    const answer = await this.#ports.dns.resolve(`_mta-sts.${domain}`, 'TXT')
    const id = answer.status === 'found' ? stsRecordId(answer.records) : undefined
    const known = this.#inForce(domain)
    if (known === undefined) {
      if (id === undefined) return {}
      await this.#fetch(domain, id)
      return this.#finding(domain)
    }
    const age = this.#ports.clock() - known.fetched
    const stale = age > Math.min(day, (known.policy.maxAge * 1000) / 2)
    // §3.3: without a record the policy stays as it is, until it ends.
    if (id !== undefined && (id !== known.id || stale)) this.#ports.background(this.#fetch(domain, id))
    return this.#finding(domain)
  }

  #finding(domain: string): StsFinding {
    const policy = this.#inForce(domain)?.policy
    if (policy !== undefined) return policy.mode === 'none' ? {} : { policy }
    const failure = this.#failures.get(domain)?.failure
    return failure === undefined ? {} : { failure }
  }

  #inForce(domain: string): KnownPolicy | undefined {
    let known = this.#known.get(domain)
    if (known === undefined) {
      known = readKnown(this.#ports.memory.get(domain))
      if (known !== undefined) this.#known.set(domain, known)
    }
    if (known === undefined || this.#ports.clock() >= known.fetched + known.policy.maxAge * 1000) return undefined
    return known
  }

  /** One fetch at a time and domain. Resolves in every case. */
  #fetch(domain: string, id: string): Promise<void> {
    const failed = this.#failures.get(domain)
    if (failed !== undefined && failed.until > this.#ports.clock()) return Promise.resolve()
    const under = this.#fetching.get(domain)
    if (under !== undefined) return under
    const fetching = this.#fetchNow(domain, id).finally(() => this.#fetching.delete(domain))
    this.#fetching.set(domain, fetching)
    return fetching
  }

  async #fetchNow(domain: string, id: string): Promise<void> {
    const fetched = await this.#ports.fetchPolicy(domain)
    const now = this.#ports.clock()
    const fail = (type: NonNullable<StsFinding['failure']>['type'], reason: string) =>
      void this.#failures.set(domain, { until: now + failureRest, failure: { type, reason } })
    if (!fetched.ok) return fail(fetched.failure, fetched.reason)
    const parsed = parseStsPolicy(fetched.text)
    if (!parsed.ok) return fail('sts-policy-invalid', parsed.problem)
    const known: KnownPolicy = { id, fetched: now, policy: parsed.policy }
    this.#failures.delete(domain)
    this.#known.set(domain, known)
    this.#ports.memory.set(domain, JSON.stringify(known))
  }
}

function readKnown(text: string | undefined): KnownPolicy | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as KnownPolicy)
}
