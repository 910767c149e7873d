/**
 * Mailbox/set.
 *
 * Standards: RFC 8621 §2.5; RFC 9670 §4 (shareWith).
 */
import {
  formatMailboxId,
  parseMailboxId,
  StoreError,
  type Mailbox,
  type MailboxId,
  type MailboxPatch,
  type NewMailbox,
} from '../../../mailbox/index.ts'
import {
  equalJson,
  invalidProperties,
  isObject,
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
import { isShareWith, knowsSharing, principalsIn } from '../sharing/mailbox-sharing.ts'
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
    async run(values, call) {
      let removeEmails = false
      const known = await knownSharees(context, call, values)
      return runSet(context, values, call, {
        type: 'Mailbox',
        extra: ['onDestroyRemoveEmails'],
        prepare: ({ args }) => {
          removeEmails = args.boolean('onDestroyRemoveEmails')
        },
        create: (value) => create(context, call, value, known),
        update: (id, patch) => update(context, call, id, patch, known),
        destroy: (id) => {
          context.store.destroyMailbox(expectMailbox(context, id).id, { removeEmails })
        },
        // To take aside brings mailboxes to the top level and roles away, which is the owner's alone.
        resolves: context.store.isOwn ? { takeAside: (updates) => takeAside(context, updates), undoes } : {},
      })
    },
  }
}

/** Asked ahead, since records are applied in one synchronous transaction. Undefined: the client knows of no sharing. */
async function knownSharees(
  { mailboxSharing }: JmapContext,
  call: CallContext,
  values: JsonObject,
): Promise<ReadonlySet<string> | undefined> {
  if (mailboxSharing === undefined || !knowsSharing(call)) return undefined
  const records = [values['create'], values['update']].filter((map) => isObject(map))
  return mailboxSharing.known(principalsIn(records.flatMap((map) => Object.values(map).filter((one) => isObject(one)))))
}

function create(
  context: JmapContext,
  call: CallContext,
  value: JsonObject,
  known: ReadonlySet<string> | undefined,
): { id: string } & JsonObject {
  checkRecord(value, known === undefined ? checks : { ...checks, shareWith: isShareWith })
  if (typeof value['name'] !== 'string') throw invalidProperties('name', 'A mailbox needs a name.')
  const { shareWith = null, ...wanted } = value
  const made = toStore(context, call, { ...defaults, ...wanted }) as NewMailbox
  // Without a word about it, what a sharee makes is shared as its parent is, and what the owner makes is not.
  const sharees =
    known && Object.hasOwn(value, 'shareWith')
      ? context.mailboxSharing?.sharees(shareWith as JsonObject | null, known, made.parentId ?? undefined)
      : undefined
  const mailbox = orSibling(context, made, () => context.store.createMailbox(made))
  if (sharees !== undefined) context.mailboxSharing?.share(mailbox.id, sharees)
  const readers = mailboxProperties(context, call)
  const unsaid = Object.keys(defaults).filter((name) => !Object.hasOwn(value, name))
  const shown = Object.hasOwn(readers, 'shareWith') ? ['shareWith'] : []
  const created = readRecord(mailbox, [...serverSet, ...unsaid, ...shown], readers)
  // The store may have normalised the name (RFC 5198): the client must hear of it.
  if (mailbox.name !== value['name']) created['name'] = mailbox.name
  return { ...created, id: formatMailboxId(mailbox.id) }
}

function update(
  context: JmapContext,
  call: CallContext,
  id: string,
  patch: JsonObject,
  known: ReadonlySet<string> | undefined,
): JsonObject | null {
  const mailbox = expectMailbox(context, id)
  const readers = mailboxProperties(context, call)
  const current = readRecord(mailbox, Object.keys(readers), readers)
  // A principal is added by a pointer into it, whether there are others or not.
  const patched = known === undefined ? current : { ...current, shareWith: current['shareWith'] ?? {} }
  const settable = known === undefined ? checks : { ...checks, shareWith: isShareWith }
  const { shareWith, ...changes } = patchRecord(patched, patch, settable, { ...defaults, shareWith: null })
  const sharees =
    known && shareWith !== undefined && !equalJson(shareWith, current['shareWith'])
      ? context.mailboxSharing?.sharees(shareWith as JsonObject | null, known, mailbox.id)
      : undefined
  const wanted = toStore(context, call, changes)
  const updated = orSibling(context, { ...mailbox, ...wanted }, () => context.store.updateMailbox(mailbox.id, wanted))
  if (sharees !== undefined) context.mailboxSharing?.share(mailbox.id, sharees)
  return 'name' in changes && updated.name !== changes['name'] ? { name: updated.name } : null
}

/** With whom a mailbox is shared is not put back. */
function undoes(patch: JsonObject): boolean {
  return !Object.keys(patch).some((pointer) => pointer.startsWith('shareWith'))
}

/** A name that a sibling has is `alreadyExists`, which says which one that is (RFC 8620 §5.4). */
function orSibling<T>(context: JmapContext, wanted: NewMailbox & { readonly id?: MailboxId }, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof StoreError) || !error.properties.includes('name')) throw error
    const name = wanted.name.normalize('NFC')
    const isTwin = (other: Mailbox) => other.parentId === (wanted.parentId ?? null) && other.name === name
    const sibling = context.store.mailboxes().find((other) => other.id !== wanted.id && isTwin(other))
    if (sibling === undefined) throw error
    const existingId = formatMailboxId(sibling.id)
    throw new SetError('alreadyExists', error.message, { existingId, properties: ['name'] })
  }
}

/** The inbox alone keeps its role. */
const noRole = (role: Mailbox['role']): MailboxPatch => (role === 'inbox' ? {} : { role: null })

/** Frees the names and roles that are about to change: two mailboxes may swap them in one call (RFC 8620 §5.3). */
function takeAside(context: JmapContext, updates: readonly (readonly [id: string, patch: JsonObject])[]): () => void {
  const { store } = context
  const before = updates.map(([id, patch]) => ({ ...expectMailbox(context, id), patch }))
  for (const { id, role, patch } of before) {
    const name = 'name' in patch ? { name: context.ids() } : {}
    store.updateMailbox(id, { ...name, ...('role' in patch ? noRole(role) : {}) })
  }
  return () => {
    for (const { id, role } of before) {
      store.updateMailbox(id, { name: context.ids(), parentId: null, ...noRole(role) })
    }
    for (const { id, name, parentId, role, sortOrder, isSubscribed } of before) {
      store.updateMailbox(id, { name, parentId, role, sortOrder, isSubscribed })
    }
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
