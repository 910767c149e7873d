/**
 * What a mail server must show before mail goes there: DANE before MTA-STS before what the operator says.
 *
 * Standards: RFC 7672 §2.2, RFC 8461 §4 and §2 (MTA-STS must not override DANE), RFC 8689 §2 and §4.2.1 (REQUIRETLS: a
 * validated MX and verified TLS), §4.2.2 (TLS-Required: No).
 */
import { stsAllows, stsPolicyLines, type TlsReportPolicy } from '../format/index.ts'
import type { DnsResolver } from '../protocol/dns/index.ts'
import type { EgressTarget, TlsPolicy } from './dialer.ts'
import type { StsFinding } from './sts-policies.ts'
import { findTlsa } from './tlsa.ts'

/**
 * `required`: the message goes over verified TLS or not at all; `waived`: its sender wants it delivered whatever policies
 * say; `policy`: as the destination wants it.
 */
export type TlsWish = 'required' | 'policy' | 'waived'

export interface SecurityContext {
  dns: DnsResolver
  domain: string
  wish: TlsWish
  sts: StsFinding
  /** The MX answer is authentic. */
  authentic: boolean
  /** Where neither the destination nor the message wants anything. */
  usual: TlsPolicy
}

export interface SecuredHost {
  host: string
  port: number
  /** The address answers are authentic, and where CNAMEs led. */
  authentic: boolean
  expanded: string
}

export type Security =
  | {
      kind: 'use'
      tls: Pick<EgressTarget, 'tls' | 'dane'>
      /** What reports say was applied. */
      applied: TlsReportPolicy
      /** A policy that is only being tested, or that the sender waived, would not have the host. */
      unlisted: boolean
    }
  /** `permanent`: another day will not help. `problem` for reports. */
  | { kind: 'avoid'; reason: string; applied: TlsReportPolicy; problem: 'dnssec-invalid' | 'validation-failure' }
  /** The message asks for more than this host has; nothing to report to anyone. */
  | { kind: 'unfit'; reason: string }

export async function securityOf(host: SecuredHost, context: SecurityContext): Promise<Security> {
  const { dns, domain, wish, sts, usual } = context
  const { policy } = sts
  const tlsa =
    context.authentic && host.authentic
      ? await findTlsa({ dns, host: host.host, expanded: host.expanded, port: host.port, domain })
      : ({ kind: 'none' } as const)
  const waived = wish === 'waived'
  if (tlsa.kind === 'failed' && !waived) {
    const reason = `the TLSA records of ${host.host} could not be looked up: ${tlsa.reason}`
    return { kind: 'avoid', reason, applied: report('tlsa', domain), problem: 'dnssec-invalid' }
  }
  if (tlsa.kind === 'records' || tlsa.kind === 'unusable') {
    const applied = report('tlsa', domain, tlsa.text)
    if (waived) return use({ tls: usual }, applied)
    if (tlsa.kind === 'records') return use({ tls: 'dane', dane: tlsa.reference }, applied)
    return use({ tls: wish === 'required' ? 'required' : 'encrypted' }, applied)
  }
  if (policy === undefined) {
    const applied = report('no-policy-found', domain)
    if (wish !== 'required') return use({ tls: usual }, applied)
    // The names of its mail servers could be anyone's.
    if (context.authentic) return use({ tls: 'required' }, applied)
    return { kind: 'unfit', reason: `neither DNSSEC nor MTA-STS vouches for ${host.host}` }
  }
  const applied = report('sts', domain, stsPolicyLines(policy), policy.mx)
  const listed = stsAllows(policy, host.host)
  if (wish === 'required') {
    if (listed || context.authentic) return use({ tls: 'required' }, applied)
    return { kind: 'unfit', reason: `${host.host} is not in the MTA-STS policy` }
  }
  if (policy.mode !== 'enforce' || waived) return { ...use({ tls: usual }, applied), unlisted: !listed }
  if (listed) return use({ tls: 'required' }, applied)
  const reason = `${host.host} is not in the MTA-STS policy of ${domain}`
  return { kind: 'avoid', reason, applied, problem: 'validation-failure' }
}

function use(tls: Pick<EgressTarget, 'tls' | 'dane'>, applied: TlsReportPolicy): Security & { kind: 'use' } {
  return { kind: 'use', tls, applied, unlisted: false }
}

function report(
  type: TlsReportPolicy['type'],
  domain: string,
  text: string[] = [],
  mxHosts: string[] = [],
): TlsReportPolicy {
  return { type, domain, text, mxHosts }
}
