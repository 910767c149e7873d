/**
 * The one spelling under which an address is looked up.
 *
 * Standards: RFC 5321 §2.4 (domains compare without case), RFC 5890 (A-labels), RFC 6531 §3.3, RFC 8264 (NFC).
 */
import { formatAddress, isAsciiText, splitAddress } from '../format/index.ts'

/**
 * Lower case; labels in other scripts become A-labels, so that `bücher.example` and `xn--bcher-kva.example` are one
 * domain. Address literals stay as they are. Undefined when it cannot be a domain.
 */
export function canonicalDomain(domain: string): string | undefined {
  const lower = domain.toLowerCase()
  if (/^\[[!-Z^-~]+\]$/.test(lower)) return lower
  let ascii = lower
  if (!isAsciiText(lower)) {
    // The URL parser is the one implementation of IDNA (UTS #46) that every runtime has.
    if (/[\s%/?#@:\\[\]<>^|]/.test(lower) || !URL.canParse(`http://${lower}/`)) return undefined
    ascii = new URL(`http://${lower}/`).hostname
  }
  const labels = ascii.split('.')
  const sound = labels.every((label) => label.length <= 63 && /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/.test(label))
  return sound && ascii.length <= 253 ? ascii : undefined
}

/**
 * Hosted local parts compare without case and in one Unicode form. The standard leaves this to the host of the mailbox
 * (RFC 5321 §2.4); two mailboxes that differ by case alone would only ever be mixed up.
 */
export function canonicalLocalPart(localPart: string): string {
  return localPart.normalize('NFC').toLowerCase()
}

/** Both halves canonical: the key of an address where two spellings must meet. Undefined when it is no address. */
export function canonicalAddress(address: string): string | undefined {
  const parts = splitAddress(address)
  const domain = parts === undefined ? undefined : canonicalDomain(parts.domain)
  if (parts === undefined || domain === undefined) return undefined
  return formatAddress({ localPart: canonicalLocalPart(parts.localPart), domain })
}
