/**
 * What a domain's zone says of TLS to its mail servers.
 *
 * Standards: RFC 8461 §3.1 (_mta-sts), RFC 8460 §3 (_smtp._tls), RFC 7672 §3.1.1 (TLSA 3 1 1).
 */
import {
  stsPolicyId,
  type StsPolicy,
  stsRecord,
  stsRecordId,
  tlsReportDestinations,
  tlsReportRecord,
} from '../../format/index.ts'
import { reportsLocalPart } from '../../routing/index.ts'
import type { Expectation } from './expected-record.ts'

export interface TlsFacts {
  /** Names that MX records have. */
  readonly mxNames: readonly string[]
  /** The policy that we serve. */
  readonly stsPolicy?: StsPolicy
  /** SHA-256 of the mail server's public key, in hex. */
  readonly keyDigest?: string
}

export function tlsExpectations(domain: string, facts: TlsFacts, web: string): Expectation[] {
  return [...stsExpectations(domain, facts, web), reportExpectation(domain), ...tlsaExpectations(facts)]
}

function stsExpectations(domain: string, { stsPolicy }: TlsFacts, web: string): Expectation[] {
  if (stsPolicy === undefined) return []
  const id = stsPolicyId(stsPolicy)
  return [
    {
      name: `_mta-sts.${domain}`,
      type: 'TXT',
      value: stsRecord(id),
      purpose: 'MTA-STS: that there is a policy; to be changed with it',
      required: true,
      concerns: (record) => /^v=STSv1\b/.test(record),
      fits: (records) => stsRecordId(records) === id,
    },
    {
      name: `mta-sts.${domain}`,
      type: 'CNAME',
      value: web,
      purpose: 'MTA-STS: where the policy is, over HTTPS with a certificate for this name',
      required: true,
      // What it leads to is the operator's knowledge: a proxy in front, or an address.
      ask: 'A',
      fits: () => true,
    },
  ]
}

function reportExpectation(domain: string): Expectation {
  return {
    name: `_smtp._tls.${domain}`,
    type: 'TXT',
    value: tlsReportRecord(`${reportsLocalPart}@${domain}`),
    purpose: 'TLS reports: whom other servers tell of trouble with ours',
    required: false,
    concerns: (record) => /^v=TLSRPTv1\b/.test(record),
    fits: (records) => tlsReportDestinations(records).length > 0,
  }
}

function tlsaExpectations({ mxNames, keyDigest }: TlsFacts): Expectation[] {
  if (keyDigest === undefined) return []
  return concrete(mxNames).map((name) => ({
    name: `_25._tcp.${name}`,
    type: 'TLSA',
    value: `3 1 1 ${keyDigest}`,
    purpose: "DANE: the mail server's key; only in a zone with DNSSEC, and changed before the key is",
    required: false,
    fits: (records) => records.includes(`3 1 1 ${keyDigest}`),
  }))
}

/** Names without a wildcard. */
export function concrete(mxNames: readonly string[]): string[] {
  return mxNames.filter((name) => !name.startsWith('*'))
}
