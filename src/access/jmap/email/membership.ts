/**
 * The two mutable properties of an Email, keywords and mailboxIds: sets in JMAP's form.
 *
 * Standards: RFC 8621 §4.1.1, §4.6.
 */
import { normaliseKeyword, type MailboxId } from '../../../mailbox/index.ts'
import {
  invalidProperties,
  isObject,
  resolveId,
  SetError,
  type CallContext,
  type Json,
} from '../../../protocol/jmap/index.ts'
import type { JmapContext } from '../context.ts'
import { findMailbox } from '../mailbox/mailbox.ts'

/** Throws `invalidProperties` or `tooManyKeywords`. */
export function readKeywords(context: JmapContext, value: Json | undefined): string[] {
  const names = membersOf(value ?? {}, 'keywords')
  const keywords = new Set<string>()
  for (const name of names) {
    const keyword = normaliseKeyword(name)
    if (keyword === undefined) throw invalidProperties('keywords', `${JSON.stringify(name)} is not a keyword.`)
    keywords.add(keyword)
  }
  const { maxKeywordsPerEmail } = context.store.limits
  if (keywords.size > maxKeywordsPerEmail) throw new SetError('tooManyKeywords', `At most ${maxKeywordsPerEmail}.`)
  return [...keywords]
}

/** At least one mailbox, all existing. Throws `invalidProperties` or `tooManyMailboxes`. */
export function readMailboxIds(context: JmapContext, call: CallContext, value: Json | undefined): MailboxId[] {
  const ids = new Set<MailboxId>()
  for (const name of membersOf(value, 'mailboxIds')) {
    const id = resolveId(name, call.createdIds)
    const mailbox = id === undefined ? undefined : findMailbox(context.store, id)
    if (mailbox === undefined) throw invalidProperties('mailboxIds', `There is no mailbox ${JSON.stringify(name)}.`)
    ids.add(mailbox.id)
  }
  if (ids.size === 0) throw invalidProperties('mailboxIds', 'An email is in at least one mailbox.')
  const { maxMailboxesPerEmail } = context.store.limits
  if (ids.size > maxMailboxesPerEmail) throw new SetError('tooManyMailboxes', `At most ${maxMailboxesPerEmail}.`)
  return [...ids]
}

function membersOf(value: Json | undefined, property: string): string[] {
  if (!isObject(value ?? null)) throw invalidProperties(property, `${property} is not an object.`)
  const members = Object.entries(value as Record<string, Json>)
  if (members.some(([, present]) => present !== true)) {
    throw invalidProperties(property, `Every value of ${property} is true.`)
  }
  return members.map(([name]) => name)
}
