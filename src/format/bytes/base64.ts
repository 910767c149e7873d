/**
 * Base64 as in SASL, JMAP and MIME headers: strict. The lenient decoder for MIME bodies is in `text/transfer.ts`.
 *
 * Standards: RFC 4648 §4.
 */
import { fromLatin1, latin1 } from './bytes.ts'

export function encodeBase64(bytes: Uint8Array): string {
  return btoa(latin1(bytes))
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/** The octets, or undefined when `text` is not canonical base64 with its padding (RFC 4648 §3). */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !BASE64.test(text)) return undefined
  return fromLatin1(atob(text))
}
