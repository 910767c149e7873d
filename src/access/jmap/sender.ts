/**
 * Which addresses an account may write as the sender.
 *
 * Standards: RFC 8621 §6 (identities), §7.5 (forbiddenFrom, forbiddenMailFrom), RFC 5233 (subaddresses).
 */
import { splitAddress } from '../../format/index.ts'
import type { JmapContext } from './context.ts'

export async function maySendAs(context: JmapContext, address: string): Promise<boolean> {
  if (covers(context.account.address, address)) return true
  return (await context.submit.maySendAs?.(address)) ?? false
}

/** Equal, or a subaddress of it (`alice+shop@` of `alice@`). Local parts compare without case. */
export function covers(owned: string, address: string): boolean {
  const own = splitAddress(owned)
  const used = splitAddress(address)
  if (own === undefined || used === undefined || own.domain !== used.domain) return false
  const ownLocal = own.localPart.toLowerCase()
  const usedLocal = used.localPart.toLowerCase()
  return usedLocal === ownLocal || usedLocal.startsWith(`${ownLocal}+`)
}
