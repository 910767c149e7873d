/**
 * Which addresses are one mailbox's own.
 *
 * Standards: RFC 5233 (subaddresses), RFC 5321 §2.3.11 (local parts are the receiver's to interpret; ours have no case).
 */
import { splitAddress } from './parts.ts'

/** Equal to `owned`, or a subaddress of it (`alice+shop@` of `alice@`). */
export function covers(owned: string, address: string): boolean {
  const own = splitAddress(owned)
  const used = splitAddress(address)
  if (own === undefined || used === undefined || own.domain !== used.domain) return false
  const ownLocal = own.localPart.toLowerCase()
  const usedLocal = used.localPart.toLowerCase()
  return usedLocal === ownLocal || usedLocal.startsWith(`${ownLocal}+`)
}
