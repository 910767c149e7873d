/**
 * The hosts that may have a message, each with the TLS it must show; afterwards, what became of that.
 *
 * Standards: RFC 8461 §5 (hosts outside of the policy are not used), RFC 8460 §4.3 (what is counted), RFC 8689 §4.2.1 (a
 * message that needs TLS and cannot have it is returned: 5.7.10, 5.7.30).
 */
import type { TlsFailureType, TlsReportPolicy } from '../format/index.ts'
import type { RecipientOutcome } from '../queue/index.ts'
import type { EgressSession, EgressTarget } from './dialer.ts'
import { type SecuredHost, type Security, type SecurityContext, securityOf } from './transport-security.ts'

/** How one connection to a host fared under the policy that applied; without a problem: as that policy wants it. */
export interface TlsSessionResult {
  policy: TlsReportPolicy
  problem?: TlsFailureType
  mx?: string
  address?: string
  /** More about the problem, in a few words. */
  reason?: string
}

export interface LocatedHost extends SecuredHost {
  addresses: string[]
}

interface Use {
  security: Security & { kind: 'use' }
  target: EgressTarget
}

export class SecuredTargets {
  readonly #context: SecurityContext
  readonly #uses: Use[] = []
  readonly #refusals: string[] = []
  #unfit = false
  /** Known before anybody is dialled. */
  readonly results: TlsSessionResult[] = []

  static async of(hosts: readonly LocatedHost[], context: SecurityContext): Promise<SecuredTargets> {
    const found = new SecuredTargets(context)
    const all = await Promise.all(hosts.map((host) => securityOf(host, context)))
    for (const [index, security] of all.entries()) found.#add(hosts[index] as LocatedHost, security)
    const { failure } = context.sts
    if (failure !== undefined) {
      const policy = { type: 'sts' as const, domain: context.domain, text: [], mxHosts: [] }
      found.results.push({ policy, problem: failure.type, reason: failure.reason })
    }
    return found
  }

  private constructor(context: SecurityContext) {
    this.#context = context
  }

  get targets(): EgressTarget[] {
    return this.#uses.map(({ target }) => target)
  }

  /** Why there is no target. */
  get refusal(): Pick<RecipientOutcome, 'status' | 'diagnostic'> & { enhanced: string; diagnostic: string } {
    const { domain, wish } = this.#context
    const reasons = this.#refusals.join('; ')
    // What a policy forbids today may be put right tomorrow; what the message needs is not there.
    if (this.#unfit && wish === 'required') {
      const diagnostic = `The message may only go over verified TLS, and that cannot be had for ${domain}: ${reasons}`
      return { status: 'bounced', enhanced: '5.7.30', diagnostic }
    }
    const diagnostic = `No mail server of ${domain} can be used safely: ${reasons}`
    return { status: 'deferred', enhanced: '4.7.5', diagnostic }
  }

  #add(host: LocatedHost, security: Security): void {
    if (security.kind === 'use') {
      const target: EgressTarget = {
        host: host.host,
        port: host.port,
        addresses: host.addresses,
        ...security.tls,
      }
      this.#uses.push({ security, target })
      return
    }
    this.#refusals.push(security.reason)
    if (security.kind === 'unfit') this.#unfit = true
    else {
      const { applied: policy, problem, reason } = security
      this.results.push({ policy, problem, mx: host.host, reason })
    }
  }

  /** What reports say of the connections that were opened. */
  resultsOf(sessions: readonly EgressSession[]): TlsSessionResult[] {
    return sessions.flatMap((session): TlsSessionResult[] => {
      const use = this.#uses.find(({ target }) => target.host === session.host)
      if (use === undefined) return []
      const policy = use.security.applied
      const problem = problemUnder(use, session)
      const { host: mx, address } = session
      if (problem !== undefined) return [{ policy, problem, mx, address }]
      if (use.security.unlisted)
        return [{ policy, problem: 'validation-failure', mx, address, reason: 'the host is not in the policy' }]
      return [{ policy }]
    })
  }

  /** Names the policy that vouched for a host, or that kept the message back. */
  explain(outcome: RecipientOutcome): RecipientOutcome {
    const { wish, domain } = this.#context
    if (outcome.status === 'delivered') {
      const applied = this.#uses.find(({ target }) => target.host === outcome.remoteMta)?.security
      if (outcome.tls?.verifiedBy !== 'pkix' || applied?.applied.type !== 'sts' || applied.unlisted) return outcome
      return { ...outcome, tls: { ...outcome.tls, verifiedBy: 'mta-sts' } }
    }
    const forTls = outcome.status === 'deferred' && outcome.reply === undefined && isTlsStatus(outcome.enhanced)
    if (!forTls) return outcome
    const why = outcome.diagnostic ?? 'TLS failed'
    if (wish === 'required') {
      const diagnostic = `The message may only go over verified TLS: ${why}`
      return { ...outcome, status: 'bounced', enhanced: '5.7.10', diagnostic }
    }
    const types = new Set(this.#uses.map(({ security }) => security.applied.type))
    const asked = types.has('tlsa') ? 'TLSA records of' : types.has('sts') ? 'the MTA-STS policy of' : undefined
    return asked === undefined
      ? outcome
      : { ...outcome, diagnostic: `${why} (${asked} ${domain} ask for verified TLS)` }
  }
}

/** A certificate matters only where a policy says which; without one TLS of any kind is all that is hoped for. */
function problemUnder({ security, target }: Use, session: EgressSession): TlsFailureType | undefined {
  const { type } = security.applied
  // Encrypted, but with records that nobody can use (RFC 8460 §4.3.2.1).
  if (type === 'tlsa' && target.dane === undefined) return session.encrypted ? 'tlsa-invalid' : session.problem
  if (type === 'no-policy-found' && session.encrypted) return undefined
  return session.problem
}

/** Ours for TLS that is missing or unfit. */
function isTlsStatus(enhanced: string | undefined): boolean {
  return enhanced === '4.7.4' || enhanced === '4.7.5'
}
