/**
 * `CREATE`: a mailbox, and the levels above it that are missing.
 *
 * Standards: RFC 9051 §6.3.4, RFC 6154 §3 (USE), RFC 8474 §4.1 (MAILBOXID).
 */
import { formatMailboxId, type Mailbox, type MailboxRole } from '../../../mailbox/index.ts'
import { no } from '../../../protocol/imap/index.ts'
import type { Completion, Context } from '../context.ts'
import { refuseOthersName } from '../others/names.ts'
import { canonical, delimiter, namedMailboxes, roleOfSpecialUse } from '../mailbox-names.ts'

export function create(context: Context, command: { mailbox: string; specialUse?: string[] }): Completion {
  const { store } = context
  // A trailing delimiter says that children will follow: nothing to do for it here (RFC 9051 §6.3.4).
  const name = canonical(command.mailbox).replace(/\/$/, '')
  refuseOthersName(context, name)
  if (namedMailboxes(store).has(name)) throw no('The mailbox exists', 'ALREADYEXISTS')
  const role = roleOf(context, command.specialUse ?? [])
  const created = store.transaction(() => {
    const parent = ensureParents(context, name)
    const component = name.slice(name.lastIndexOf(delimiter) + 1)
    return store.createMailbox({ name: component, parentId: parent?.id ?? null, role, isSubscribed: false })
  })
  return { code: `MAILBOXID (${formatMailboxId(created.id)})`, text: 'CREATE completed' }
}

/** Makes the levels above `name` that are missing; the lowest of them, or undefined at the top. */
export function ensureParents(context: Context, name: string): Mailbox | undefined {
  const { namePrefix = '' } = context.store
  const levels = name.slice(namePrefix.length).split(delimiter)
  if (levels.includes('')) throw no('A level of the name is empty', 'CANNOT')
  let parent: Mailbox | undefined
  for (let depth = 1; depth < levels.length; depth++) {
    const existing = namedMailboxes(context.store).get(namePrefix + levels.slice(0, depth).join(delimiter))
    const component = levels[depth - 1] as string
    parent =
      existing?.mailbox ??
      context.store.createMailbox({ name: component, parentId: parent?.id ?? null, isSubscribed: false })
  }
  return parent
}

/** One role per mailbox, and one mailbox per role (RFC 8621 §2): more is refused with USEATTR. */
function roleOf(context: Context, uses: readonly string[]): MailboxRole | null {
  if (uses.length === 0) return null
  const role = uses.length === 1 ? roleOfSpecialUse(uses[0] as string) : undefined
  if (role === undefined) throw no('This special use is not supported', 'USEATTR')
  if (context.store.mailboxByRole(role) !== undefined) throw no('Another mailbox has this special use', 'USEATTR')
  return role
}
