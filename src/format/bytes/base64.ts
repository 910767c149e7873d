/**
 * Base64 as in SASL, JMAP and MIME headers: strict. The lenient decoder for MIME bodies is in `text/transfer.ts`.
 *
 * Standards: RFC 4648 §4, §5.
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

/** The URL-safe alphabet without padding (RFC 4648 §5), as JWTs and Web Push keys have it. */
export function encodeBase64Url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** The octets, or undefined when `text` is not in that alphabet; padding may be there. */
export function decodeBase64Url(text: string): Uint8Array | undefined {
  const digits = text.replace(/={1,2}$/, '')
  if (!/^[\w-]*$/.test(digits) || digits.length % 4 === 1) return undefined
  return fromLatin1(atob(digits.replaceAll('-', '+').replaceAll('_', '/')))
}
