/**
 * Mailbox/set.
 *
 * Standards: RFC 8621 §2.5.
 */
import {
  formatMailboxId,
  parseMailboxId,
  type Mailbox,
  type MailboxId,
  type MailboxPatch,
  type NewMailbox,
} from '../../../mailbox/index.ts'
import {
  invalidProperties,
  isUnsignedInt,
  mailCapability,
  resolveId,
  SetError,
  type CallContext,
  type Json,
  type JsonObject,
  type Method,
} from '../../../protocol/jmap/index.ts'
import type { JmapContext } from '../context.ts'
import { readRecord } from '../standard/get.ts'
import { checkRecord, isBoolean, isString, isStringOrNull, patchRecord } from '../standard/record.ts'
import { runSet } from '../standard/set.ts'
import { findMailbox, mailboxProperties } from './mailbox.ts'

const checks = {
  name: isString,
  parentId: isStringOrNull,
  role: isStringOrNull,
  sortOrder: (value: Json) => isUnsignedInt(value) && value < 2 ** 31,
  isSubscribed: isBoolean,
}

const defaults: JsonObject = { parentId: null, role: null, sortOrder: 0, isSubscribed: true }

/** What the server adds to a created mailbox that the client did not send. */
const serverSet = ['id', 'totalEmails', 'unreadEmails', 'totalThreads', 'unreadThreads', 'myRights']

export function mailboxSet(context: JmapContext): Method {
  return {
    capability: mailCapability,
    run(values, call) {
      let removeEmails = false
      return runSet(context, values, call, {
        type: 'Mailbox',
        extra: ['onDestroyRemoveEmails'],
        prepare: ({ args }) => {
          removeEmails = args.boolean('onDestroyRemoveEmails')
        },
        create: (value) => create(context, call, value),
        update: (id, patch) => update(context, call, id, patch),
        destroy: (id) => {
          context.store.destroyMailbox(expectMailbox(context, id).id, { removeEmails })
        },
        resolves: { takeAside: (updates) => takeAside(context, updates) },
      })
    },
  }
}

function create(context: JmapContext, call: CallContext, value: JsonObject): { id: string } & JsonObject {
  checkRecord(value, checks)
  if (typeof value['name'] !== 'string') throw invalidProperties('name', 'A mailbox needs a name.')
  const mailbox = context.store.createMailbox(toStore(context, call, { ...defaults, ...value }) as NewMailbox)
  const readers = mailboxProperties(context.store)
  const unsaid = Object.keys(defaults).filter((name) => !Object.hasOwn(value, name))
  const created = readRecord(mailbox, [...serverSet, ...unsaid], readers)
  // The store may have normalised the name (RFC 5198): the client must hear of it.
  if (mailbox.name !== value['name']) created['name'] = mailbox.name
  return { ...created, id: formatMailboxId(mailbox.id) }
}

function update(context: JmapContext, call: CallContext, id: string, patch: JsonObject): JsonObject | null {
  const mailbox = expectMailbox(context, id)
  const readers = mailboxProperties(context.store)
  const current = readRecord(mailbox, Object.keys(readers), readers)
  const changes = patchRecord(current, patch, checks, defaults)
  const updated = context.store.updateMailbox(mailbox.id, toStore(context, call, changes))
  return 'name' in changes && updated.name !== changes['name'] ? { name: updated.name } : null
}

/** Frees the names and roles that are about to change: two mailboxes may swap them in one call (RFC 8620 §5.3). */
function takeAside(context: JmapContext, updates: readonly (readonly [id: string, patch: JsonObject])[]): () => void {
  const { store } = context
  const before = updates.map(([id, patch]) => ({ ...expectMailbox(context, id), patch }))
  // The inbox alone keeps its role.
  const noRole = (role: Mailbox['role']): MailboxPatch => (role === 'inbox' ? {} : { role: null })
  for (const { id, role, patch } of before) {
    const name = 'name' in patch ? { name: context.ids() } : {}
    store.updateMailbox(id, { ...name, ...('role' in patch ? noRole(role) : {}) })
  }
  return () => {
    for (const { id, role } of before) {
      store.updateMailbox(id, { name: context.ids(), parentId: null, ...noRole(role) })
    }
    for (const { id, name, parentId, role } of before) store.updateMailbox(id, { name, parentId, role })
  }
}

/** JMAP's properties as the store takes them. Throws `invalidProperties` for a parent that does not exist. */
function toStore(context: JmapContext, call: CallContext, value: JsonObject): MailboxPatch {
  const { parentId, ...rest } = value
  if (parentId === undefined) return rest
  return {
    ...rest,
    parentId: parentId === null ? null : expectParent(context, call, parentId as string),
  }
}

function expectParent(context: JmapContext, call: CallContext, id: string): MailboxId {
  const resolved = resolveId(id, call.createdIds)
  const parent = resolved === undefined ? undefined : findMailbox(context.store, resolved)
  if (parent === undefined) throw invalidProperties('parentId', 'There is no such parent.')
  return parent.id
}

function expectMailbox(context: JmapContext, id: string): Mailbox {
  const number = parseMailboxId(id)
  const mailbox = number === undefined ? undefined : context.store.mailbox(number)
  if (mailbox === undefined) throw new SetError('notFound')
  return mailbox
}
