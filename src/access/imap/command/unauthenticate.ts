/**
 * `UNAUTHENTICATE` (RFC 8437): the connection goes back to the login. TLS and compression stay, everything else is forgotten,
 * and a selected mailbox is left without an expunge (§3).
 *
 * Clients may send the next login right behind it. What of that is already here goes back to the bridge: it first says that
 * it sends no more, then is given the answer and the rest (`ImapSession.relinquish`).
 */
import type { Context } from '../context.ts'

export function unauthenticate(context: Context, tag: string): undefined {
  context.selected = undefined
  context.visiting = undefined
  context.watch = undefined
  context.leaving = tag
  context.output.control({ unauthenticate: true })
}
