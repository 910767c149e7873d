/**
 * Annotations as IMAP shows them: those that clients keep, and the special use of a mailbox as one.
 *
 * Standards: RFC 5464 §3, §4.4; RFC 6154 §4 (`/private/specialuse`).
 */
import { decodeUtf8, encodeUtf8, latin1 } from '../../format/index.ts'
import type { Annotation, MailboxRole } from '../../mailbox/index.ts'
import { astring, no, quotedOrLiteral } from '../../protocol/imap/index.ts'
import type { Context } from './context.ts'
import { roleOfSpecialUse, specialUse, type NamedMailbox } from './mailbox-names.ts'

export const specialUseEntry = '/private/specialuse'

/** All annotations of a mailbox; of the account without one. */
export function annotationsOf({ store }: Context, named: NamedMailbox | undefined): Annotation[] {
  const annotations = store.annotations.of(named?.mailbox.id)
  const use = named === undefined ? undefined : specialUse(named.mailbox.role)
  return use === undefined ? annotations : [...annotations, { entry: specialUseEntry, value: encodeUtf8(use) }]
}

/** Throws what the store refuses, `NO [USEATTR]` for a special use that cannot be, `NO [NOPERM]` for what is not the user's. */
export function annotate(
  { store }: Context,
  named: NamedMailbox | undefined,
  values: ReadonlyMap<string, Uint8Array | null>,
): void {
  const rest = new Map(values)
  if (named === undefined && [...rest.keys()].some((entry) => entry.startsWith('/shared/'))) {
    throw no("The server's shared entries are its administrator's", 'NOPERM')
  }
  const use = named === undefined ? undefined : rest.get(specialUseEntry)
  if (named !== undefined) rest.delete(specialUseEntry)
  const role = use === undefined || use === null ? null : roleOf(decodeUtf8(use))
  const holder = role === null ? undefined : store.mailboxByRole(role)
  // As for CREATE: one mailbox for each use (RFC 6154 §4).
  if (holder !== undefined && holder.id !== named?.mailbox.id) throw no('Another mailbox has this use', 'USEATTR')
  store.transaction(() => {
    if (named !== undefined && use !== undefined) store.updateMailbox(named.mailbox.id, { role })
    store.annotations.set(named?.mailbox.id, rest)
  })
}

/** `* METADATA "INBOX" (…)`. What was asked for by name and is not there is NIL. */
export function metadataLine(
  context: Context,
  name: string,
  found: ReadonlyMap<string, Uint8Array | undefined>,
): string {
  const pairs = Array.from(found, ([entry, value]) => `${astring(entry)} ${value === undefined ? 'NIL' : text(value)}`)
  return `* METADATA ${name === '' ? '""' : context.mailboxName(name)} (${pairs.join(' ')})\r\n`
}

function text(value: Uint8Array): string {
  // Only a literal8 can carry NUL (RFC 5464 §5).
  return value.includes(0) ? `~{${value.length}}\r\n${latin1(value)}` : quotedOrLiteral(latin1(value))
}

function roleOf(uses: string): MailboxRole {
  const role = roleOfSpecialUse(uses.trim())
  if (role === undefined) throw no('Not one special use that mailboxes have here', 'USEATTR')
  return role
}
