/**
 * Which addresses an account may write as the sender.
 *
 * Standards: RFC 8621 §6 (identities), §7.5 (forbiddenFrom, forbiddenMailFrom), RFC 5233 (subaddresses).
 */
import { covers } from '../../format/index.ts'
import type { JmapContext } from './context.ts'

export async function maySendAs(context: JmapContext, address: string): Promise<boolean> {
  if (covers(context.account.address, address)) return true
  return (await context.submit.maySendAs?.(address)) ?? false
}
