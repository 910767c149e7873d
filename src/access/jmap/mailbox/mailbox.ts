/**
 * Mailbox objects as JMAP shows them, and Mailbox/get and Mailbox/changes.
 *
 * Standards: RFC 8621 §2, §2.1, §2.2; RFC 9670 §4 (isSubscribed, myRights, shareWith).
 */
import { formatMailboxId, parseMailboxId, type Mailbox, type MailboxId, type Mail } from '../../../mailbox/index.ts'
import { mailCapability, type CallContext, type JsonObject, type Method } from '../../../protocol/jmap/index.ts'
import type { JmapContext } from '../context.ts'
import { knowsSharing, shownRights } from '../sharing/mailbox-sharing.ts'
import { changesMethod } from '../standard/changes.ts'
import { eachOf, getMethod, type PropertyReaders } from '../standard/get.ts'

/** The properties that counts move, for `updatedProperties` (RFC 8621 §2.2). */
const countProperties: readonly string[] = ['totalEmails', 'unreadEmails', 'totalThreads', 'unreadThreads']

/** What the user may do: all with their own mailboxes, but nobody may take the inbox away. */
function rightsOf(store: Mail, mailbox: Mailbox, withSharing: boolean): JsonObject {
  const rights = shownRights(store.rightsTo(mailbox.id), withSharing)
  return mailbox.role === 'inbox' ? { ...rights, mayDelete: false } : rights
}

/** A client that does not know of sharing sees nothing of it. */
export function mailboxProperties(
  { store, mailboxSharing }: JmapContext,
  call: Pick<CallContext, 'using'>,
): PropertyReaders<Mailbox> {
  const sharing = knowsSharing(call) ? mailboxSharing : undefined
  const shareWith = (mailbox: Mailbox) => sharing?.shareWith(mailbox.id) ?? null
  return {
    id: (mailbox) => formatMailboxId(mailbox.id),
    name: (mailbox) => mailbox.name,
    parentId: (mailbox) => (mailbox.parentId === null ? null : formatMailboxId(mailbox.parentId)),
    role: (mailbox) => mailbox.role,
    sortOrder: (mailbox) => mailbox.sortOrder,
    totalEmails: (mailbox) => store.counts(mailbox.id).visible,
    unreadEmails: (mailbox) => store.counts(mailbox.id).visibleUnread,
    totalThreads: (mailbox) => store.counts(mailbox.id).totalThreads,
    unreadThreads: (mailbox) => store.counts(mailbox.id).unreadThreads,
    myRights: (mailbox) => rightsOf(store, mailbox, sharing !== undefined),
    isSubscribed: (mailbox) => mailbox.isSubscribed,
    ...(sharing === undefined ? {} : { shareWith }),
  }
}

export function mailboxGet(context: JmapContext): Method {
  const { store } = context
  return getMethod<Mailbox>(context, {
    capability: mailCapability,
    properties: (call) => mailboxProperties(context, call),
    findMany: eachOf((id) => findMailbox(store, id)),
    all: () => store.mailboxes(),
  })
}

export function findMailbox(store: Mail, id: string): Mailbox | undefined {
  const number = parseMailboxId(id)
  return number === undefined ? undefined : store.mailbox(number)
}

export function mailboxChanges(context: JmapContext): Method {
  return changesMethod(context, {
    capability: mailCapability,
    type: 'Mailbox',
    formatId: (id) => formatMailboxId(id as MailboxId),
    extra: (changes) => ({
      updatedProperties: changes.onlyCounts && changes.updated.length > 0 ? [...countProperties] : null,
    }),
  })
}
