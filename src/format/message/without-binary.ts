/**
 * Binary content made into text, for mailboxes whose readers cannot take NUL.
 *
 * Standards: RFC 3516 §4.4, §6 (the encoding of binary parts may be changed), RFC 9051 §4.3.1 (no NUL in a literal), RFC
 * 2045 §6.8 (base64), RFC 3030 §3 (BINARYMIME).
 * Security: fed by anyone; linear.
 */
import { holdsNul } from '../bytes/bytes.ts'
import { encodeBinaryBody } from '../compose/body-encoding.ts'
import { parseMessage } from './parse.ts'
import { bodyEdit, encodingEdits, withEdits } from './part-edits.ts'
import { allParts, type Part } from './part.ts'

/**
 * The message with each part that holds NUL in base64; everything else octet for octet, the very same array when there is no
 * NUL. What is left of NUL then is in headers or between parts, where nothing can encode it.
 */
export function withoutBinary(raw: Uint8Array): Uint8Array {
  if (!holdsNul(raw)) return raw
  const edits = allParts(parseMessage(raw))
    .filter((part) => isBinary(raw, part))
    .flatMap((part) => [
      ...encodingEdits(part, 'base64'),
      bodyEdit(raw, part, encodeBinaryBody(raw.subarray(part.bodyStart, part.bodyEnd)).octets),
    ])
  return withEdits(raw, edits)
}

/** A part without parts whose content stands as it is. */
function isBinary(raw: Uint8Array, { children, message, encoding, type, bodyStart, bodyEnd }: Part): boolean {
  if (children.length > 0 || message !== undefined || type === 'multipart' || type === 'message') return false
  if (encoding === 'base64' || encoding === 'quoted-printable') return false
  return holdsNul(raw.subarray(bodyStart, bodyEnd))
}
