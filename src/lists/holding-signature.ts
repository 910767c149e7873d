/**
 * Whether a signature of the author's domain will hold when the message goes on, so that DMARC passes at its receivers.
 *
 * Standards: RFC 9989 §4.4 (relaxed alignment), RFC 8601 §2.7.1.
 * Security: results in our name that strangers wrote were taken out on arrival, and ours stand above Received.
 */
import {
  flattenAddresses,
  type Header,
  parseAddressList,
  parseAuthenticationResults,
  splitAddress,
} from '../format/index.ts'
import { canonicalDomain } from '../routing/index.ts'

/** Canonical; undefined where there is none. */
export function authorDomain(header: Header): string | undefined {
  const [author] = flattenAddresses(parseAddressList(header.first('From') ?? ''))
  return canonicalDomain(splitAddress(author?.address ?? '')?.domain ?? '')
}

/** By what was found when it arrived. */
export function hasHoldingSignature(header: Header, domain: string, authservId: string): boolean {
  for (const { name, value } of header.fields) {
    const lower = name.toLowerCase()
    if (lower === 'received') return false
    if (lower !== 'authentication-results') continue
    const field = parseAuthenticationResults(value)
    if (field?.authservId.toLowerCase() !== authservId.toLowerCase()) continue
    const signers = field.results
      .filter(({ method, result }) => method === 'dkim' && result === 'pass')
      .flatMap(({ properties }) => properties.filter((one) => one.type === 'header' && one.name === 'd'))
    if (signers.some((signer) => isAligned(signer.value.toLowerCase(), domain))) return true
  }
  return false
}

/** Without a walk through the DNS, the one must be the other or above it; what that misses is only renamed. */
function isAligned(signer: string, author: string): boolean {
  return signer === author || author.endsWith(`.${signer}`)
}
