/**
 * A report of ours that mail could not be delivered: to addresses that do not exist the account does not send for a while.
 *
 * Standards: RFC 3463 §3.2 (bad destination mailbox and system addresses), RFC 7505 §4 (null MX), RFC 3464 §2.3.
 */
import { parseReport } from '../../../format/index.ts'
import type { MailStore } from '../../../mailbox/index.ts'

/** Statuses that speak of the address, not of the message, the mailbox's size or the network. */
const badAddress = /^5\.1\.(?:1|2|3|6|10)$/

export function suppressReturned(store: Pick<MailStore, 'suppressions'>, raw: Uint8Array): void {
  for (const { action, status, finalRecipient, diagnostic } of parseReport(raw)?.recipients ?? []) {
    if (action !== 'failed' || finalRecipient === undefined || !badAddress.test(status ?? '')) continue
    store.suppressions.bounced(finalRecipient, diagnostic ?? `${status}`)
  }
}
