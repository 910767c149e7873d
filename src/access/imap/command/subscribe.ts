/**
 * `SUBSCRIBE` and `UNSUBSCRIBE`.
 *
 * Standards: RFC 9051 §6.3.7–6.3.8. A subscription is a property of the mailbox, as in JMAP (RFC 8621 §2): only what
 * exists can be subscribed, and deleting a mailbox ends it.
 */
import type { Completion, Context } from '../context.ts'
import { canonical, expectMailbox, namedMailboxes } from '../mailbox-names.ts'

export function subscribe(context: Context, name: string, isSubscribed: boolean): Completion {
  const { store } = context
  // Clients clean up after a mailbox that somebody else deleted: it is not subscribed any more.
  const gone = !isSubscribed && !namedMailboxes(store).has(canonical(name))
  if (!gone) {
    const { mailbox } = expectMailbox(store, name)
    if (mailbox.isSubscribed !== isSubscribed) store.updateMailbox(mailbox.id, { isSubscribed })
  }
  return { text: isSubscribed ? 'Subscribed' : 'Unsubscribed' }
}
