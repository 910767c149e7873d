/**
 * A message as its recipients may see it.
 *
 * Standards: RFC 5322 §3.6.3 (Bcc), RFC 5321 §7.2 (blind copies).
 */
import { concat } from '../bytes/bytes.ts'
import type { Header } from './header.ts'

/** The message without its Bcc fields; everything else stays as it is, octet for octet. */
export function withoutBcc(raw: Uint8Array, header: Header): Uint8Array {
  const hidden = header.fields.filter(({ name }) => /^(?:resent-)?bcc$/i.test(name))
  if (hidden.length === 0) return raw
  const kept: Uint8Array[] = []
  let from = 0
  for (const field of hidden) {
    kept.push(raw.subarray(from, field.start))
    from = field.end
  }
  kept.push(raw.subarray(from))
  return concat(kept)
}
