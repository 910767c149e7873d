/**
 * The domains that a message says it is from.
 *
 * Standards: RFC 9989 §3.2.2 (author domain), §5.3.1 (several), RFC 8616 §5 (other scripts), RFC 5322 §3.6.2.
 */
import { flattenAddresses, type Header, parseAddressList } from '../../format/index.ts'
import { asciiDomain } from '../dns/index.ts'

/** Each domain of the From fields once, as A-labels; '' stands for an address without one. */
export function authorDomains(header: Header): string[] {
  const addresses = header.all('from').flatMap((value) => flattenAddresses(parseAddressList(value)))
  const domains = addresses.map(({ address }) => {
    const at = address.lastIndexOf('@')
    return at < 0 ? '' : (asciiDomain(address.slice(at + 1)) ?? '')
  })
  return [...new Set(domains)]
}
