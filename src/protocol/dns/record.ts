/**
 * What a DNS lookup asks and answers, and the port through which the rooms ask.
 *
 * Standards: RFC 1035, RFC 2308 (negative answers), RFC 3596 (AAAA), RFC 4035 §3.2.3 (AD), RFC 6698 (TLSA).
 */

export interface MxRecord {
  preference: number
  /** Lower case, without the final dot; '' is the root, which makes a null MX (RFC 7505 §3). */
  exchange: string
}

/** Where a service is (RFC 2782). */
export interface SrvRecord {
  priority: number
  weight: number
  port: number
  /** Lower case, without the final dot; '' says that there is no such service. */
  target: string
}

export interface TlsaRecord {
  usage: number
  selector: number
  matchingType: number
  certificate: Uint8Array
}

/** Record types that can be asked for, and what one record of each holds. Names are lower case without the final dot. */
export interface DnsRecords {
  A: string
  AAAA: string
  MX: MxRecord
  /** The character strings of one record joined without a gap, as SPF and DKIM want them. */
  TXT: string
  CNAME: string
  NS: string
  PTR: string
  SRV: SrvRecord
  TLSA: TlsaRecord
}

export type DnsType = keyof DnsRecords

/**
 * One answer as a value. `ttl` is in seconds: the smallest of the records used, or the negative TTL (RFC 2308 §5).
 * `authentic` says that the resolver validated it by DNSSEC (AD, RFC 4035 §3.2.3).
 * `failed` covers SERVFAIL, REFUSED, malformed answers and transports that broke: ask again later.
 */
export type DnsAnswer<Type extends DnsType = DnsType> =
  | {
      status: 'found'
      records: DnsRecords[Type][]
      /** The owner name after following CNAMEs. */
      name: string
      ttl: number
      authentic: boolean
    }
  | { status: 'nodata' | 'nxdomain'; ttl: number; authentic: boolean }
  | { status: 'failed'; reason: string }

/** Asks the DNS. Never rejects for what the network or the peer did: that is `failed`. */
export interface DnsResolver {
  resolve<Type extends DnsType>(name: string, type: Type): Promise<DnsAnswer<Type>>
}
