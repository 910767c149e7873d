/**
 * Which TLSA records a mail server's certificates must fit.
 *
 * Standards: RFC 7672 §2.2 (when DANE applies), §2.1.3 (CNAMEs), §3.1 (usages), RFC 7671 §9 (digest agility), RFC 6698 §3.
 * Security: only what the resolver validated (AD) counts, along the whole way: MX, addresses, records. The resolver is
 * trusted for that: it is reached over HTTPS, or is this machine.
 */
import { encodeBase64 } from '../format/index.ts'
import type { DnsResolver, TlsaRecord } from '../protocol/dns/index.ts'
import type { DaneReference } from './dialer.ts'

export type TlsaFinding =
  /** The zone says nothing, or nothing that can be trusted. */
  | { kind: 'none' }
  /** There are records and none that can be used: TLS, whatever the certificate (RFC 7672 §2.2). */
  | { kind: 'unusable'; text: string[] }
  | { kind: 'records'; reference: DaneReference; text: string[] }
  /** Not to be told from somebody's withholding them: the host must not be used now (RFC 7672 §2.1.2). */
  | { kind: 'failed'; reason: string }

export interface TlsaQuestion {
  dns: DnsResolver
  host: string
  /** Where CNAMEs led the address lookup. */
  expanded: string
  port: number
  /** The recipients' domain. */
  domain: string
}

/** For a host whose MX and addresses are authentic. */
export async function findTlsa({ dns, host, expanded, port, domain }: TlsaQuestion): Promise<TlsaFinding> {
  const bases = expanded === host ? [host] : [expanded, host]
  for (const base of bases) {
    const answer = await dns.resolve(`_${port}._tcp.${base}`, 'TLSA')
    if (answer.status === 'failed') return { kind: 'failed', reason: answer.reason }
    if (answer.status !== 'found' || !answer.authentic) continue
    const text = answer.records.map(tlsaText)
    const usable = strongest(answer.records.filter(isUsable))
    if (usable.length === 0) return { kind: 'unusable', text }
    const records = usable.map(({ usage, selector, matchingType, certificate }) => ({
      usage,
      selector,
      matchingType,
      data: encodeBase64(certificate),
    }))
    return { kind: 'records', reference: { records, names: [...new Set([base, host, domain])] }, text }
  }
  return { kind: 'none' }
}

/** As a zone file and a report have it: `3 1 1 0123…`. */
export function tlsaText({ usage, selector, matchingType, certificate }: TlsaRecord): string {
  const hex = Array.from(certificate, (octet) => octet.toString(16).padStart(2, '0')).join('')
  return `${usage} ${selector} ${matchingType} ${hex}`
}

const digestLengths = [undefined, 32, 64] as const

function isUsable({ usage, selector, matchingType, certificate }: TlsaRecord): boolean {
  if ((usage !== 2 && usage !== 3) || selector > 1 || matchingType > 2 || certificate.length === 0) return false
  const length = digestLengths[matchingType]
  return length === undefined || certificate.length === length
}

/** Of one usage and selector, digests of the strongest kind only; whole certificates and keys beside them (RFC 7671 §9). */
function strongest(records: readonly TlsaRecord[]): TlsaRecord[] {
  return records.filter(
    (record) =>
      record.matchingType !== 1 ||
      !records.some(
        ({ usage, selector, matchingType }) =>
          matchingType === 2 && usage === record.usage && selector === record.selector,
      ),
  )
}
