/**
 * Our own mail that leaves the house is signed, last of all, in the name of the author's domain.
 *
 * Standards: RFC 6376 §5.1 (who signs), §5.3 (as it goes out), RFC 9989 (the signature stands for the From domain), RFC 8058 §4.
 */
import { flattenAddresses, type Header, parseAddressList, prependFields, splitAddress } from '../format/index.ts'
import { canonicalDomain } from '../routing/index.ts'

/** Signs for the domains that are hosted here. */
export interface SigningPort {
  /** Whole DKIM-Signature fields for the top; none when the domain is not ours or does not sign. */
  sign(domain: string, raw: Uint8Array, now: number): Promise<string[]>
}

/**
 * The message with its signatures on top: by the first domain that signs here among the authors' and the ones above them,
 * else the envelope sender's (a report comes from our host name, and the domain above it stands for it as well: relaxed
 * alignment, RFC 9989). Rejects when the keys cannot be read: mail that is to be signed does not go out unsigned, it goes later.
 */
export async function signed(
  raw: Uint8Array,
  header: Header,
  reversePath: string,
  ports: { signer?: SigningPort; clock: () => number },
): Promise<Uint8Array> {
  const { signer } = ports
  if (signer === undefined) return raw
  for (const domain of signingDomains(header, reversePath)) {
    const fields = await signer.sign(domain, raw, ports.clock())
    if (fields.length > 0) return prependFields(raw, fields)
  }
  return raw
}

/** More authors' domains than any honest message has are not looked at. */
const mostDomains = 4
const mostLabelsUp = 2

function signingDomains(header: Header, reversePath: string): string[] {
  const authors = flattenAddresses(parseAddressList(header.first('From') ?? '')).slice(0, mostDomains)
  const domains = new Set<string>()
  for (const address of [...authors.map((author) => author.address), reversePath]) {
    const domain = canonicalDomain(splitAddress(address)?.domain ?? '')
    if (domain === undefined || domain.startsWith('[')) continue
    const labels = domain.split('.')
    for (let up = 0; up === 0 || (up <= mostLabelsUp && labels.length - up >= 2); up++) {
      domains.add(labels.slice(up).join('.'))
    }
  }
  return [...domains]
}
