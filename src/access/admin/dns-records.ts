/**
 * What a domain's zone must say for its mail to work and to be believed, and whether the DNS says it.
 *
 * Standards: RFC 5321 §5.1 (MX), RFC 7208 (SPF), RFC 6376 (DKIM), RFC 9989 (DMARC), RFC 6186 and RFC 8314 §5.1 (where mail
 * apps connect), RFC 8620 §2.2 (JMAP).
 */
import { tlsaText } from '../../delivery/index.ts'
import { parseDmarcRecord } from '../../protocol/dmarc/index.ts'
import type { DnsAnswer, DnsRecords, DnsResolver } from '../../protocol/dns/index.ts'
import { parseSpfRecord } from '../../protocol/spf/index.ts'
import { type PublishedKey, reportsLocalPart } from '../../routing/index.ts'
import type { Expectation, ExpectedRecord } from './expected-record.ts'
import { isSameKey, recordName } from './signing.ts'
import { concrete, tlsExpectations, type TlsFacts } from './tls-records.ts'

/**
 * `found`: the DNS says it, perhaps in other words that serve as well; `missing`: it says nothing; `different`: it says
 * something else; `unknown`: it does not answer now.
 */
export interface CheckedRecord extends ExpectedRecord {
  readonly status: 'found' | 'missing' | 'different' | 'unknown'
  /** What the DNS has instead. */
  readonly present: readonly string[]
}

export interface ZoneFacts {
  readonly domain: string
  /** Our name, to which the MX record points. */
  readonly hostname: string
  readonly keys: readonly PublishedKey[]
  readonly tls: TlsFacts
  /** The host that serves the web. */
  readonly web: string
}

export function expectedRecords(facts: ZoneFacts): ExpectedRecord[] {
  return expectations(facts).map(plain)
}

export async function checkRecords(facts: ZoneFacts, dns: Pick<DnsResolver, 'resolve'>): Promise<CheckedRecord[]> {
  return Promise.all(
    expectations(facts).map(async (expectation): Promise<CheckedRecord> => {
      const answer = await dns.resolve(expectation.name, expectation.ask ?? expectation.type)
      if (answer.status === 'failed') return { ...plain(expectation), status: 'unknown', present: [] }
      const present = texts(answer).filter(expectation.concerns ?? (() => true))
      const status = present.length === 0 ? 'missing' : expectation.fits(present) ? 'found' : 'different'
      return { ...plain(expectation), status, present }
    }),
  )
}

function expectations({ domain, hostname, keys, tls, web }: ZoneFacts): Expectation[] {
  return [
    ...concrete(tls.mxNames).map((name): Expectation => ({
      name: domain,
      type: 'MX',
      value: `10 ${name}`,
      purpose: 'where mail for the domain goes',
      required: true,
      fits: (records) => records.some((record) => record.endsWith(` ${name}`)),
    })),
    {
      name: domain,
      type: 'TXT',
      value: 'v=spf1 mx ~all',
      purpose: 'SPF: which servers send for the domain',
      required: true,
      concerns: (record) => /^v=spf1(?: |$)/i.test(record),
      // Two records are an error (RFC 7208 §4.5); what is in one is the operator's knowledge.
      fits: ([record, ...more]) => more.length === 0 && record !== undefined && !('status' in parseSpfRecord(record)),
    },
    ...keys.filter(({ state }) => state !== 'retired').map((key) => keyExpectation(key, domain)),
    {
      name: `_dmarc.${domain}`,
      type: 'TXT',
      value: `v=DMARC1; p=quarantine; rua=mailto:${reportsLocalPart}@${domain}`,
      purpose: 'DMARC: what receivers do with forged mail, and whom they tell',
      required: true,
      concerns: (record) => /^v\s*=\s*DMARC1\b/.test(record),
      fits: ([record, ...more]) => more.length === 0 && record !== undefined && parseDmarcRecord(record) !== undefined,
    },
    ...tlsExpectations(domain, tls, web),
    ...services.map((service) => serviceExpectation(service, domain, hostname)),
  ]
}

function keyExpectation(key: PublishedKey, domain: string): Expectation {
  return {
    name: recordName(key.selector, domain),
    type: 'TXT',
    value: key.record,
    purpose: key.state === 'next' ? 'DKIM: the key that signs next' : 'DKIM: the key that signs',
    required: true,
    fits: (records) => records.some((record) => isSameKey(record, key.record)),
  }
}

const services = [
  { service: 'submissions', port: 465, purpose: 'mail apps find where to send' },
  { service: 'imaps', port: 993, purpose: 'mail apps find where to read' },
  { service: 'jmap', port: 443, purpose: 'JMAP apps find the server' },
] as const

function serviceExpectation(
  { service, port, purpose }: (typeof services)[number],
  domain: string,
  hostname: string,
): Expectation {
  return {
    name: `_${service}._tcp.${domain}`,
    type: 'SRV',
    value: `0 1 ${port} ${hostname}`,
    purpose,
    required: false,
    fits: (records) => records.some((record) => record.endsWith(` ${hostname}`)),
  }
}

function plain({ name, type, value, purpose, required }: Expectation): ExpectedRecord {
  return { name, type, value, purpose, required }
}

type CheckedType = ExpectedRecord['type'] | 'A'

/** Records as a zone file has them, unquoted. */
function texts(answer: DnsAnswer<CheckedType>): string[] {
  if (answer.status !== 'found') return []
  return answer.records.map((record: DnsRecords[CheckedType]) => {
    if (typeof record === 'string') return record
    if ('certificate' in record) return tlsaText(record)
    if ('exchange' in record) return `${record.preference} ${record.exchange}`
    return `${record.priority} ${record.weight} ${record.port} ${record.target}`
  })
}
