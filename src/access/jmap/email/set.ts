/**
 * Email/set: drafts are created, keywords and mailboxes changed, emails destroyed.
 *
 * Standards: RFC 8621 §4.6.
 */
import {
  formatEmailId,
  formatMailboxId,
  parseEmailId,
  type Email,
  type EmailUpdate,
  type MailboxId,
  type Mail,
  type Octets,
  type StoreError,
} from '../../../mailbox/index.ts'
import {
  applyPatch,
  Arguments,
  equalJson,
  invalidProperties,
  mailCapability,
  member,
  patchedProperties,
  resolveId,
  setArguments,
  SetError,
  setOwn,
  type CallContext,
  type Json,
  type JsonObject,
  type Method,
  type MethodResult,
} from '../../../protocol/jmap/index.ts'
import { standardOf, type JmapContext } from '../context.ts'
import { runSet } from '../standard/set.ts'
import { composeEmail } from './create.ts'
import { convenienceProperties, parseHeaderProperty } from './header-form.ts'
import { emailMetadata, findEmails, setOf } from './get.ts'
import { readKeywords, readMailboxIds } from './membership.ts'
import { addEmail, type Placement, readPlacement } from './placement.ts'
import { withPrepared } from './prepared.ts'
import { checkEmailProperties, readEmail } from './property.ts'
import { StoredMessage } from './stored-message.ts'
import { together } from './together.ts'

export function emailSet(context: JmapContext): Method {
  return { capability: mailCapability, run: (values, call) => setEmails(context, values, call) }
}

function setEmails(context: JmapContext, values: JsonObject, call: CallContext): Promise<MethodResult> {
  const { create } = setArguments(values, standardOf(context, call))
  const make = (value: JsonObject): Uint8Array => messageOf(context, call, value)
  return withPrepared(context.store, create, make, (prepared) =>
    runEmailSet(context, values, call, (value) => prepared.octets(value)),
  )
}

/** Also the implicit call that follows EmailSubmission/set and creates nothing (RFC 8621 §7.5). */
export function runEmailSet(
  context: JmapContext,
  values: JsonObject,
  call: CallContext,
  octets: (value: JsonObject) => Octets = (value) => messageOf(context, call, value),
): MethodResult {
  const { store } = context
  /** What is to be updated, read at once; emails made in this call are read when their turn comes. */
  const known = new Map<string, Email>()
  return runSet(context, values, call, {
    type: 'Email',
    prepare: ({ update }) => {
      for (const email of findEmails(
        store,
        update.map(([id]) => id),
      ).emails)
        known.set(formatEmailId(email.id), email)
    },
    create: (value) => createEmail(context, call, value, octets),
    update: (id, patch) => {
      const email = known.get(id) ?? expectEmail(store, id)
      // Named twice, by its id and by a creation reference, it has changed the second time.
      known.delete(id)
      updateEmail(context, call, email, patch)
      return null
    },
    destroyMany: (ids) => destroyEmails(store, ids),
  })
}

function destroyEmails(store: Mail, ids: readonly string[]): ReadonlyMap<string, Error> {
  const numbers = ids.map(parseEmailId).filter((number) => number !== undefined)
  const refused = store.destroy(numbers)
  const errors = new Map<string, Error>()
  for (const id of ids) {
    const number = parseEmailId(id)
    const error = number === undefined ? new SetError('notFound') : refused.get(number)
    if (error !== undefined) errors.set(id, error)
  }
  return errors
}

function createEmail(
  context: JmapContext,
  call: CallContext,
  value: JsonObject,
  octets: (value: JsonObject) => Octets,
): { id: string } & JsonObject {
  const [placement, raw] = together<[Placement, Octets]>(
    () => readPlacement(context, call, value),
    () => octets(value),
  )
  return addEmail(context, { ...placement, raw })
}

/** The octets of the message that a create describes. */
function messageOf(context: JmapContext, call: CallContext, value: JsonObject): Uint8Array {
  const { mailboxIds: _, keywords: __, receivedAt: ___, ...message } = value
  return composeEmail(context, call, message)
}

function updateEmail(context: JmapContext, call: CallContext, email: Email, patch: JsonObject): void {
  const { store } = context
  const current: JsonObject = {
    keywords: setOf(store.keywordsOf(email)),
    mailboxIds: setOf(store.mailboxIdsOf(email).map(formatMailboxId)),
  }
  const known = canonicalPatch(patch, call)
  const touched = patchedProperties(known)
  refuseImmutable(context, email, known, touched)
  const mutable = Object.fromEntries(Object.entries(known).filter(([pointer]) => isMutable(pointer)))
  const patched = applyPatch(current, mutable, { keywords: {} })
  const update: EmailUpdate = {
    id: email.id,
    ...(touched.has('keywords') ? { keywords: { replace: readKeywords(context, member(patched, 'keywords')) } } : {}),
    ...(touched.has('mailboxIds') ? { mailboxIds: { replace: mailboxes(context, call, patched) } } : {}),
  }
  refuse(store.update([update]).get(email.id))
}

function mailboxes(context: JmapContext, call: CallContext, patched: JsonObject): MailboxId[] {
  return readMailboxIds(context, call, member(patched, 'mailboxIds'))
}

function isMutable(pointer: string): boolean {
  return /^(?:keywords|mailboxIds)(?:\/|$)/.test(pointer)
}

/** Creation references and keywords in any case stand for the members that the record really has. */
function canonicalPatch(patch: JsonObject, call: CallContext): JsonObject {
  const canonical: JsonObject = {}
  for (const [pointer, value] of Object.entries(patch)) {
    let name = pointer
    let wanted = value
    if (pointer.startsWith('keywords/')) {
      name = pointer.toLowerCase()
      // QUIRK: Bulwark (seen in 2026) marks as unread and takes stars away with false, where §4.1.1 knows only true.
      if (value === false) wanted = null
    } else if (pointer.startsWith('mailboxIds/#')) {
      const reference = pointer.slice('mailboxIds/'.length)
      name = `mailboxIds/${resolveId(reference, call.createdIds) ?? reference}`
    }
    if (Object.hasOwn(canonical, name)) throw new SetError('invalidPatch', `${pointer} is given twice.`)
    setOwn(canonical, name, wanted)
  }
  return canonical
}

/** Immutable properties may be sent along when they equal what the email has (RFC 8620 §5.3). */
function refuseImmutable(context: JmapContext, email: Email, patch: JsonObject, touched: ReadonlySet<string>): void {
  const wrong = [...touched].filter((name) => {
    if (isMutable(name)) return false
    return !Object.hasOwn(patch, name) || !equalJson(patch[name], immutableProperty(context, email, name))
  })
  if (wrong.length > 0) throw invalidProperties(wrong, 'Unknown or immutable.')
}

function immutableProperty(context: JmapContext, email: Email, name: string): Json | undefined {
  const metadata = emailMetadata(context.store)
  const comparable = [
    'hasAttachment',
    'preview',
    'headers',
    ...Object.keys(metadata),
    ...Object.keys(convenienceProperties),
  ]
  if (!comparable.includes(name) && !name.startsWith('header:')) return undefined
  if (name.startsWith('header:') && parseHeaderProperty(name) === undefined) return undefined
  const properties = checkEmailProperties(context, new Arguments({}, []), [name], Object.keys(metadata))
  return readEmail(email, new StoredMessage(context.store, email), properties, metadata)[name]
}

function expectEmail(store: Mail, id: string): Email {
  const number = parseEmailId(id)
  const email = number === undefined ? undefined : store.email(number)
  if (email === undefined) throw new SetError('notFound')
  return email
}

function refuse(error: StoreError | undefined): void {
  if (error !== undefined) throw error
}
