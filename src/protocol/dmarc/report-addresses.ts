/**
 * Where aggregate reports about a domain go: the mail addresses of its record, each asked whether it wants them when it is
 * another owner's.
 *
 * Standards: RFC 9990 §3.5 (URIs in their order; others than mailto are passed over), §4 (external destinations).
 * Limits: ten addresses; a tree walk and one question for each that is external.
 * Security: without the question anybody could have a stranger flooded with reports (RFC 9990 §4).
 */
import { mailtoAddress } from '../../format/index.ts'
import { asciiDomain, type DnsResolver } from '../dns/index.ts'
import { isDmarcRecord, parseDmarcRecord, type ReportUri } from './record.ts'
import { DmarcDirectory } from './tree-walk.ts'

export interface ReportAddress {
  address: string
  /** Octets of the largest message that it takes. */
  limit?: number
}

export interface ReportAddresses {
  addresses: ReportAddress[]
  /** The DNS did not answer for every one of them. */
  isUncertain: boolean
}

const mostAddresses = 10
const longestName = 253

/** `domain`: where the record with these URIs was found, in A-labels. */
export async function reportAddresses(
  domain: string,
  uris: readonly ReportUri[],
  dns: Pick<DnsResolver, 'resolve'>,
): Promise<ReportAddresses> {
  const directory = new DmarcDirectory(dns)
  const found: ReportAddresses = { addresses: [], isUncertain: false }
  const wanted = uris.flatMap((uri) => addressOf(uri) ?? []).slice(0, mostAddresses)
  const allowed = await Promise.all(wanted.map((address) => allowedFor(domain, address, directory, dns)))
  for (const one of allowed) {
    if (one === 'uncertain') found.isUncertain = true
    else if (one !== undefined && !found.addresses.some(({ address }) => address === one.address)) {
      found.addresses.push(one)
    }
  }
  return found
}

/** Where the owner of `host` says that it wants reports about `domain`; undefined: no name can be that long. */
export function externalDestinationName(domain: string, host: string): string | undefined {
  const name = `${domain}._report._dmarc.${host}`
  return name.length > longestName ? undefined : name
}

function addressOf({ uri, limit }: ReportUri): ReportAddress | undefined {
  const address = mailtoAddress(uri)
  return address === undefined ? undefined : { address, ...(limit !== undefined && { limit }) }
}

/** Undefined: not wanted there. */
async function allowedFor(
  domain: string,
  wanted: ReportAddress,
  directory: DmarcDirectory,
  dns: Pick<DnsResolver, 'resolve'>,
): Promise<ReportAddress | undefined | 'uncertain'> {
  const host = hostOf(wanted.address)
  if (host === undefined) return undefined
  if (host === domain) return wanted
  const [own, other] = await Promise.all([directory.organizationalDomain(domain), directory.organizationalDomain(host)])
  if (own === undefined || other === undefined) return 'uncertain'
  if (own === other) return wanted
  const name = externalDestinationName(domain, host)
  if (name === undefined) return undefined
  const answer = await dns.resolve(name, 'TXT')
  if (answer.status === 'failed') return 'uncertain'
  if (answer.status !== 'found') return undefined
  const records = answer.records.filter(isDmarcRecord)
  if (records.length === 0) return undefined
  // The owner may name another address of its own, and nobody else's: then nobody gets a report (§4, step 9).
  const overrides = records.flatMap((text) => parseDmarcRecord(text)?.aggregateReports ?? []).map(addressOf)
  if (overrides.some((override) => override === undefined || hostOf(override.address) !== host)) return undefined
  return overrides[0] ?? wanted
}

function hostOf(address: string): string | undefined {
  return asciiDomain(address.slice(address.lastIndexOf('@') + 1))
}
