/**
 * Reports that other servers send to an address that is a person's are for the operator as well.
 *
 * Standards: RFC 9990 §3.5.2, RFC 8460 §5.3, RFC 5321 §4.5.1 (postmaster, whom zones have named for reports).
 */
import { looksLikeReport, splitAddress } from '../format/index.ts'
import type { Reply } from '../protocol/smtp/index.ts'
import { canonicalDomain, domainOfReports, reportsLocalPart } from '../routing/index.ts'
import type { Findings } from './trace-steps.ts'

const addressed: ReadonlySet<string> = new Set([reportsLocalPart, 'postmaster'])

/** Our domains at which the message was addressed to such an address, and is somewhere else than in their own books. */
export function reportCopies({ header, places = [] }: Findings, reply: Reply): string[] {
  if (reply.code >= 300 || header === undefined) return []
  const domains = new Set<string>()
  for (const { destination, recipients, status } of places) {
    if (status !== 'delivered' && status !== 'queued') continue
    // Without an alias before it, an address elsewhere is not ours.
    if (destination.kind === 'relay' && destination.via.length === 0) continue
    if (destination.kind === 'mailbox' && domainOfReports(destination.accountId) !== undefined) continue
    for (const { address } of recipients) {
      const parts = splitAddress(address)
      const domain = parts === undefined ? undefined : canonicalDomain(parts.domain)
      if (domain !== undefined && addressed.has(parts?.localPart.toLowerCase() ?? '')) domains.add(domain)
    }
  }
  return domains.size > 0 && looksLikeReport(header) ? [...domains] : []
}
