/**
 * What a mailbox may be called, and which roles there are.
 *
 * Standards: RFC 8621 §2 (name: Net-Unicode, RFC 5198), RFC 6154 and the IANA registry (roles), RFC 9051 §5.1 (INBOX).
 * Security: names come from clients and are shown to all others; control characters would break protocols and terminals.
 */
import { MailboxError } from './errors.ts'
import type { MailboxRole } from './types.ts'

/** Uses that name real mailboxes; `all`, `flagged` and `subscribed` are views of others, which this store has none of. */
export const mailboxRoles: readonly MailboxRole[] = [
  'inbox',
  'archive',
  'drafts',
  'important',
  'junk',
  'memos',
  'scheduled',
  'sent',
  'snoozed',
  'templates',
  'trash',
]

/** C0, DEL, C1, line and paragraph separator, noncharacters and lone surrogates. */
const unprintable = /[\p{Cc}\u2028\u2029\uFDD0-\uFDEF\uFFFE\uFFFF\p{Cs}]/u

/**
 * The stored form (NFC) of one path component. Throws MailboxError `invalidProperties` when it is empty, too long,
 * holds control characters, or the `/` that joins components in IMAP.
 */
export function normaliseMailboxName(name: unknown, maxSize: number): string {
  if (typeof name !== 'string' || name === '') throw refused('a mailbox needs a name')
  if (name.length > maxSize) throw refused(`a mailbox name has at most ${maxSize} octets`)
  if (unprintable.test(name)) throw refused('a mailbox name has no control characters')
  const normal = name.normalize('NFC')
  if (normal.includes('/')) throw refused('"/" separates mailbox names')
  if (new TextEncoder().encode(normal).length > maxSize) throw refused(`a mailbox name has at most ${maxSize} octets`)
  return normal
}

/** Throws MailboxError `invalidProperties` for anything but a role or null. */
export function expectRole(role: unknown): MailboxRole | null {
  if (role === null) return null
  const known = mailboxRoles.find((name) => name === role)
  if (known === undefined) throw new MailboxError('invalidProperties', 'unknown role', ['role'])
  return known
}

function refused(message: string): MailboxError {
  return new MailboxError('invalidProperties', message, ['name'])
}
