/**
 * Which addresses an account may write as the sender.
 *
 * Standards: RFC 8621 §6 (identities), §7.5 (forbiddenFrom, forbiddenMailFrom), RFC 5233 (subaddresses).
 */
import { covers, splitAddress } from '../../format/index.ts'
import type { OwnContext } from './context.ts'

export async function maySendAs(context: OwnContext, address: string): Promise<boolean> {
  if (covers(context.account.address, address)) return true
  return (await context.submit.maySendAs?.(address)) ?? false
}

/** An identity for every address of a domain: `*@example.com` (RFC 8621 §6). */
export function isWildcard(identityEmail: string): boolean {
  return identityEmail.startsWith('*@')
}

/** Whether an identity allows an address: its own, a subaddress of it, or any of its domain. */
export function allows(identityEmail: string, address: string): boolean {
  if (!isWildcard(identityEmail)) return covers(identityEmail, address)
  const domain = splitAddress(address)?.domain
  return domain !== undefined && domain === splitAddress(identityEmail)?.domain
}
