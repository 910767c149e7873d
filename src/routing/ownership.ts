/**
 * Whose address is this: what an authenticated sender may put on the envelope.
 *
 * Standards: RFC 6409 §6.1 (enforced submission rights).
 */
import type { Directory } from './directory.ts'
import { resolve } from './resolve.ts'

/**
 * True when mail for `address` reaches the account's mailbox, directly, by subaddress or through aliases of any hosted
 * domain: who receives an address may use it. Rejects when the directory cannot be asked.
 */
export async function ownsAddress(address: string, accountId: string, directory: Directory): Promise<boolean> {
  const resolution = await resolve(address, directory)
  if (resolution.kind === 'reject') {
    if (resolution.reply.code < 500) throw new Error(resolution.reply.text)
    return false
  }
  return resolution.destinations.some((to) => to.kind === 'mailbox' && to.accountId === accountId)
}
