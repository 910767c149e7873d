/**
 * What of a judged message goes into the report to its author's domain.
 *
 * Standards: RFC 9990 §3.1.1 (what is told), §3.1.3 (which signatures first), §3.1.6 (why a policy was not followed).
 * Security: domains, addresses of hosts and our own words; no address of a person, no content (RFC 9990 §7.2).
 */
import type { Judgement } from '../arrival/index.ts'
import { type DmarcReportRow, mailtoAddress, type ReportedPolicy, type ReportedResult } from '../format/index.ts'
import type { DkimResult } from '../protocol/dkim/index.ts'
import type { DmarcRecord, ReportUri } from '../protocol/dmarc/index.ts'
import { asciiDomain } from '../protocol/dns/index.ts'
import { formatIpAddress, parseIpAddress } from '../protocol/spf/index.ts'

export interface Observation {
  /** Milliseconds since the epoch. */
  at: number
  policy: ReportedPolicy
  /** Where that domain wants its reports. */
  uris: ReportUri[]
  row: Omit<DmarcReportRow, 'count'>
}

const longestComment = 200

/**
 * Undefined when nobody wants to hear of it: the domain asks for no reports by mail, the client's address is not known, or the
 * message was put off (`reply`) and will come again.
 */
export function observe(judgement: Judgement, reply: { code: number }): Observation | undefined {
  const { dmarc, clientAddress, at } = judgement
  const { record, policyDomain } = dmarc
  const source = clientAddress === undefined ? undefined : parseIpAddress(clientAddress)
  if (record === undefined || policyDomain === undefined || source === undefined) return undefined
  if (reply.code >= 400 && reply.code < 500) return undefined
  const uris = record.aggregateReports.filter(({ uri }) => mailtoAddress(uri) !== undefined)
  if (!record.applies || uris.length === 0) return undefined
  const { override, reversePath, spf } = judgement
  const envelopeFrom = reversePath === '' ? '' : asciiDomain(reversePath.slice(reversePath.lastIndexOf('@') + 1))
  const row: Observation['row'] = {
    source: formatIpAddress(source),
    disposition: dispositionOf(judgement),
    dkim: dmarc.aligned.dkim,
    spf: dmarc.aligned.spf,
    reasons: override === undefined ? [] : [{ type: override.type, comment: override.comment }],
    headerFrom: dmarc.domain,
    ...(envelopeFrom !== undefined && { envelopeFrom }),
    dkimResults: signatures(judgement),
    // Where there is no reverse-path, the host's name stands in its place (RFC 7208 §2.4).
    spfResults: spf === undefined || spf.domain === '' ? [] : [resultOf({ ...spf, scope: 'mfrom' })],
  }
  const followed = dmarc.status === 'pass' || dmarc.policy === undefined || dmarc.policy === judgement.disposition
  if (!followed && override === undefined) row.reasons.push({ type: 'other', comment: short(dmarc.reason) })
  return { at, policy: published(policyDomain, record), uris, row }
}

function dispositionOf({ dmarc, disposition }: Judgement): string {
  return dmarc.status === 'pass' && dmarc.policy !== undefined && dmarc.policy !== 'none' ? 'pass' : disposition
}

function published(domain: string, record: DmarcRecord): ReportedPolicy {
  return {
    domain,
    discovery: 'treewalk',
    policy: record.policy,
    subdomainPolicy: record.subdomainPolicy,
    nonexistentPolicy: record.nonexistentPolicy,
    failureOptions: record.failureOptions.filter((option) => /^[01ds]$/.test(option)).join(':') || '0',
    dkimAlignment: record.dkimAlignment,
    spfAlignment: record.spfAlignment,
    testing: record.testing,
  }
}

/** Those that pass first, and the author's own before others. */
function signatures({ dkim, dmarc: { domain, organizationalDomain = domain } }: Judgement): ReportedResult[] {
  const rank = ({ status, domain: signer = '' }: DkimResult) => {
    if (status !== 'pass') return 3
    if (signer === domain) return 0
    return signer === organizationalDomain || signer.endsWith(`.${organizationalDomain}`) ? 1 : 2
  }
  return dkim
    .toSorted((one, other) => rank(one) - rank(other))
    .flatMap(({ status, domain: signer, selector, reason }) =>
      signer === undefined || selector === undefined ? [] : [resultOf({ domain: signer, selector, status, reason })],
    )
}

function resultOf(result: {
  domain: string
  selector?: string
  scope?: string
  status: string
  reason?: string | undefined
}): ReportedResult {
  const { domain, selector, scope, status, reason } = result
  return {
    domain,
    ...(selector !== undefined && { selector }),
    ...(scope !== undefined && { scope }),
    result: status,
    ...(status !== 'pass' && status !== 'none' && reason !== undefined && { comment: short(reason) }),
  }
}

function short(text: string): string {
  return text.slice(0, longestComment)
}
