/**
 * A recipient as it goes on from routing: under another address perhaps, and for several of the envelope at once.
 *
 * Standards: RFC 3461 §4.1 (NOTIFY), §5.2.1 (ORCPT), §5.2.7 (aliases), RFC 6533 §3 (utf-8 addresses).
 */
import { isAsciiText } from '../format/index.ts'
import type { NotifyCondition, Recipient } from '../protocol/smtp/index.ts'
import type { Destination } from '../routing/index.ts'

/**
 * An alias of one address passes the DSN parameters on; one of several keeps NOTIFY=SUCCESS to itself and answers it with
 * "expanded" (RFC 3461 §5.2.7.2, §5.2.7.3). ORCPT is added where the address changes, so that a report names the address
 * that the sender knows (§5.2.1).
 */
export function onwardRecipient(
  destination: Destination,
  recipients: readonly Recipient[],
  expanded: ReadonlySet<Recipient>,
): Recipient {
  const [recipient] = recipients as [Recipient]
  const onward: Recipient = { ...recipient, address: destination.address }
  if (destination.kind === 'mailbox' && destination.marks !== undefined) onward.decided = destination.marks
  if (destination.copy === true) {
    // Of a copy the sender knows nothing, and hears nothing.
    onward.notify = ['NEVER']
    onward.orcpt ??= originalRecipient(recipient.address)
    return onward
  }
  const notify = togetherNotify(recipients.map((each) => onwardNotify(each, expanded)))
  if (notify !== undefined) onward.notify = notify
  if (destination.via.length > 0) onward.orcpt ??= originalRecipient(recipient.address)
  return onward
}

function onwardNotify(recipient: Recipient, expanded: ReadonlySet<Recipient>): NotifyCondition[] | undefined {
  if (!expanded.has(recipient) || recipient.notify === undefined) return recipient.notify
  const rest = recipient.notify.filter((condition) => condition !== 'SUCCESS')
  return rest.length === 0 ? ['NEVER'] : rest
}

/** What any of them wants to hear, since one copy stands for all; who says nothing wants failures and delays (§4.1). */
function togetherNotify(wishes: readonly (NotifyCondition[] | undefined)[]): NotifyCondition[] | undefined {
  if (wishes.every((wish) => wish === wishes[0])) return wishes[0]
  const wanted = new Set(wishes.flatMap((wish) => wish ?? ['FAILURE', 'DELAY']))
  const conditions = (['SUCCESS', 'FAILURE', 'DELAY'] as const).filter((condition) => wanted.has(condition))
  return conditions.length === 0 ? ['NEVER'] : conditions
}

/** So that news of one place reaches all recipients that lead there; of a copy that a rule made none does. */
export function nameSubmitted(onward: Recipient, destination: Destination, recipients: readonly Recipient[]): void {
  if (destination.copy === true) {
    onward.submitted = []
    return
  }
  const names = new Set(recipients.flatMap(({ address, submitted }) => submitted ?? [address]))
  if (names.size > 1 || !names.has(onward.address)) onward.submitted = [...names]
}

/** ORCPT for an address: type rfc822, or utf-8 where it needs more than ASCII (RFC 6533 §3). */
export function originalRecipient(address: string): string {
  return `${isAsciiText(address) ? 'rfc822' : 'utf-8'};${address}`
}
