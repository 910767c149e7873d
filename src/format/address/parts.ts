/**
 * The two halves of an address: splitting, joining, and one spelling.
 *
 * Standards: RFC 5321 §4.1.2, §4.5.3.1 (lengths), RFC 6531 §3.3 (non-ASCII).
 * Security: fed by anyone who connects; linear in its input, which callers bound by their line length.
 */
import { utf8Length } from '../bytes/bytes.ts'

/** Octets allowed in a local part and in a domain (RFC 5321 §4.5.3.1). */
const LOCAL_PART_LIMIT = 64
const DOMAIN_LIMIT = 255

const ATEXT = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~\\-\\u0080-\\uffff]"
const DOT_ATOM = new RegExp(`^${ATEXT}+(?:\\.${ATEXT}+)*$`)
const LABEL = '[A-Za-z0-9_\\u0080-\\uffff](?:[A-Za-z0-9_\\-\\u0080-\\uffff]*[A-Za-z0-9_\\u0080-\\uffff])?'
const DOMAIN = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`)
const ADDRESS_LITERAL = /^\[(?:\d{1,3}(?:\.\d{1,3}){3}|IPv6:[0-9A-Fa-f:.]{2,45}|[A-Za-z0-9-]+:[!-Z^-~]+)\]$/i

/** The two halves of an address: local part without its quoting, domain in lower case (IDN labels as they came). */
export interface AddressParts {
  localPart: string
  domain: string
}

/** Undefined unless `address` is a valid `local@domain` with the lengths of RFC 5321 §4.5.3.1. */
export function splitAddress(address: string): AddressParts | undefined {
  const at = address.lastIndexOf('@')
  if (at < 1) return undefined
  const localPart = readLocalPart(address.slice(0, at))
  const domain = readDomain(address.slice(at + 1))
  if (localPart === undefined || domain === undefined) return undefined
  return { localPart, domain }
}

function readLocalPart(text: string): string | undefined {
  if (utf8Length(text) > LOCAL_PART_LIMIT) return undefined
  if (DOT_ATOM.test(text)) return text
  if (text.length < 3 || text[0] !== '"' || text.at(-1) !== '"') return undefined
  let content = ''
  for (let i = 1; i < text.length - 1; i++) {
    let char = text[i]!
    if (char === '"') return undefined
    if (char === '\\') {
      if (++i >= text.length - 1) return undefined
      char = text[i]!
    }
    if (char < ' ' || char === '\x7f') return undefined
    content += char
  }
  return content
}

function readDomain(text: string): string | undefined {
  if (utf8Length(text) > DOMAIN_LIMIT) return undefined
  if (ADDRESS_LITERAL.test(text)) return text.toLowerCase()
  return DOMAIN.test(text) ? text.toLowerCase() : undefined
}

/** `local@domain` from its halves, the local part quoted only where the grammar wants it. */
export function formatAddress(parts: AddressParts): string {
  const local = DOT_ATOM.test(parts.localPart) ? parts.localPart : `"${parts.localPart.replace(/["\\]/g, '\\$&')}"`
  return `${local}@${parts.domain}`
}

/**
 * The same mailbox always in the same words: domain in lower case, local part unquoted where possible, its case kept.
 * What is no valid address comes back as it is.
 */
export function normaliseAddress(address: string): string {
  const parts = splitAddress(address)
  return parts ? formatAddress(parts) : address
}
