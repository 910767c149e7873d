/**
 * The account's mailbox tree as a flat list of names with `/` between the levels.
 *
 * Standards: RFC 9051 §5.1 (names, INBOX), §6.3.9 (wildcards), RFC 6154 (special-use attributes).
 */
import type { Mailbox, MailboxId, MailboxRole, SessionMail } from '../../mailbox/index.ts'
import { ImapError } from '../../protocol/imap/index.ts'

export const delimiter = '/'

export interface NamedMailbox {
  readonly mailbox: Mailbox
  /** The full name in Unicode, `INBOX` spelt so. */
  readonly name: string
  readonly hasChildren: boolean
}

const cache = new WeakMap<readonly Mailbox[], ReadonlyMap<string, NamedMailbox>>()

/** All mailboxes by full name, parents before children. */
export function namedMailboxes(store: SessionMail): ReadonlyMap<string, NamedMailbox> {
  const mailboxes = store.mailboxes()
  let names = cache.get(mailboxes)
  if (names === undefined) {
    const { namePrefix } = store
    names = namePrefix === undefined ? nameAll(mailboxes) : nameOthers(store, namePrefix, mailboxes)
    cache.set(mailboxes, names)
  }
  return names
}

/** The mailbox of that name; `NO [NONEXISTENT]` when there is none, or the `code` given. */
export function expectMailbox(store: SessionMail, name: string, code = 'NONEXISTENT'): NamedMailbox {
  const found = namedMailboxes(store).get(canonical(name))
  if (found === undefined) throw new ImapError('NO', 'No such mailbox', code)
  return found
}

export function nameOfMailbox(store: SessionMail, id: MailboxId): string | undefined {
  for (const { mailbox, name } of namedMailboxes(store).values()) if (mailbox.id === id) return name
  return undefined
}

/** The first level is INBOX in any case; nothing else is folded. */
export function canonical(name: string): string {
  return /^inbox(?=\/|$)/i.test(name) ? `INBOX${name.slice(5)}` : name
}

const attributes: Partial<Record<MailboxRole, string>> = {
  archive: '\\Archive',
  drafts: '\\Drafts',
  important: '\\Important',
  junk: '\\Junk',
  sent: '\\Sent',
  trash: '\\Trash',
}

/** The special-use attribute of a role (RFC 6154 §2, RFC 8457); undefined for the others. */
export function specialUse(role: MailboxRole | null): string | undefined {
  return role === null ? undefined : attributes[role]
}

/** The role behind a special-use attribute in any case. */
export function roleOfSpecialUse(attribute: string): MailboxRole | undefined {
  const wanted = attribute.toLowerCase()
  return (Object.keys(attributes) as MailboxRole[]).find((role) => attributes[role]?.toLowerCase() === wanted)
}

/**
 * Does the name match the pattern? `*` stands for anything, `%` for anything without the delimiter (RFC 9051 §6.3.9).
 * Time is proportional to name × pattern, whatever the wildcards.
 */
export function matches(name: string, pattern: string): boolean {
  return reachedBy(name, pattern)[pattern.length] === 1
}

/** Can the pattern match a name that begins with this, and goes on? */
export function reaches(prefix: string, pattern: string): boolean {
  return reachedBy(prefix, pattern).lastIndexOf(1, pattern.length - 1) >= 0 && pattern !== ''
}

function reachedBy(name: string, pattern: string): Uint8Array {
  let reached = new Uint8Array(pattern.length + 1)
  reached[0] = 1
  skipWildcards(reached, pattern)
  for (let at = 0; at < name.length; at++) {
    const char = name[at]
    const next = new Uint8Array(pattern.length + 1)
    for (let index = 0; index < pattern.length; index++) {
      if (reached[index] === 0) continue
      const wanted = pattern[index]
      if (wanted === '*' || (wanted === '%' && char !== delimiter)) next[index] = 1
      else if (wanted === char) next[index + 1] = 1
    }
    reached = next
    skipWildcards(reached, pattern)
  }
  return reached
}

function skipWildcards(reached: Uint8Array, pattern: string): void {
  for (let index = 0; index < pattern.length; index++) {
    if (reached[index] === 1 && (pattern[index] === '*' || pattern[index] === '%')) reached[index + 1] = 1
  }
}

function nameAll(mailboxes: readonly Mailbox[]): ReadonlyMap<string, NamedMailbox> {
  const parents = new Set(mailboxes.map((mailbox) => mailbox.parentId))
  const fullNames = new Map<MailboxId, string>()
  const named = new Map<string, NamedMailbox>()
  for (const mailbox of mailboxes) {
    const parent = mailbox.parentId === null ? '' : `${fullNames.get(mailbox.parentId) ?? ''}${delimiter}`
    const isInbox = mailbox.role === 'inbox' && mailbox.parentId === null
    const name = isInbox ? 'INBOX' : parent + mailbox.name
    fullNames.set(mailbox.id, name)
    if (!named.has(name)) named.set(name, { mailbox, name, hasChildren: parents.has(mailbox.id) })
  }
  return named
}

/** Somebody else's, each by its whole path: what lies above may not be there for the one who looks. */
function nameOthers(
  store: SessionMail,
  prefix: string,
  mailboxes: readonly Mailbox[],
): ReadonlyMap<string, NamedMailbox> {
  const names = new Map(
    mailboxes.map((mailbox) => [prefix + canonical(store.mailboxPath(mailbox.id).join(delimiter)), mailbox]),
  )
  const parents = new Set([...names.keys()].flatMap((name) => [...levelsAbove(name)]))
  return new Map(Array.from(names, ([name, mailbox]) => [name, { mailbox, name, hasChildren: parents.has(name) }]))
}

/** The names of the levels above, the lowest first. */
export function* levelsAbove(name: string): Generator<string> {
  for (let end = name.lastIndexOf(delimiter); end > 0; end = name.lastIndexOf(delimiter, end - 1)) {
    yield name.slice(0, end)
  }
}
