/**
 * The address in a mailto URI, where a record in the DNS asks for reports.
 *
 * Standards: RFC 6068 §2 (header fields behind `?` are passed over), RFC 3986 §2.1.
 * Security: any zone writes this; what comes out is one plain address that can stand in an envelope and a header.
 */
import { splitAddress } from './parts.ts'

/** Undefined when the URI is none, has another scheme, or names no single address of plain ASCII. */
export function mailtoAddress(uri: string): string | undefined {
  if (!/^mailto:[!-~]+$/i.test(uri) || !URL.canParse(uri)) return undefined
  let address: string
  try {
    address = decodeURIComponent(new URL(uri).pathname)
  } catch {
    return undefined
  }
  const plain = /^[!-~]+$/.test(address) && !/[<>()[\]\\,;:"]/.test(address)
  return plain && splitAddress(address) !== undefined ? address : undefined
}
