/**
 * Mailbox objects as JMAP shows them, and Mailbox/get and Mailbox/changes.
 *
 * Standards: RFC 8621 §2, §2.1, §2.2.
 */
import {
  formatMailboxId,
  parseMailboxId,
  type Mailbox,
  type MailboxId,
  type Mail,
} from '../../../mailbox/index.ts'
import { mailCapability, type Json, type Method } from '../../../protocol/jmap/index.ts'
import type { JmapContext } from '../context.ts'
import { changesMethod } from '../standard/changes.ts'
import { eachOf, getMethod, type PropertyReaders } from '../standard/get.ts'

/** The properties that counts move, for `updatedProperties` (RFC 8621 §2.2). */
const countProperties: readonly string[] = ['totalEmails', 'unreadEmails', 'totalThreads', 'unreadThreads']

/** The account's own mailboxes: the user may do everything but lose the inbox. */
export function rightsOf(mailbox: Mailbox): Record<string, Json> {
  return {
    mayReadItems: true,
    mayAddItems: true,
    mayRemoveItems: true,
    maySetSeen: true,
    maySetKeywords: true,
    mayCreateChild: true,
    mayRename: true,
    mayDelete: mailbox.role !== 'inbox',
    maySubmit: true,
  }
}

export function mailboxProperties(store: Mail): PropertyReaders<Mailbox> {
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
    myRights: rightsOf,
    isSubscribed: (mailbox) => mailbox.isSubscribed,
  }
}

export function mailboxGet(context: JmapContext): Method {
  const { store } = context
  return getMethod<Mailbox>(context, {
    capability: mailCapability,
    properties: mailboxProperties(store),
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
