/**
 * An 8-bit or binary message made ready for a path of 7 bits: each part that needs it in quoted-printable or base64.
 *
 * Standards: RFC 6152 §3 (a relay to a server without 8BITMIME converts or returns), RFC 3030 §3 (and so for BINARYMIME), RFC
 * 2045 §6.4 (multipart and message
 * are never encoded themselves), RFC 1847 §2.1, RFC 3156 §3 (what is signed must not be changed), RFC 1428 §3 (text that
 * does not say what it is). A DKIM signature does not survive, and counts as none from there on (RFC 6376 §6.1).
 * Security: fed by anyone; linear in the message.
 */
import { encodeUtf8, holdsNul, isAscii } from '../bytes/bytes.ts'
import { encodeBinaryBody, encodeTextBody, identityBody, withFinalLineEnd } from '../compose/body-encoding.ts'
import { parseMessage } from './parse.ts'
import { bodyEdit, type Edit, encodingEdits, withEdits } from './part-edits.ts'
import { allParts, type Part } from './part.ts'

/** `reason` is a clause for the sender: why the message stays as it is. */
export type SevenBit = { ok: true; raw: Uint8Array } | { ok: false; reason: string }

/** Lines of ASCII, or why that cannot be. The very same array when it is so already. */
export function toSevenBit(raw: Uint8Array): SevenBit {
  if (isSevenBit(raw)) return { ok: true, raw }
  const root = parseMessage(raw)
  const parts = allParts(root)
  for (const part of parts) {
    const sealed = part.type === 'multipart' && (part.subtype === 'signed' || part.subtype === 'encrypted')
    if (sealed && needsEncoding(raw, part))
      return { ok: false, reason: `it is ${part.subtype} and must not be changed` }
    if (!isAscii(raw, part.headerStart, part.bodyStart)) return { ok: false, reason: 'its header is 8-bit itself' }
  }
  const edits = parts.filter((part) => needsEncoding(raw, part)).flatMap((part) => editsOf(raw, part, part === root))
  const converted = withEdits(raw, edits)
  return isAscii(converted) && !holdsNul(converted)
    ? { ok: true, raw: converted }
    : { ok: false, reason: 'it has 8-bit characters where no encoding is allowed' }
}

function isSevenBit(octets: Uint8Array): boolean {
  return identityBody(octets).encoding === '7bit'
}

function needsEncoding(raw: Uint8Array, { bodyStart, bodyEnd }: Part): boolean {
  return !isSevenBit(raw.subarray(bodyStart, bodyEnd))
}

function editsOf(raw: Uint8Array, part: Part, isRoot: boolean): Edit[] {
  const { type, message, encoding } = part
  if (type === 'multipart' || message !== undefined) {
    return encoding === '8bit' || encoding === 'binary' ? encodingEdits(part, '7bit') : []
  }
  // Of the other kinds of message/… none may be encoded (RFC 2046 §5.2).
  if (type === 'message') return []
  const body = raw.subarray(part.bodyStart, part.bodyEnd)
  // Encoded already, and not well: what does not belong there is escaped, or dropped as every decoder drops it.
  if (encoding === 'quoted-printable' || encoding === 'base64') {
    return [{ start: part.bodyStart, end: part.bodyEnd, octets: mended(body, encoding) }]
  }
  const encoded = withFinalLineEnd(type === 'text' ? encodeTextBody(body) : encodeBinaryBody(body))
  const more = !isRoot || part.header.has('mime-version') ? '' : mimeFields(part, body)
  // Below the fields of those through whose hands it went, which stay on top (RFC 5321 §4.4).
  const at = part.header.fields.at(-1)?.end ?? part.headerStart
  return [...encodingEdits(part, encoded.encoding, { more, at }), bodyEdit(raw, part, encoded.octets)]
}

function mended(body: Uint8Array, encoding: 'quoted-printable' | 'base64'): Uint8Array {
  const text: string[] = []
  for (const octet of body) {
    if (octet > 0 && octet < 0x80) text.push(String.fromCharCode(octet))
    else if (encoding === 'quoted-printable') text.push(`=${octet.toString(16).toUpperCase().padStart(2, '0')}`)
  }
  return encodeUtf8(text.join(''))
}

/** A message from before MIME cannot say that it is encoded; its text is named as well as it can be. */
function mimeFields({ header }: Part, body: Uint8Array): string {
  const version = 'MIME-Version: 1.0\r\n'
  return header.has('content-type') ? version : `${version}Content-Type: text/plain; charset=${charsetOf(body)}\r\n`
}

function charsetOf(body: Uint8Array): string {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(body)
    return 'utf-8'
  } catch {
    return 'unknown-8bit'
  }
}
