/**
 * Charsets that switch state within ASCII and that TextDecoder does not have.
 *
 * Standards: RFC 2152 (UTF-7), RFC 1843 (HZ-GB-2312).
 */
import { isAscii, latin1 } from '../bytes/bytes.ts'
import type { CharsetText } from './charset-text.ts'

const SHIFTED = /\+([A-Za-z0-9+/]*)(-?)/g

/** RFC 2152: `+` begins modified base64 of UTF-16BE, `+-` is a plus sign. */
export function decodeUtf7(bytes: Uint8Array): CharsetText {
  let problem = !isAscii(bytes)
  const text = latin1(bytes).replace(SHIFTED, (whole, base64: string, dash: string) => {
    if (base64 === '') {
      if (dash === '') problem = true
      return dash === '' ? whole : '+'
    }
    const utf16 = decodeModifiedBase64(base64)
    if (!utf16.isWellFormed()) problem = true
    return utf16.toWellFormed()
  })
  return { text, problem }
}

/** UTF-16BE units from base64 without padding; leftover bits are dropped. */
function decodeModifiedBase64(base64: string): string {
  const usable = base64.length % 4 === 1 ? base64.slice(0, -1) : base64
  const octets = atob(usable)
  let text = ''
  for (let i = 0; i + 1 < octets.length; i += 2) {
    text += String.fromCharCode((octets.charCodeAt(i) << 8) | octets.charCodeAt(i + 1))
  }
  return text
}

const TILDE = 0x7e
const OPEN = 0x7b
const CLOSE = 0x7d
const LF = 0x0a

/** RFC 1843: `~{` and `~}` bracket GB 2312 with the high bits off, `~~` is a tilde, `~` LF vanishes. */
export function decodeHz(bytes: Uint8Array): CharsetText {
  const out = new Uint8Array(bytes.length)
  let length = 0
  let chinese = false
  for (let i = 0; i < bytes.length; i++) {
    const octet = bytes[i]!
    const next = bytes[i + 1]
    if (octet === TILDE && next === OPEN && !chinese) {
      chinese = true
      i++
    } else if (octet === TILDE && next === CLOSE && chinese) {
      chinese = false
      i++
    } else if (octet === TILDE && !chinese && (next === TILDE || next === LF)) {
      if (next === TILDE) out[length++] = TILDE
      i++
    } else if (chinese && octet === LF) {
      chinese = false // a line always ends the shift (§3)
      out[length++] = octet
    } else {
      out[length++] = chinese && octet > 0x20 ? octet | 0x80 : octet
    }
  }
  const text = new TextDecoder('gb18030').decode(out.subarray(0, length))
  return { text, problem: text.includes('\ufffd') }
}
