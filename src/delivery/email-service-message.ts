/**
 * A message as Cloudflare Email Service takes it: without the fields that it writes itself, which it refuses from others.
 *
 * Our signature goes too: the service gives the message another Message-ID, which breaks it, and signs in the domain's name.
 * Bcc goes, lest it be taken for recipients. Delivered-To, by which a loop is recognised (RFC 9228), goes under another name.
 *
 * Standards: RFC 5322 §3.6 (fields stand apart), RFC 6376, RFC 8617.
 */
import { concat, deliveredToElsewhere, encodeUtf8, parseHeader } from '../format/index.ts'

/** https://developers.cloudflare.com/email-service/reference/headers/ but for what every raw message needs. */
const written = new Set([
  'received',
  'return-path',
  'dkim-signature',
  'arc-seal',
  'arc-message-signature',
  'arc-authentication-results',
  'authentication-results',
  'feedback-id',
  'tls-required',
  'tls-report-domain',
  'tls-report-submitter',
  'cfbl-address',
  'cfbl-feedback-id',
  'bcc',
])

export function withoutPlatformFields(raw: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = []
  let kept = 0
  for (const { name, start, end } of parseHeader(raw).header.fields) {
    const lower = name.toLowerCase()
    if (lower === 'delivered-to') {
      pieces.push(raw.subarray(kept, start), encodeUtf8(deliveredToElsewhere))
      kept = start + name.length
    } else if (written.has(lower)) {
      pieces.push(raw.subarray(kept, start))
      kept = end
    }
  }
  return pieces.length === 0 ? raw : concat([...pieces, raw.subarray(kept)])
}
